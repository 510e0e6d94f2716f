import Checkpoints
import Tensors
import VisionTransformer

/// Grad-CAM of tokens: every number of a token weighs what the mean of its gradient over the patches says.
///
/// Source: Selvaraju et al., "Grad-CAM" (ICCV 2017), of what a block reads after its norm 1, as is usual for Vision Transformers
/// (pytorch-grad-cam).
public struct TokenGradCAM: TokenGradientMethod {
    public let identifier = "token-gradcam"
    public let title = "Grad-CAM"
    public let summary = "tokens after norm 1, their numbers weighted by the mean gradient over the patches: what is positive of the sum"
    public let definition = """
        relu(Σ_d w_d x_jd), w_d the mean of g_jd over the patches j, x what block l reads after its norm 1, g = ∂y/∂x. In \
        logits. Source: Selvaraju et al., ICCV 2017, on tokens as pytorch-grad-cam has it.
        """

    public init() {}

    public func map(_ gradient: InputGradient, grid: ModelConfiguration.Size, compute: Compute) -> PatchMap {
        let sums = gradient.columnSums(compute) { _, g, columns, sums in
            for column in columns { sums[column] += Double(g[column]) }
        }
        let patches = Double(gradient.tokens - gradient.prefixTokens)
        return gradient.weighted(by: sums.map { $0 / patches }, grid, compute)
    }
}
