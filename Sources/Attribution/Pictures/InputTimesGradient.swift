import Checkpoints
import Tensors
import VisionTransformer

/// Input times gradient: what every pixel adds to the class, were the class a linear function of the picture.
///
/// Source: Shrikumar, Greenside, Shcherbina, Kundaje, "Not Just a Black Box" (2016). One backward pass down to the picture.
public struct InputTimesGradient: PixelMethod {
    public let identifier = "input-gradient"
    public let title = "input × gradient"
    public let summary = "gradient by the picture times the picture, summed over each patch: for the class above zero, against it below"
    public let definition = """
        Σ x ⊙ ∂y/∂x over the pixels and channels of every patch, x the picture as the model reads it, normalized. Signed, in \
        logits; one map for all layers. Source: Shrikumar et al. 2016.
        """
    public let scale = QuantityScale.diverging

    public init() {}

    public func maps(of trace: Trace, targets: [ClassTarget], passes: PicturePasses) throws -> [PatchMap] {
        let gradient = try passes.gradient(targets, of: trace)
        return targets.indices.map { Self.map(gradient, $0, trace.pixels, passes.model.configuration) }
    }

    /// Σ x ⊙ g over each patch, g one target's gradient.
    static func map(_ gradient: Tensor, _ target: Int, _ pixels: Tensor, _ configuration: ModelConfiguration) -> PatchMap {
        pixels.withUnsafeElements { x in
            gradient.withUnsafeElements { g in
                PatchMap.sums(over: pixels, configuration) { Double(x[$0]) * Double(g[target * x.count + $0]) }
            }
        }
    }
}
