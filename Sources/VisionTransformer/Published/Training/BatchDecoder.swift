import Checkpoints
import Tensors

/// The published decoder in training: a whole batch through it layer by layer and back, because its norms take mean and variance
/// of all pictures.
///
/// As ``Decoder``, with the 1×1 convolutions before enlarging; and with dropout before the classifier.
package struct BatchDecoder {
    /// What the decoder's last features are multiplied with: 0, or 1 / (1 − rate) to make up for those.
    package struct Dropout {
        package let rate: Float
        /// Writes the factors of a picture's features, position by position.
        package let enterFactors: @Sendable (_ place: Int, UnsafeMutableBufferPointer<Float>) -> Void

        package init(rate: Float, enterFactors: @escaping @Sendable (_ place: Int, UnsafeMutableBufferPointer<Float>) -> Void) {
            (self.rate, self.enterFactors) = (rate, enterFactors)
        }
    }

    private struct Fusion {
        let skip: BatchResidualUnit?
        let main: BatchResidualUnit
        let output: BatchConvolution
    }

    /// What a pass through a fusion leaves for the way back.
    fileprivate struct FusionTrace {
        let skip: BatchResidualUnit.Trace?
        let main: BatchResidualUnit.Trace
        /// What the output convolution read.
        let fused: [FeatureMap]
    }

    /// What a pass leaves for the way back.
    package struct Trace {
        fileprivate var levels: [[BatchLevel.Trace]?]
        fileprivate var maps: [[FeatureMap]]
        fileprivate var fusions: [FusionTrace?]
        fileprivate var attention: [BatchChannelAttention.Trace] = []
        fileprivate var attended: [FeatureMap] = []
        fileprivate var features: [FeatureMap] = []
        fileprivate var norm: BatchNormLayer.Trace?
        fileprivate let rate: Float

        /// What the norms measured, in the order of ``ParameterSet/Decoder/norms``.
        package var statistics: [BatchStatistics] {
            (fusions.flatMap { ($0?.skip?.norms ?? []) + ($0?.main.norms ?? []) } + [norm].compactMap(\.self)).map(\.statistics)
        }
    }

    /// The derivatives of a scalar by what a picture's pass gave the decoder.
    package struct Given: Sendable {
        /// By the tokens after blocks, as ``Cotangents/tokens`` has them.
        package let tokens: [Int: Tensor]
        /// By the maps after a stem's stages, as ``Cotangents/stages`` has them.
        package let stages: [Int: FeatureMap]
    }

    /// Finest first; nil for a stem's stage.
    private let levels: [BatchLevel?]
    private let projections: [BatchConvolution]
    private let fusions: [Fusion]
    private let attention: BatchChannelAttention
    private let output: BatchConvolution
    private let outputNorm: BatchNormLayer
    private let classifier: BatchConvolution

    /// nil where the model has no published decoder.
    package init?(_ model: VisionTransformer) {
        guard let decoder = model.parameters.decoder, let classMap = model.parameters.readout else { return nil }
        levels = decoder.levels.enumerated().map { index, level in
            level.map { BatchLevel($0, block: model.quarterBlock(index), shrinks: false) { $0.decoder?.levels[index] } }
        } + [BatchLevel(classMap, block: model.quarterBlock(3), shrinks: true) { $0.readout }]
        projections = decoder.projections.enumerated().map { index, projection in
            BatchConvolution(projection, padding: 1) { $0.decoder?.projections[index] }
        }
        fusions = decoder.fusions.enumerated().map { index, fusion in
            Fusion(
                skip: fusion.skip.map { BatchResidualUnit($0) { $0.decoder?.fusions[index].skip } },
                main: BatchResidualUnit(fusion.main) { $0.decoder?.fusions[index].main },
                output: BatchConvolution(fusion.output) { $0.decoder?.fusions[index].output })
        }
        attention = BatchChannelAttention(decoder)
        output = BatchConvolution(decoder.output, padding: 1) { $0.decoder?.output }
        outputNorm = BatchNormLayer(decoder.outputNorm) { $0.decoder?.outputNorm }
        classifier = BatchConvolution(decoder.classifier) { $0.decoder?.classifier }
    }

    /// Logits of background and classes of every picture at its input's resolution, labels last.
    ///
    /// - Parameter passes: of the batch's pictures, of one size whose sides are multiples of the model's `inputStep`; they
    ///   tapped ``VisionTransformer/decoderTaps`` and kept what parameters need.
    package func forward(
        _ passes: [VisionTransformer.Tapped], dropout: Dropout?, _ workers: BatchWorkers
    ) -> (logits: [FeatureMap], trace: Trace) {
        var trace = Trace(levels: [], maps: [], fusions: fusions.map { _ in nil }, rate: dropout?.rate ?? 0)
        for (index, level) in levels.enumerated() {
            if let level {
                let results = workers.each { level.forward(passes[$0], $1) }
                trace.maps.append(results.map(\.map))
                trace.levels.append(results.map(\.trace))
            } else {
                trace.maps.append(passes.map { $0.stages[index] })
                trace.levels.append(nil)
            }
        }
        var path: [FeatureMap] = []
        for (index, fusion) in fusions.enumerated().reversed() {
            var x = projections[index].forward(trace.maps[index], workers), skipped: BatchResidualUnit.Trace?
            if let skip = fusion.skip, !path.isEmpty {
                let coarser = path
                let result = skip.forward(x, workers)
                _ = workers.each { result.maps[$0].transform(adding: coarser[$0], compute: $1.compute) }
                (x, skipped) = (result.maps, result.trace)
            }
            let (fused, main) = fusion.main.forward(x, workers)
            trace.fusions[index] = FusionTrace(skip: skipped, main: main, fused: fused)
            let small = fusion.output.forward(fused, workers)
            path = workers.each { small[$0].doubled($1) }
        }
        let finest = path
        let attended = workers.each { attention.forward(finest[$0], $1) }
        trace.attended = attended.map(\.map)
        trace.attention = attended.map(\.trace)
        let features = output.forward(trace.attended, workers)
        trace.norm = outputNorm.forward(features, rectify: true, workers)
        if let dropout {
            _ = workers.each { place, model in
                let map = features[place], factors = model.workspace.take(map.count)
                dropout.enterFactors(place, UnsafeMutableBufferPointer(start: factors.base, count: map.count))
                let (values, by, channels, kernels) = (map.values.base, factors.base, map.channels, model.compute.kernels)
                map.forPositions(model.compute) {
                    kernels.multiply(values + $0.lowerBound * channels, by + $0.lowerBound * channels, $0.count * channels)
                }
                withExtendedLifetime(factors) {}
            }
        }
        trace.features = features
        let small = classifier.forward(features, workers)
        return (workers.each { small[$0].doubled($1) }, trace)
    }

    /// Takes the derivatives of a scalar by the logits back, and adds the gradients of the decoder's parameters.
    package func backward(
        _ gradients: [FeatureMap], _ trace: Trace, _ workers: BatchWorkers, addingTo sums: BatchSums
    ) -> [Given] {
        guard let norm = trace.norm else { return [] }
        let small = workers.each { gradients[$0].halvedBack($1) }
        let features = classifier.backward(small, of: trace.features, workers, addingTo: sums)
        _ = workers.each { place, model in
            // What was dropped is 0, as is what was rectified.
            features[place].keepGradient(whereAboveZero: trace.features[place], model.compute)
            if trace.rate > 0 { features[place].scale(by: 1 / (1 - trace.rate), model.compute) }
        }
        outputNorm.backward(features, norm, workers, addingTo: sums)
        let attended = output.backward(features, of: trace.attended, workers, addingTo: sums)
        var path = workers.each { attention.backward(attended[$0], trace.attention[$0], $1, addingTo: sums.at($0)) }
        var byMaps: [[FeatureMap]] = []
        for (index, fusion) in fusions.enumerated() {
            guard let kept = trace.fusions[index] else { continue }
            let finer = path
            let small = workers.each { finer[$0].halvedBack($1) }
            let fused = fusion.output.backward(small, of: kept.fused, workers, addingTo: sums)
            path = fusion.main.backward(fused, kept.main, workers, addingTo: sums)
            var projected = path
            if let skip = fusion.skip, let trace = kept.skip { projected = skip.backward(path, trace, workers, addingTo: sums) }
            byMaps.append(projections[index].backward(projected, of: trace.maps[index], workers, addingTo: sums))
        }
        return workers.each { place, model in
            var tokens: [Int: Tensor] = [:], stages: [Int: FeatureMap] = [:]
            for (index, level) in levels.enumerated() {
                if let level, let kept = trace.levels[index] {
                    tokens[level.block] = level.backward(byMaps[index][place], kept[place], model, addingTo: sums.at(place))
                } else {
                    stages[index] = byMaps[index][place]
                }
            }
            return Given(tokens: tokens, stages: stages)
        }
    }
}

