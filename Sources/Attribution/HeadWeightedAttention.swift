import Tensors
import VisionTransformer

/// Attention whose heads weigh what gradient times attention says of them: the idea of WeakTr, without its training.
///
/// Source: Zhu et al., "WeakTr: Exploring Plain Vision Transformer for Weakly-supervised Semantic Segmentation"
/// (arXiv 2304.01184), where a small network learns a weight of every head and layer; here it is the head's importance by gradient.
public struct HeadWeightedAttention: GradientMethod {
    public let identifier = "head-weighted"
    public let title = "head-weighted attention"
    public let summary = "attention of all heads, each weighted by its positive gradient times attention at the patches (after WeakTr)"
    public let definition = """
        Σ_h w_h A^h[q, patches], w_h the mean over the patches of relu(G^h ⊙ A^h)[q, patches], G = ∂y/∂A, Σ_h the sum over \
        heads; of one head w_h A^h. No unit. After WeakTr (Zhu et al., arXiv 2304.01184), which learns the weights.
        """

    public init() {}

    public func map(
        _ gradient: AttentionGradient, rows: Range<Int>, heads: Range<Int>, of trace: Trace, model: VisionTransformer
    ) -> PatchMap {
        let (prefix, patches) = (gradient.prefixTokens, gradient.tokens - gradient.prefixTokens)
        return PatchMap.mean(over: rows, trace, model.compute) { rows, sum in
            for row in rows {
                for head in heads {
                    guard let a = gradient.attention(head: head, row: row).baseAddress,
                        let g = gradient.gradient(head: head, row: row).baseAddress else { return }
                    // Attention is never negative: relu(g·a) is relu(g)·a.
                    var weight: Float = 0
                    for patch in prefix..<prefix + patches { weight += max(0, g[patch]) * a[patch] }
                    model.compute.kernels.add_multiple(sum, a + prefix, weight / Float(patches), patches)
                }
            }
        }
    }
}
