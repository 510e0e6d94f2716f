import Checkpoints
import VisionTransformer

/// TS-CAM: where the class token looks, times what the head makes of the patch there (``PatchCAM``).
///
/// Source: Gao, Wan, Pan, Peng, Ji, Han, Zhou, Ye, "TS-CAM: Token Semantic Coupled Attention Map for Weakly Supervised Object
/// Localization" (ICCV 2021), which trains a head of patches for it and takes the mean of all layers' attention; here the model's
/// own head, of every layer with that layer's attention.
public struct TokenSemanticCAM: ClassMethod {
    public let identifier = "ts-cam"
    public let title = "TS-CAM"
    public let summary = "attention of the class token, averaged over heads, times the patch CAM of the layer (TS-CAM)"
    public let definition = """
        E_h A^h[q, patches] ⊙ relu(w_c·LN(z_j) + b_c), A the attention and z the residual stream after block l, LN the final \
        norm, w and b the head, E_h the mean over heads. In logits. Source: Gao et al., ICCV 2021.
        """
    public let axes: QuantityAxes = [.target, .layer, .head, .query]
    public let readsCompleteTrace = true
    public let sumsLogits = true

    public init() {}

    public func obstacle(for configuration: ModelConfiguration) -> String? { configuration.lensObstacle }

    public func values(
        of trace: Trace, model: VisionTransformer, request: QuantityRequest, isCancelled: () -> Bool,
        each: (QuantityPlace, QuantityValue) -> Void
    ) throws {
        let parts = try request.heads.parts(of: model.configuration)
        let queries = try request.query.rows(of: trace, standingForPicture: model.configuration.tokensOfPicture(trace))
        /// The last layer met, and each part's attention there.
        var met: (layer: Int, rows: [PatchMap])?
        try PatchCAM().values(of: trace, model: model, request: request, isCancelled: isCancelled) { place, value in
            guard let layer = place.layer, case .map(let semantic) = value else { return }
            if met?.layer != layer {
                met = (layer, parts.map {
                    PatchMap(tokens: model.lookingAttention(of: trace, layer: layer, from: queries, heads: $0.heads), of: trace)
                })
            }
            for (part, looking) in zip(parts, met?.rows ?? []) {
                var map = looking
                for patch in map.values.indices { map.values[patch] *= semantic.values[patch] }
                each(QuantityPlace(target: place.target, layer: layer, head: part.head), .map(map))
            }
        }
    }
}