extension ParameterSet.Decoder {
    /// All batch norms, a fusion's skip unit before its main one.
    var norms: [ParameterSet.BatchNorm] {
        fusions.flatMap { ($0.skip?.norms ?? []) + $0.main.norms } + [outputNorm]
    }

    /// Moves the running statistics of all norms a tenth of the way to a batch's (PyTorch's momentum); they lie in an arena.
    package func keep(_ statistics: [BatchStatistics]) {
        func move(_ running: Tensor, to values: [Double]) {
            for (channel, value) in values.enumerated() { running.sum[channel] = running.sum[channel] * 0.9 + Float(value) * 0.1 }
        }
        for (norm, measured) in zip(norms, statistics) {
            move(norm.mean, to: measured.mean)
            move(norm.variance, to: measured.unbiasedVariance)
        }
    }
}

extension FeatureMap {
    /// Twice as large, corners on corners.
    fileprivate func doubled(_ model: VisionTransformer) -> FeatureMap {
        resized(height: 2 * height, width: 2 * width, alignCorners: true, compute: model.compute, in: model.workspace)
    }

    /// The gradient of what was doubled, for that of what came out.
    fileprivate func halvedBack(_ model: VisionTransformer) -> FeatureMap {
        resizeGradient(height: height / 2, width: width / 2, alignCorners: true, compute: model.compute, in: model.workspace)
    }
}
