import Checkpoints
import Tensors

/// The published segmentation decoder, ready to run: maps of four levels, finest first, to logits of background and classes.
///
/// At inference, batch norms are folded into the convolutions before them. The 1×1 convolution that the published code
/// applies after enlarging is applied before: bilinear weights sum to one, so the two commute exactly.
struct Decoder: Sendable {
    /// x + norm(conv(relu(norm(conv(relu(x)))))).
    private struct ResidualUnit: Sendable {
        let first: Convolution
        let second: Convolution

        init(_ unit: ParameterSet.Decoder.ResidualUnit) {
            let layers = zip(unit.convolutions, unit.norms).map {
                Convolution(weight: $0.weight, bias: $0.bias, padding: .symmetric(1)).followed(by: BatchNorm($1))
            }
            (first, second) = (layers[0], layers[1])
        }

        func callAsFunction(_ x: FeatureMap, _ compute: Compute, _ workspace: Workspace) -> FeatureMap {
            let inner = first(x.rectified(compute, in: workspace), rectify: true, compute: compute, in: workspace)
            return second(inner, adding: x, compute: compute, in: workspace)
        }
    }

    private struct Fusion: Sendable {
        let skip: ResidualUnit?
        let main: ResidualUnit
        let output: Convolution

        init(_ fusion: ParameterSet.Decoder.Fusion) {
            skip = fusion.skip.map { ResidualUnit($0) }
            main = ResidualUnit(fusion.main)
            output = Convolution(weight: fusion.output.weight, bias: fusion.output.bias)
        }
    }

    /// What brings a level's readout map to its size.
    struct Level: Sendable {
        let readout: ProjectReadout
        private let reduction: Convolution
        private let enlarging: TransposedConvolution?

        init(_ level: ParameterSet.Reassembly) {
            readout = ProjectReadout(level.readout)
            reduction = Convolution(weight: level.reduction.weight, bias: level.reduction.bias)
            enlarging = level.resampling.map { TransposedConvolution(weight: $0.weight, bias: $0.bias) }
        }

        func map(_ readout: FeatureMap, _ compute: Compute, _ workspace: Workspace) -> FeatureMap {
            let reduced = reduction(readout, compute: compute, in: workspace)
            return enlarging?(reduced, compute: compute, in: workspace) ?? reduced
        }
    }

    /// The three finest; nil for a stem's stages. The class head makes the fourth.
    let levels: [Level?]
    private let projections: [Convolution]
    private let fusions: [Fusion]
    private let attention: [Convolution]
    private let squeeze: Tensor
    private let excitation: Tensor
    private let output: Convolution
    private let classifier: Convolution

    /// Background and classes.
    var outputs: Int { classifier.outputs }

    init(_ parameters: ParameterSet.Decoder) {
        levels = parameters.levels.map { $0.map { Level($0) } }
        projections = parameters.projections.map { Convolution(weight: $0.weight, bias: $0.bias, padding: .symmetric(1)) }
        fusions = parameters.fusions.map { Fusion($0) }
        attention = parameters.attention.map { Convolution(weight: $0.weight, bias: $0.bias, padding: .symmetric(1)) }
        squeeze = parameters.squeeze
        excitation = parameters.excitation
        output = Convolution(weight: parameters.output.weight, bias: parameters.output.bias, padding: .symmetric(1))
            .followed(by: BatchNorm(parameters.outputNorm))
        classifier = Convolution(weight: parameters.classifier.weight, bias: parameters.classifier.bias)
    }

    /// Logits at the input's resolution, background and classes as channels.
    ///
    /// - Parameter maps: finest first, at 1/4, 1/8, 1/16 and 1/32 of the input's sides, exactly.
    func callAsFunction(
        _ maps: [FeatureMap], compute: Compute, in workspace: Workspace, isCancelled: () -> Bool
    ) throws -> FeatureMap {
        var path: FeatureMap?
        for (index, (map, fusion)) in zip(maps, fusions).enumerated().reversed() {
            if isCancelled() { throw CancellationError() }
            var x = projections[index](map, compute: compute, in: workspace)
            if let coarser = path, let skip = fusion.skip {
                x = skip(x, compute, workspace)
                x.transform(adding: coarser, compute: compute)
            }
            x = fusion.output(fusion.main(x, compute, workspace), compute: compute, in: workspace)
            path = x.resized(height: 2 * x.height, width: 2 * x.width, alignCorners: true, compute: compute, in: workspace)
        }
        guard let path else { preconditionFailure("a decoder without levels") }
        if isCancelled() { throw CancellationError() }
        let attended = attend(path, compute, workspace)
        if isCancelled() { throw CancellationError() }
        let logits = classifier(
            output(attended, rectify: true, compute: compute, in: workspace), compute: compute, in: workspace)
        return logits.resized(
            height: 2 * logits.height, width: 2 * logits.width, alignCorners: true, compute: compute, in: workspace)
    }

    /// x + b · w, where w weighs the channels of b = conv(relu(conv(x))) by their means (squeeze and excitation).
    private func attend(_ x: FeatureMap, _ compute: Compute, _ workspace: Workspace) -> FeatureMap {
        let inner = attention[0](x, rectify: true, compute: compute, in: workspace)
        let body = attention[1](inner, compute: compute, in: workspace)
        let squeezed = squeeze.times(body.channelMeans(compute), compute).map { max($0, 0) }
        let weights = Probability.sigmoid(excitation.times(squeezed, compute))
        weights.withUnsafeBufferPointer { body.transform(scale: $0.baseAddress, adding: x, compute: compute) }
        return body
    }

    private typealias Probability = ModelConfiguration.Probability
}

extension Tensor {
    /// This matrix times a vector.
    fileprivate func times(_ vector: [Float], _ compute: Compute) -> [Float] {
        var result = [Float](repeating: 0, count: shape[0])
        result.withUnsafeMutableBufferPointer { out in
            vector.withUnsafeBufferPointer { x in
                guard let x = x.baseAddress, let out = out.baseAddress else { return }
                compute.linear(x, stride: shape[1], rows: 1, self, into: out, stride: shape[0])
            }
        }
        return result
    }
}

extension BatchNorm {
    fileprivate init(_ norm: ParameterSet.BatchNorm) {
        self.init(weight: norm.weight, bias: norm.bias, mean: norm.mean, variance: norm.variance)
    }
}
