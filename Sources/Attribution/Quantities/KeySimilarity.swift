import VisionTransformer

/// How alike the query token's key is to every patch's.
///
/// Free but for the cosines where the pass kept the keys; of a last block that was computed for its readout tokens only they are
/// made at every call, tokens·width² multiplications, which a complete trace spares.
public struct KeySimilarity: Quantity {
    public let identifier = "key-similarity"
    public let title = "key similarity"
    public let summary = "cosine of the query token's key with every patch's"
    public let definition = """
        k_q·k_j / (|k_q| |k_j|) of layer l's keys, all heads side by side or one head's: from −1 to 1. For the picture \
        the class token is q, or where patches stand for it the mean of their keys.
        """
    public let axes: QuantityAxes = [.layer, .head, .query]
    public let scale = QuantityScale.sequential

    public init() {}

    public func values(
        of trace: Trace, model: VisionTransformer, request: QuantityRequest, isCancelled: () -> Bool,
        each: (QuantityPlace, QuantityValue) -> Void
    ) throws {
        try request.checkLayers(trace)
        let parts = try request.heads.parts(of: model.configuration)
        let query = try request.query.rows(of: trace, standingForPicture: model.configuration.tokensOfPicture(trace))
        let headWidth = model.configuration.headWidth
        try request.forEachLayer(isCancelled) { layer in
            let keys = model.keys(of: trace, layer: layer, tokens: 0..<trace.tokens)
            for part in parts {
                let columns = part.heads.lowerBound * headWidth..<part.heads.upperBound * headWidth
                each(
                    QuantityPlace(layer: layer, head: part.head),
                    .map(Similarity.map(of: query, in: keys, columns: columns, trace, model.compute)))
            }
        }
    }
}
