import Checkpoints
import Tensors
import VisionTransformer

/// What a model answers to a picture without a region, and to the region alone: tokens are dropped, nothing stands in for them.
public struct Perturbation: Sendable, Equatable {
    /// An answer: a logit a class, and its probability.
    public struct Answer: Sendable, Equatable {
        public let logits: [Float]
        public let probabilities: [Float]

        package init(logits: [Float], probabilities: [Float]) {
            self.logits = logits
            self.probabilities = probabilities
        }
    }

    /// With the region's patches removed.
    public let removed: Answer
    /// With them alone kept.
    public let kept: Answer

    package init(removed: Answer, kept: Answer) {
        self.removed = removed
        self.kept = kept
    }
}

extension VisionTransformer {
    /// The answers without a region, and to it alone: two forward passes, of as many tokens as take part.
    ///
    /// - Parameters:
    ///   - pixels: `[channels, height, width]`, as ``forward(_:options:progress:isCancelled:)`` takes them.
    ///   - region: patches, counted row by row from the top left.
    ///   - heads: those ablated in both.
    /// - Throws: `ModelError`, also where the head needs a patch and none is left; `CancellationError`.
    public func perturbation(
        of pixels: Tensor, region: Set<Int>, heads: HeadAblations = .none, isCancelled: () -> Bool = { false }
    ) throws -> Perturbation {
        let patches = pixels.shape.dropFirst().reduce(1, *) / (configuration.patch.height * configuration.patch.width)
        func answer(_ patches: Set<Int>) throws -> Perturbation.Answer {
            let logits = try logits(of: pixels, under: Intervention(heads: heads, patches: patches), isCancelled: isCancelled)
            return .init(logits: logits, probabilities: configuration.probability(logits))
        }
        return Perturbation(removed: try answer(Set(0..<patches).subtracting(region)), kept: try answer(region))
    }
}
