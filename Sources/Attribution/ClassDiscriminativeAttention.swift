import Checkpoints
import Tensors
import VisionTransformer

/// Class-discriminative attention map: how much each patch speaks for the class, or, below zero, against it.
///
/// Source: Brocki, Binda, Chung, "Class-Discriminative Attention Maps for Vision Transformers" (TMLR 2024), there of the last
/// block's tokens; here of every block's.
public struct ClassDiscriminativeAttention: TokenGradientMethod {
    public let identifier = "cdam"
    public let title = "signed relevance"
    public let summary = "gradient times token after norm 1: for the class above zero, against it below (CDAM)"
    public let definition = """
        Σ_d g x of every patch, x what block l reads after its norm 1, g = ∂y/∂x, d the token's numbers. Signed, in \
        logits. Source: Brocki et al., TMLR 2024.
        """
    public let scale = QuantityScale.diverging

    public init() {}

    public func map(_ gradient: InputGradient, grid: ModelConfiguration.Size, compute: Compute) -> PatchMap {
        gradient.patchMap(grid, compute) { x, g in compute.kernels.dot(x, g, gradient.width) }
    }
}
