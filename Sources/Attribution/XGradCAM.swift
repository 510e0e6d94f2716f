import Checkpoints
import Tensors
import VisionTransformer

/// XGrad-CAM: a number's weight is its gradient's mean, each patch counting as much as it takes part in the number.
///
/// Source: Fu, Hu, Dong, Guo, Gao, Li, "Axiom-based Grad-CAM" (BMVC 2020), of what a block reads after its norm 1, as
/// pytorch-grad-cam computes it. Tokens after a norm have both signs: where their sum over the patches is near zero, the weight
/// is large, and so is what rounding does to it.
public struct XGradCAM: TokenGradientMethod {
    public let identifier = "xgradcam"
    public let title = "XGrad-CAM"
    public let summary = "tokens after norm 1, their numbers weighted by gradient times share: what is positive of the sum (XGrad-CAM)"
    public let definition = """
        relu(Σ_d w_d x_jd), w_d = Σ_j g_jd x_jd / (s_d + 1e-7), s_d = Σ_j x_jd over the patches j, x what block l reads after \
        its norm 1, g = ∂y/∂x. Source: Fu et al., BMVC 2020, as pytorch-grad-cam has it.
        """

    public init() {}

    public func map(_ gradient: InputGradient, grid: ModelConfiguration.Size, compute: Compute) -> PatchMap {
        let weighted = gradient.columnSums(compute) { x, g, columns, sums in
            for column in columns { sums[column] += Double(g[column]) * Double(x[column]) }
        }
        return gradient.weighted(by: zip(weighted, gradient.inputSums(compute)).map { $0 / ($1 + 1e-7) }, grid, compute)
    }
}
