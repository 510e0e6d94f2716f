import Checkpoints
import Tensors
import VisionTransformer

extension ParameterSet {
    /// This plain ViT with the published model's class head and decoder, of random weights as PyTorch draws them for such layers:
    /// what the published training begins with. Names of classes stay; the head and the norm before it go.
    ///
    /// Levels have an eighth, a quarter, a half and all of the tokens' channels, as those of a width of 768.
    ///
    /// - Parameter features: channels of the decoder's maps.
    /// - Throws: `ModelError` where the model has what a published one has no place for.
    func published(features: Int, _ random: inout RandomStream) throws(ModelError) -> ParameterSet {
        let (width, classes) = (configuration.width, configuration.classCount)
        if let reason = hindrance { throw .input("\"decoder.kind\" published: the model has \(reason)") }

        /// Uniform within 1/√inputs.
        func draw(_ shape: [Int], inputs: Int) -> Tensor {
            let bound = 1 / Double(inputs).squareRoot()
            return Tensor(shape: shape, (0..<shape.reduce(1, *)).map { _ in Float(random.uniform(-bound...bound)) })
        }
        func linear(_ outputs: Int, _ inputs: Int) -> Linear {
            .init(weight: draw([outputs, inputs], inputs: inputs), bias: draw([outputs], inputs: inputs))
        }
        func convolution(_ outputs: Int, _ inputs: Int, _ kernel: Int, hasBias: Bool = true) -> Convolution {
            let count = inputs * kernel * kernel
            return .init(
                weight: draw([outputs, inputs, kernel, kernel], inputs: count), bias: hasBias ? draw([outputs], inputs: count) : nil)
        }
        func norm() -> BatchNorm {
            .init(
                weight: Tensor(shape: [features], repeating: 1), bias: Tensor(shape: [features]), mean: Tensor(shape: [features]),
                variance: Tensor(shape: [features], repeating: 1))
        }
        func unit() -> Decoder.ResidualUnit {
            .init(convolutions: (0..<2).map { _ in convolution(features, features, 3, hasBias: false) }, norms: [norm(), norm()])
        }
        let channels = [8, 4, 2, 1].map { max(1, width / $0) }, kernels: [Int?] = [4, 2, nil, 3]
        let levels = zip(channels, kernels).map { channels, kernel in
            Reassembly(
                readout: linear(width, 2 * width), reduction: convolution(channels, width, 1),
                resampling: kernel.map { convolution(channels, channels, $0) })
        }
        let squeezed = max(1, features / 16)
        var result = self
        result.readout = levels[3]
        result.decoder = Decoder(
            levels: Array(levels[..<3]), projections: channels.map { convolution(features, $0, 3, hasBias: false) },
            fusions: (0..<4).map { level in
                Decoder.Fusion(skip: level < 3 ? unit() : nil, main: unit(), output: convolution(features, features, 1))
            },
            attention: (0..<2).map { _ in convolution(features, features, 3) },
            squeeze: draw([squeezed, features], inputs: features), excitation: draw([features, squeezed], inputs: squeezed),
            output: convolution(features, features, 3, hasBias: false), outputNorm: norm(),
            classifier: convolution(classes + 1, features, 1))
        result.head = linear(classes, channels[3])
        (result.norm, result.pooledNorm, result.distillationHead) = (nil, nil, nil)
        result.configuration.family = .published
        result.configuration.head = .projectedMap
        result.configuration.positionResampling = .bilinear
        return result
    }

    /// What a published model has no place for; nil where there is nothing.
    private var hindrance: String? {
        let (patch, grid) = (configuration.patch, configuration.grid)
        if configuration.family == .published { return "no decoder, but is a published one" }
        if patch != .init(height: 16, width: 16) { return "patches of \(patch.width)×\(patch.height) pixels, not 16×16" }
        if configuration.depth % 4 != 0 { return "\(configuration.depth) blocks, not a multiple of four" }
        if !configuration.hasClassToken || configuration.classTokens > 1 || configuration.registers > 0 {
            return "registers, or not one class token"
        }
        if !configuration.positionCoversPrefix { return "no position of the class token" }
        if grid.height != grid.width { return "a grid of patches that is not square" }
        if configuration.channels != 3 { return "\(configuration.channels) channels, not three" }
        if configuration.activation != .gelu || configuration.hasGate { return "another activation than GELU" }
        if configuration.normEpsilon != 1e-6 { return "norms with an epsilon of \(configuration.normEpsilon), not 1e-6" }
        if configuration.normKind != .layer { return "RMS norms" }
        if configuration.normsOutputs { return "norms after the layers" }
        if let kind = parameterObstacle { return kind }
        if stem != nil { return "convolutions before the blocks" }
        if normBefore != nil || patchNorm != nil || preLogits != nil || projection != nil { return "layers between tokens and head, or before the blocks" }
        let hasOthers = blocks.contains {
            $0.scale1 != nil || $0.scale2 != nil || $0.queryNorm != nil || $0.keyNorm != nil || $0.query.bias == nil
                || $0.projection.bias == nil || $0.expand.bias == nil
        }
        return hasOthers ? "blocks with scales or norms of their own, or without biases" : nil
    }
}
