import Checkpoints
import Tensors
import VisionTransformer

/// HiResCAM: gradient times token, with no mean over the patches in between: what ``ClassDiscriminativeAttention`` has above zero.
///
/// Source: Draelos & Carin, "Use HiResCAM instead of Grad-CAM for faithful explanations of convolutional neural networks" (2020).
public struct HiResCAM: TokenGradientMethod {
    public let identifier = "hirescam"
    public let title = "HiResCAM"
    public let summary = "gradient times token after norm 1: what is positive of the sum (HiResCAM)"
    public let definition = """
        relu(Σ_d g_jd x_jd) of every patch j, x what block l reads after its norm 1, g = ∂y/∂x. In logits. Source: Draelos \
        & Carin 2020.
        """

    public init() {}

    public func map(_ gradient: InputGradient, grid: ModelConfiguration.Size, compute: Compute) -> PatchMap {
        gradient.patchMap(grid, compute) { x, g in max(0, compute.kernels.dot(x, g, gradient.width)) }
    }
}
