import Tensors
import VisionTransformer

/// Grad-CAM of attention: every head weighs what the mean of its gradient at the patches says.
///
/// Source: the baseline of Chefer, Gur, Wolf, "Transformer Interpretability Beyond Attention Visualization" (CVPR 2021), there of
/// the last block; here of every block's.
public struct AttentionGradCAM: GradientMethod {
    public let identifier = "attention-gradcam"
    public let title = "attention Grad-CAM"
    public let summary = "attention of every head, weighted by the mean of its gradient at the patches: what is positive of their mean"
    public let definition = """
        relu(E_h w_h A^h[q, patches]), w_h the mean of G^h[q, patches], G = ∂y/∂A, E_h the mean over heads; of one head \
        relu(w_h A^h). No unit. Source: the baseline of Chefer et al., CVPR 2021.
        """

    public init() {}

    public func map(
        _ gradient: AttentionGradient, rows: Range<Int>, heads: Range<Int>, of trace: Trace, model: VisionTransformer
    ) -> PatchMap {
        let (prefix, patches) = (gradient.prefixTokens, gradient.tokens - gradient.prefixTokens)
        let share = 1 / Double(heads.count * patches)
        return PatchMap.mean(over: rows, trace, model.compute) { rows, sum in
            var weighted = [Float](repeating: 0, count: patches)
            weighted.withUnsafeMutableBufferPointer { weighted in
                guard let own = weighted.baseAddress else { return }
                for row in rows {
                    own.update(repeating: 0, count: patches)
                    for head in heads {
                        guard let a = gradient.attention(head: head, row: row).baseAddress else { return }
                        let weight = gradient.gradient(head: head, row: row).dropFirst(prefix).reduce(0.0) { $0 + Double($1) } * share
                        model.compute.kernels.add_multiple(own, a + prefix, Float(weight), patches)
                    }
                    for patch in 0..<patches { sum[patch] += max(0, own[patch]) }
                }
            }
        }
    }
}
