import Checkpoints
import VisionTransformer

/// The logit of a class as the model would give it after each block: how early it knows.
///
/// A handful of products of one row a layer. Models without a final norm take a complete trace.
public struct LensCurve: Quantity {
    public let identifier = "lens-curve"
    public let title = "logit by layer"
    public let summary = "the class's logit if the model ended after the block"
    public let definition = """
        w_c·LN(z_0) + b_c, z_0 what the head reads of the residual stream after block l (the class token, or the mean of \
        the patches), LN the final norm; after the last block the logit itself. In logits.
        """
    public let axes: QuantityAxes = [.target]
    public let scale = QuantityScale.diverging
    public let sumsLogits = true

    public init() {}

    public func obstacle(for configuration: ModelConfiguration) -> String? { configuration.lensObstacle }

    public func values(
        of trace: Trace, model: VisionTransformer, request: QuantityRequest, isCancelled: () -> Bool,
        each: (QuantityPlace, QuantityValue) -> Void
    ) throws {
        try request.checkLayers(trace)
        let source = try model.lensTrace(.picture, trace, request.layers, isCancelled)
        let targets = try LensTargets(request.targets, trace)
        var rows = [[[Float]]](repeating: [], count: request.targets.count)
        for layer in 0..<trace.depth {
            if isCancelled() { throw CancellationError() }
            let values = request.layers.contains(layer)
                ? targets.values(try model.lens(.picture, of: source, layer: layer, classes: targets.classes)) : []
            for position in rows.indices { rows[position].append(values.isEmpty ? [.nan] : values[position]) }
        }
        for (position, rows) in rows.enumerated() {
            each(QuantityPlace(target: position), .table(QuantityTable(columns: ["logit"], rows: rows)))
        }
    }
}
