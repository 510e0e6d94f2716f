import Checkpoints
import Tensors
import VisionTransformer

/// Attention rollout: attention followed through the layers, the residual connections included.
///
/// Source: Abnar & Zuidema, "Quantifying Attention Flow in Transformers" (ACL 2020). With A the heads' mean attention,
/// Â = ½A + ½I, whose rows sum to one as A's do; the map of layer l is a token's row of Â_l · Â_{l−1} ··· Â_start at the
/// patches: the class token's unless asked otherwise (the mean of the patches' rows, where they stand for the picture). A
/// layer before the start is its own.
public struct AttentionRollout: ClassFreeMethod {
    public let identifier = "rollout"
    public let title = "rollout"
    public let summary = "attention multiplied through the layers from the start layer on, residuals included; no class needed"
    public let definition = """
        Row q of Â_l · Â_{l−1} ··· Â_start at the patches, Â = ½ E_h A + ½ I: what token q read through the layers. \
        Shares of one. Source: Abnar & Zuidema, ACL 2020.
        """
    public let axes: QuantityAxes = [.layer, .query, .start]
    public let fusion = MapFusion.last

    public init() {}

    public func obstacle(for configuration: ModelConfiguration) -> String? { configuration.sharesObstacle }

    /// The paper's: the first.
    public func defaultStartLayer(of configuration: ModelConfiguration) -> Int { 0 }

    public func values(
        of trace: Trace, model: VisionTransformer, request: QuantityRequest, isCancelled: () -> Bool,
        each: (QuantityPlace, QuantityValue) -> Void
    ) throws {
        try request.checkLayers(trace)
        let tokens = trace.tokens, layers = request.layers, start = request.start
        let source = try request.query.rows(of: trace, standingForPicture: model.configuration.tokensOfPicture(trace))
        func report(_ layer: Int, _ row: some Collection<Float>) {
            each(QuantityPlace(layer: layer), .map(PatchMap(tokens: row, of: trace)))
        }
        // A row a layer that was entered, the last layer first. All go down through the layers together.
        var rows: [Float] = []
        for layer in (min(start, layers.lowerBound)...layers.upperBound).reversed() {
            if isCancelled() { throw CancellationError() }
            if layer >= start, !rows.isEmpty { multiply(&rows, by: layer, trace, model) }
            guard layer >= start || layers.contains(layer) else { continue }
            var row = model.lookingAttention(of: trace, layer: layer, from: source)
            for token in row.indices { row[token] /= 2 }
            for token in source { row[token] += 0.5 / Float(source.count) }
            if layer < start { report(layer, row) } else { rows += row }
            guard layer == start else { continue }
            for (place, own) in (start...layers.upperBound).reversed().enumerated() where layers.contains(own) {
                report(own, rows[place * tokens..<(place + 1) * tokens])
            }
        }
    }

    /// rows ← rows · Â of a layer, all of whose query rows must be kept.
    private func multiply(_ rows: inout [Float], by layer: Int, _ trace: Trace, _ model: VisionTransformer) {
        let tokens = trace.tokens, count = rows.count / tokens
        let attention = model.meanAttention(trace, layer: layer, rows: 0..<tokens)
        let known = rows
        known.withUnsafeBufferPointer { known in
            rows.withUnsafeMutableBufferPointer { rows in
                guard let x = known.baseAddress, let base = rows.baseAddress else { return }
                nonisolated(unsafe) let y = base
                model.compute.forRanges(tokens, multiple: 16) { columns in
                    model.compute.product(
                        count, columns.count, tokens, .plain(x, stride: tokens),
                        .plain(attention.base + columns.lowerBound, stride: tokens), beta: 1, into: y + columns.lowerBound,
                        stride: tokens)
                }
                for index in rows.indices { rows[index] /= 2 }
            }
        }
    }
}
