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
        let values = (gradient.prefixTokens..<gradient.tokens).map { token -> Float in
            guard let x = gradient.input(token).baseAddress, let g = gradient.gradient(token).baseAddress else { return 0 }
            return compute.kernels.dot(x, g, gradient.width)
        }
        return PatchMap(rows: grid.height, columns: grid.width, values: values)
    }
}
