import Checkpoints
import VisionTransformer

/// The class activation map of patch tokens: what the head makes of every patch, where that speaks for the class (``PatchLens``).
///
/// Source: Zhou, Khosla, Lapedriza, Oliva, Torralba, "Learning Deep Features for Discriminative Localization" (CVPR 2016), with the
/// final norm and the head of a Vision Transformer on every patch of every block.
public struct PatchCAM: ClassMethod {
    public let identifier = "patch-cam"
    public let title = "patch CAM"
    public let summary = "the class's logit read off every patch after the block, where it is positive"
    public let definition = """
        relu(w_c·LN(z_j) + b_c) of every patch j, z the residual stream after block l, LN the final norm, w and b the head. \
        In logits. Source: CAM (Zhou et al., CVPR 2016) on patch tokens.
        """
    public let axes: QuantityAxes = [.target, .layer]
    public let readsCompleteTrace = true
    public let sumsLogits = true

    public init() {}

    public func obstacle(for configuration: ModelConfiguration) -> String? { configuration.lensObstacle }

    public func values(
        of trace: Trace, model: VisionTransformer, request: QuantityRequest, isCancelled: () -> Bool,
        each: (QuantityPlace, QuantityValue) -> Void
    ) throws {
        try PatchLens().values(of: trace, model: model, request: request, isCancelled: isCancelled) { place, value in
            guard case .map(var map) = value else { return }
            for patch in map.values.indices { map.values[patch] = max(0, map.values[patch]) }
            each(place, .map(map))
        }
    }
}
