import Checkpoints
import Glibc
import Tensors

/// A class made of a few example pictures.
///
/// Its row of the head is imprinted with what the head reads of them: the mean of the examples' features, each of length one, brought
/// to length one again. Source: Qi, Brown, Lowe, "Low-Shot Learning with Imprinted Weights" (CVPR 2018, arXiv 1712.07136), for heads
/// of cosines. For other heads length and bias are ours (``Checkpoints/ParameterSet/adding(_:)``).
public struct Concept: Sendable {
    public let name: String
    /// For each thing that the head reads (two of a class and distillation head) the examples' features.
    let readings: [[[Float]]]

    /// How many pictures it was made of.
    public var examples: Int { readings.first?.count ?? 0 }
}

extension VisionTransformer {
    /// A class made of example pictures. A forward pass a picture, two where the head reads two tokens.
    ///
    /// - Parameters:
    ///   - pictures: at least one, `[channels, height, width]` as for ``forward(_:options:progress:isCancelled:)``.
    /// - Throws: `ModelError` where the model's head is no linear function of what it reads, or a pass fails.
    public func concept(_ name: String, of pictures: [Tensor]) throws -> Concept {
        try Concept(name: name, readings: parameters.readers().map { reader in
            let model = VisionTransformer(reader.parameters, compute: compute)
            return try pictures.map { try model.forward($0, options: .maps).logits.map { $0 * reader.factor } }
        })
    }
}

extension ParameterSet {
    /// The model with a head of ones and zeros, whose logits are what the head reads, and what they are to be multiplied with: one for
    /// each thing it reads.
    fileprivate func readers() throws(ModelError) -> [(parameters: ParameterSet, factor: Float)] {
        guard configuration.family != .published, configuration.head != .projectedMap else {
            throw .input("the model's head reads a map of all patches: no concept can be a row of it")
        }
        var reader = self
        let width = head?.weight.shape[1] ?? projection?.weight.shape[0] ?? attentionPool?.width ?? merger?.width ?? configuration.width
        let ones = Linear(
            weight: Tensor(shape: [width, width], (0..<width * width).map { $0 % (width + 1) == 0 ? 1 : 0 }), bias: nil)
        reader.configuration.classCount = width
        reader.configuration.classNames = []
        reader.configuration.head = headOfConcepts
        reader.head = ones
        reader.logitScale = logitScale == nil ? nil : 1
        reader.logitBias = nil
        (reader.patchHeads, reader.decoder, reader.lightDecoder) = ([], nil, nil)
        guard configuration.head == .classAndDistillation else { return [(reader, 1)] }
        // The logits are the mean of two heads'.
        let zeros = Linear(weight: Tensor(shape: [width, width]), bias: nil)
        var other = reader
        (reader.distillationHead, other.head, other.distillationHead) = (zeros, zeros, ones)
        return [(reader, 2), (other, 2)]
    }

    private var headOfConcepts: ModelConfiguration.Head {
        guard configuration.head == .none else { return configuration.head }
        if configuration.attentionPool != nil { return .attentionPool }
        return configuration.readsPatchMean ? .patchMean : .classToken
    }

    /// The model with concepts as further classes, after its own. Decoders and patch heads, which know nothing of them, are left out.
    ///
    /// A row is as long as the others of its head are on average, and its bias such that the examples' logits are on average the
    /// greatest of the other classes'. A zero-shot head has no bias: there the row's length does it. A model without a head gets one of
    /// concepts alone: 20 times the cosine at the examples' average length, 3 on average for the examples themselves, probabilities by the
    /// logistic function.
    ///
    /// - Throws: `ModelError` where a name is a class's already.
    public func adding(_ concepts: [Concept]) throws(ModelError) -> ParameterSet {
        guard !concepts.isEmpty else { return self }
        var names = configuration.distinctClassNames
        for concept in concepts {
            guard !names.contains(concept.name) else { throw .input("the concept “\(concept.name)”: the model has a class of this name; choose another") }
            names.append(concept.name)
        }
        let heads = [head] + (configuration.head == .classAndDistillation ? [distillationHead] : [])
        let rows = concepts.map { concept in zip(concept.readings, heads).map { Row($0, $1, self, of: heads.count) } }
        func extended(_ part: Int) -> Linear {
            let own = heads[part], width = rows[0][part].weights.count
            let weights = (own?.weight.values ?? []) + rows.flatMap { $0[part].weights }
            let hasBias = configuration.head != .zeroShot || own?.bias != nil
            let biases = (own.map { own in own.bias?.values ?? [Float](repeating: 0, count: own.weight.shape[0]) } ?? []) + rows.map { $0[part].bias }
            return Linear(
                weight: Tensor(shape: [weights.count / width, width], weights),
                bias: hasBias ? Tensor(shape: [biases.count], biases) : nil)
        }
        var result = self
        result.head = extended(0)
        if heads.count > 1 { result.distillationHead = extended(1) }
        if configuration.head == .none { result.configuration.probability = .sigmoid }
        result.configuration.head = headOfConcepts
        result.configuration.classCount = names.count
        result.configuration.classNames = names
        (result.patchHeads, result.decoder, result.lightDecoder) = ([], nil, nil)
        return result
    }

    /// A concept's row of one head.
    private struct Row {
        let weights: [Float]
        let bias: Float

        /// - Parameters:
        ///   - examples: what the head reads of them.
        ///   - head: whose row it becomes; nil where there is none yet.
        init(_ examples: [[Float]], _ head: Linear?, _ parameters: ParameterSet, of count: Int) {
            func length(_ x: [Double]) -> Double { x.reduce(0) { $0 + $1 * $1 }.squareRoot() }
            func dot(_ x: [Double], _ y: [Double]) -> Double { zip(x, y).reduce(0) { $0 + $1.0 * $1.1 } }
            let features = examples.map { $0.map(Double.init) }
            func unit(_ x: [Double]) -> [Double] {
                let length = length(x)
                return length > 0 ? x.map { $0 / length } : x
            }
            var mean = [Double](repeating: 0, count: features.first?.count ?? 0)
            for feature in features.map(unit) { for index in mean.indices { mean[index] += feature[index] } }
            let direction = unit(mean)
            /// Of the examples' logits by the direction alone.
            let cosines = features.map { dot($0, direction) }.reduce(0, +) / Double(features.count)
            guard let head else {
                let scale = 20 / max(features.map(length).reduce(0, +) / Double(features.count), .leastNormalMagnitude)
                weights = direction.map { Float($0 * scale) }
                bias = Float(3 - scale * cosines)
                return
            }
            let classes = head.weight.shape[0], width = head.weight.shape[1], values = head.weight.values
            let rows = (0..<classes).map { row in values[row * width..<(row + 1) * width].map(Double.init) }
            let biases = head.bias?.values.map(Double.init) ?? [Double](repeating: 0, count: classes)
            let greatest = features.map { feature in zip(rows, biases).map { dot(feature, $0) + $1 }.max() ?? 0 }.reduce(0, +) / Double(features.count)
            if parameters.configuration.head == .zeroShot {
                let scale = greatest > 0 && cosines > 0 ? greatest / cosines : 1
                weights = direction.map { Float($0 * scale) }
                bias = 0
            } else {
                let scale = rows.map(length).reduce(0, +) / Double(max(classes, 1))
                weights = direction.map { Float($0 * scale) }
                bias = Float(greatest - scale * cosines)
            }
        }
    }
}
