import VisionTransformer

/// Attention as it is: a token's row at the patches, averaged over heads or of one. What stands for the picture is the class
/// token; without one or with a head that pools the patches, the mean of the patches' rows.
public struct RawAttention: ClassFreeMethod {
    public let identifier = "attention"
    public let title = "attention"
    public let summary = "raw attention of the class token, averaged over heads; no class needed"
    public let definition = """
        A[q, patches], attention after soft-max: what token q reads, of one head or the mean over heads. Shares of one; \
        what is missing went to prefix tokens.
        """
    public let axes: QuantityAxes = [.layer, .head, .query]

    public init() {}

    public func values(
        of trace: Trace, model: VisionTransformer, request: QuantityRequest, isCancelled: () -> Bool,
        each: (QuantityPlace, QuantityValue) -> Void
    ) throws {
        try request.checkLayers(trace)
        let parts = try request.heads.parts(of: model.configuration)
        let queries = try request.query.rows(of: trace, standingForPicture: model.configuration.tokensOfPicture(trace))
        try request.forEachLayer(isCancelled) { layer in
            for part in parts {
                let row = model.lookingAttention(of: trace, layer: layer, from: queries, heads: part.heads)
                each(QuantityPlace(layer: layer, head: part.head), .map(PatchMap(tokens: row, of: trace)))
            }
        }
    }
}
