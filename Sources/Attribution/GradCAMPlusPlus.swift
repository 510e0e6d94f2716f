import Checkpoints
import Tensors
import VisionTransformer

/// Grad-CAM++: the patches' positive gradients weigh by what their second and third power say of their part.
///
/// Source: Chattopadhay, Sarkar, Howlader, Balasubramanian, "Grad-CAM++" (WACV 2018), of what a block reads after its norm 1, as
/// pytorch-grad-cam computes it.
public struct GradCAMPlusPlus: TokenGradientMethod {
    public let identifier = "gradcam++"
    public let title = "Grad-CAM++"
    public let summary = "tokens after norm 1, their numbers weighted by their positive gradients' share: what is positive of the sum"
    public let definition = """
        relu(Σ_d w_d x_jd), w_d = Σ_j relu(g_jd) α_jd, α = g² / (2g² + s_d g³ + 1e-6), 0 where g is, s_d = Σ_j x_jd over the \
        patches j, x what block l reads after its norm 1, g = ∂y/∂x. Source: Chattopadhay et al., WACV 2018, as \
        pytorch-grad-cam has it.
        """

    public init() {}

    public func map(_ gradient: InputGradient, grid: ModelConfiguration.Size, compute: Compute) -> PatchMap {
        let weights = gradient.inputSums(compute).withUnsafeBufferPointer { inputs in
            gradient.columnSums(compute) { _, g, columns, sums in
                for column in columns where g[column] > 0 {
                    let g = Double(g[column])
                    sums[column] += g * g * g / (2 * g * g + inputs[column] * g * g * g + 1e-6)
                }
            }
        }
        return gradient.weighted(by: weights, grid, compute)
    }
}
