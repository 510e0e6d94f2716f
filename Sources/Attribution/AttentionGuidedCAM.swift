import Checkpoints
import Glibc
import Tensors
import VisionTransformer

/// Attention guided CAM: the positive gradient of attention, guided by the scores that soft-max is made of.
///
/// Source: Leem & Seo, "Attention Guided CAM: Visual Explanations of Vision Transformer Guided by Self-Attention" (AAAI 2024). A
/// sigmoid in place of soft-max does not let one patch's score hold down another's.
public struct AttentionGuidedCAM: GradientMethod {
    public let identifier = "agcam"
    public let title = "attention guided CAM"
    public let summary = "positive gradient of attention times sigmoid of its scores before soft-max, summed over heads (AGCAM)"
    public let definition = """
        Σ_h relu(G^h[q, patches]) ⊙ sigmoid(S^h[q, patches]), S = q·k/√d, the scores before soft-max, G = ∂y/∂A, Σ_h the \
        sum over heads. No unit. Source: Leem & Seo, AAAI 2024.
        """

    public init() {}

    public func obstacle(for configuration: ModelConfiguration) -> String? {
        if configuration.head == .none { return ModelConfiguration.headlessObstacle }
        return configuration.isDifferential ? "the model's attention is the difference of two soft-maxes, whose scores are no one's" : nil
    }

    public func map(
        _ gradient: AttentionGradient, rows: Range<Int>, heads: Range<Int>, of trace: Trace, model: VisionTransformer
    ) -> PatchMap {
        let (prefix, tokens) = (gradient.prefixTokens, gradient.tokens)
        return PatchMap.mean(over: rows, trace, model.compute) { rows, sum in
            let scores = model.attentionScores(of: trace, layer: gradient.layer, rows: rows, heads: heads)
            scores.withUnsafeElements { scores in
                for (line, row) in rows.enumerated() {
                    for (place, head) in heads.enumerated() {
                        let g = gradient.gradient(head: head, row: row), first = (line * heads.count + place) * tokens
                        for token in prefix..<tokens where g[token] > 0 {
                            sum[token - prefix] += g[token] / (1 + expf(-scores[first + token]))
                        }
                    }
                }
            }
        }
    }
}
