import Checkpoints
import Tensors

// The published decoder's layers over the maps of a batch, there and back.

/// A convolution over every picture's map.
struct BatchConvolution {
    let layer: Convolution
    /// Where its gradients are added up.
    private let sum: @Sendable (ParameterSet) -> ParameterSet.Convolution?

    init(
        _ parameters: ParameterSet.Convolution, stride: Int = 1, padding: Int = 0,
        sum: @escaping @Sendable (ParameterSet) -> ParameterSet.Convolution?
    ) {
        layer = Convolution(weight: parameters.weight, bias: parameters.bias, stride: stride, padding: .symmetric(padding))
        self.sum = sum
    }

    func forward(_ maps: [FeatureMap], rectify: Bool = false, _ workers: BatchWorkers) -> [FeatureMap] {
        workers.each { layer(maps[$0], rectify: rectify, compute: $1.compute, in: $1.workspace) }
    }

    /// ∂ scalar / ∂ input, for ∂ scalar / ∂ output.
    func backward(
        _ gradients: [FeatureMap], of inputs: [FeatureMap], _ workers: BatchWorkers, addingTo sums: BatchSums
    ) -> [FeatureMap] {
        workers.each { place, model in backward(gradients[place], of: inputs[place], model, addingTo: sums.at(place)) }
    }

    /// The same for one picture.
    func backward(
        _ gradient: FeatureMap, of input: FeatureMap, _ model: VisionTransformer, addingTo sums: ParameterSet
    ) -> FeatureMap {
        if let sum = sum(sums) {
            layer.addGradient(
                gradient, of: input, toWeight: sum.weight.sum, bias: sum.bias?.sum, compute: model.compute, in: model.workspace)
        }
        return layer.inputGradient(gradient, height: input.height, width: input.width, compute: model.compute, in: model.workspace)
    }
}

/// A batch norm by the batch's own statistics.
struct BatchNormLayer {
    private let norm: ParameterSet.BatchNorm
    private let sum: @Sendable (ParameterSet) -> ParameterSet.BatchNorm?

    struct Trace {
        fileprivate let pass: BatchNormPass
        fileprivate let normalized: [FeatureMap]
        var statistics: BatchStatistics { pass.statistics }
    }

    init(_ norm: ParameterSet.BatchNorm, sum: @escaping @Sendable (ParameterSet) -> ParameterSet.BatchNorm?) {
        self.norm = norm
        self.sum = sum
    }

    /// In place: every map's norm, plus its addend, then max(x, 0) where `rectify`.
    func forward(_ maps: [FeatureMap], adding addends: [FeatureMap]? = nil, rectify: Bool = false, _ workers: BatchWorkers) -> Trace {
        let parts = workers.each { BatchStatistics.Part(maps[$0], $1.compute) }
        let pass = BatchNormPass(BatchStatistics(parts), weight: norm.weight, bias: norm.bias)
        let normalized = workers.each {
            pass.apply(to: maps[$0], adding: addends?[$0], rectify: rectify, compute: $1.compute, in: $1.workspace)
        }
        return Trace(pass: pass, normalized: normalized)
    }

    /// In place: ∂ scalar / ∂ what the norm gave, before addend and rectifier, to ∂ scalar / ∂ its input.
    func backward(_ gradients: [FeatureMap], _ trace: Trace, _ workers: BatchWorkers, addingTo sums: BatchSums) {
        let parts = workers.each { BatchNormPass.GradientPart(gradients[$0], trace.normalized[$0], $1.compute) }
        let gradient = BatchNormPass.Gradient(parts)
        // The whole batch's at once: one lane takes it.
        if let sum = sum(sums.at(0)) {
            for channel in gradient.byBias.indices {
                sum.weight.sum[channel] += Float(gradient.byWeight[channel])
                sum.bias.sum[channel] += Float(gradient.byBias[channel])
            }
        }
        _ = workers.each { place, model in
            trace.pass.back(gradients[place], trace.normalized[place], gradient, compute: model.compute, in: model.workspace)
        }
    }
}

/// x + norm(conv(relu(norm(conv(relu(x)))))).
struct BatchResidualUnit {
    private let convolutions: [BatchConvolution]
    private let norms: [BatchNormLayer]

    struct Trace {
        /// What the two convolutions read.
        fileprivate let rectified: [FeatureMap], inner: [FeatureMap]
        let norms: [BatchNormLayer.Trace]
    }

    init(_ unit: ParameterSet.Decoder.ResidualUnit, sum: @escaping @Sendable (ParameterSet) -> ParameterSet.Decoder.ResidualUnit?) {
        convolutions = unit.convolutions.enumerated().map { index, convolution in
            BatchConvolution(convolution, padding: 1) { sum($0)?.convolutions[index] }
        }
        norms = unit.norms.enumerated().map { index, norm in BatchNormLayer(norm) { sum($0)?.norms[index] } }
    }

    func forward(_ maps: [FeatureMap], _ workers: BatchWorkers) -> (maps: [FeatureMap], trace: Trace) {
        let rectified = workers.each { maps[$0].rectified($1.compute, in: $1.workspace) }
        let inner = convolutions[0].forward(rectified, workers)
        let first = norms[0].forward(inner, rectify: true, workers)
        let outer = convolutions[1].forward(inner, workers)
        let second = norms[1].forward(outer, adding: maps, workers)
        return (outer, Trace(rectified: rectified, inner: inner, norms: [first, second]))
    }

    /// ∂ scalar / ∂ input, for ∂ scalar / ∂ output, which stays.
    func backward(_ gradients: [FeatureMap], _ trace: Trace, _ workers: BatchWorkers, addingTo sums: BatchSums) -> [FeatureMap] {
        let outer = workers.each { gradients[$0].copy(in: $1.workspace) }
        norms[1].backward(outer, trace.norms[1], workers, addingTo: sums)
        let inner = convolutions[1].backward(outer, of: trace.inner, workers, addingTo: sums)
        _ = workers.each { inner[$0].keepGradient(whereAboveZero: trace.inner[$0], $1.compute) }
        norms[0].backward(inner, trace.norms[0], workers, addingTo: sums)
        let result = convolutions[0].backward(inner, of: trace.rectified, workers, addingTo: sums)
        _ = workers.each {
            result[$0].keepGradient(whereAboveZero: trace.rectified[$0], $1.compute)
            result[$0].transform(adding: gradients[$0], compute: $1.compute)
        }
        return result
    }
}

extension FeatureMap {
    /// In place: 0 where `output`, of which this is the gradient, was not above 0.
    func keepGradient(whereAboveZero output: FeatureMap, _ compute: Compute) {
        let (gradient, values, channels, kernels) = (self.values.base, output.values.base, channels, compute.featureKernels)
        forPositions(compute) { range in
            let start = range.lowerBound * channels
            kernels.rectify_back(gradient + start, values + start, range.count * channels)
        }
    }

    /// In place: every value times `factor`.
    func scale(by factor: Float, _ compute: Compute) {
        withUnsafeTemporaryAllocation(of: Float.self, capacity: channels) { factors in
            factors.initialize(repeating: factor)
            transform(scale: factors.baseAddress, compute: compute)
        }
    }
}
