import Checkpoints
import Tensors
import VisionTransformer

/// LayerCAM: the positive gradient times the token.
///
/// Source: Jiang, Zhang, Hou, Cheng, Wei, "LayerCAM: Exploring Hierarchical Class Activation Maps for Localization" (IEEE TIP 2021).
public struct LayerCAM: TokenGradientMethod {
    public let identifier = "layercam"
    public let title = "LayerCAM"
    public let summary = "positive gradient times token after norm 1: what is positive of the sum (LayerCAM)"
    public let definition = """
        relu(Σ_d relu(g_jd) x_jd) of every patch j, x what block l reads after its norm 1, g = ∂y/∂x. In logits. Source: \
        Jiang et al., IEEE TIP 2021.
        """

    public init() {}

    public func map(_ gradient: InputGradient, grid: ModelConfiguration.Size, compute: Compute) -> PatchMap {
        let width = gradient.width, kernels = compute.featureKernels
        return gradient.patchMap(grid, compute) { x, g in
            withUnsafeTemporaryAllocation(of: Float.self, capacity: width) { positive in
                guard let own = positive.baseAddress else { return 0 }
                own.initialize(from: g, count: width)
                kernels.rectify(own, own, width)
                return max(0, compute.kernels.dot(x, own, width))
            }
        }
    }
}
