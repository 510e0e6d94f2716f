import VisionTransformer

/// How alike the query token is to every patch after a block.
public struct TokenSimilarity: Quantity {
    public let identifier = "token-similarity"
    public let title = "token similarity"
    public let summary = "cosine of the query token with every patch after the block"
    public let definition = """
        z_q·z_j / (|z_q| |z_j|), z the residual stream after block l: from −1 to 1. For the picture the class token is \
        q, or where patches stand for it the mean of them.
        """
    public let axes: QuantityAxes = [.layer, .query]
    public let scale = QuantityScale.sequential
    public let readsCompleteTrace = true

    public init() {}

    public func values(
        of trace: Trace, model: VisionTransformer, request: QuantityRequest, isCancelled: () -> Bool,
        each: (QuantityPlace, QuantityValue) -> Void
    ) throws {
        try request.checkLayers(trace)
        let query = try request.query.rows(of: trace, standingForPicture: model.configuration.tokensOfPicture(trace))
        let whole = try model.complete(trace, isCancelled: isCancelled)
        try request.forEachLayer(isCancelled) { layer in
            let tokens = try model.stream(of: whole, layer: layer)
            each(
                QuantityPlace(layer: layer),
                .map(Similarity.map(of: query, in: tokens, columns: 0..<tokens.shape[1], trace, model.compute)))
        }
    }
}
