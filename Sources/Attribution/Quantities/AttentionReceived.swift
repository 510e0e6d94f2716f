import VisionTransformer

/// Who reads a token: its column of attention.
///
/// Free where the pass kept all rows; of a last block that was computed for its readout tokens only, all its rows are made
/// for it at every call, which a complete trace spares.
public struct AttentionReceived: Quantity {
    public let identifier = "attention-received"
    public let title = "attention received"
    public let summary = "how much each patch reads the query token"
    public let definition = """
        A[patches, q], attention after soft-max: how much each patch reads token q, of one head or the mean over heads. \
        Shares of the reading patch's one. For the picture the class token is q, or where patches stand for it the mean \
        over them.
        """
    public let axes: QuantityAxes = [.layer, .head, .query]
    public let scale = QuantityScale.sequential
    public let fusion = MapFusion.sum

    public init() {}

    public func values(
        of trace: Trace, model: VisionTransformer, request: QuantityRequest, isCancelled: () -> Bool,
        each: (QuantityPlace, QuantityValue) -> Void
    ) throws {
        try request.checkLayers(trace)
        let parts = try request.heads.parts(of: model.configuration)
        let columns = try request.query.rows(of: trace, standingForPicture: model.configuration.tokensOfPicture(trace))
        let patches = trace.prefixTokens..<trace.tokens
        try request.forEachLayer(isCancelled) { layer in
            model.withAttention(of: trace, layer: layer, rows: patches) { attention in
                for part in parts {
                    let share = 1 / Float(part.heads.count * columns.count)
                    let values = patches.map { patch in
                        share * part.heads.reduce(Float(0)) { sum, head in
                            let row = attention.row(patch, head: head)
                            return columns.reduce(sum) { $0 + row[$1] }
                        }
                    }
                    each(
                        QuantityPlace(layer: layer, head: part.head),
                        .map(PatchMap(rows: trace.grid.height, columns: trace.grid.width, values: values)))
                }
            }
        }
    }
}
