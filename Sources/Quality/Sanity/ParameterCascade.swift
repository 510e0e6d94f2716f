import Checkpoints
import Tensors

/// A model's parameters randomized from the head down, a part more at each step (Adebayo et al. 2018, arXiv 1810.03292, cascading
/// randomization): the head with the norms before it, then block after block from the last to the first, then the embedding.
///
/// A part is randomized by bringing the values of each of its tensors into a random order, so that sizes and spread of the parameters stay
/// as they are. The seed decides the order, whatever the machine.
public struct ParameterCascade: Sendable {
    /// A model with some parts randomized.
    public struct Step: Sendable {
        /// The part that came to those before: `head`, `block 11` … `block 0`, `embedding`.
        public let part: String
        public let parameters: ParameterSet
    }

    public let steps: [Step]

    /// - Parameter parameters: decoders and classifiers of patches are left out: no class map comes of them.
    public init(_ parameters: ParameterSet, seed: UInt64) {
        var current = parameters
        (current.decoder, current.lightDecoder, current.patchHeads) = (nil, nil, [])
        let parts = ["head"] + current.blocks.indices.reversed().map { "block \($0)" } + ["embedding"]
        steps = parts.enumerated().map { place, part in
            var tensor: UInt64 = 0
            current.forEachTensor { name, values in
                tensor += 1
                guard Self.part(of: name) == part else { return }
                var random = SplitMix64(key: (seed, 2, UInt64(place), tensor))
                Self.shuffle(&values, &random)
            }
            return Step(part: part, parameters: current)
        }
    }

    private static let headNames = ["norm", "pooled norm", "pre-logits", "projection", "class map", "head", "distillation head"]

    /// The part that a tensor belongs to, by its name in ``ParameterSet/forEachTensor(_:)``.
    private static func part(of name: String) -> String {
        let words = name.split(separator: " ")
        if words.count > 1, words[0] == "block", Int(words[1]) != nil { return "block \(words[1])" }
        // The norm before the blocks is the embedding's.
        if name.hasPrefix("norm before") { return "embedding" }
        return headNames.contains { name == $0 || name.hasPrefix($0 + " ") } ? "head" : "embedding"
    }

    /// The values in random order (Fisher and Yates).
    private static func shuffle(_ tensor: inout Tensor, _ random: inout SplitMix64) {
        var values = tensor.values
        for last in stride(from: values.count - 1, to: 0, by: -1) { values.swapAt(last, random.index(below: last + 1)) }
        tensor = Tensor(shape: tensor.shape, values)
    }
}
