import Checkpoints
import VisionTransformer

/// The class that a logit lens sees in every patch.
///
/// Costs patches·width·classes multiplications a layer, and a complete trace where ``PatchLens`` does.
public struct LensClasses: Quantity {
    public let identifier = "lens-class"
    public let title = "class by logit lens"
    public let summary = "the class with the greatest logit read off every patch after the block"
    public let definition = """
        argmax over c of w_c·LN(z_j) + b_c, z the residual stream after block l, LN the final norm; of equals the first. \
        Beside it the logit.
        """
    public let axes: QuantityAxes = [.layer]
    public let scale = QuantityScale.classes
    public let readsCompleteTrace = true

    public init() {}

    public func obstacle(for configuration: ModelConfiguration) -> String? { configuration.lensObstacle }

    public func values(
        of trace: Trace, model: VisionTransformer, request: QuantityRequest, isCancelled: () -> Bool,
        each: (QuantityPlace, QuantityValue) -> Void
    ) throws {
        try request.checkLayers(trace)
        let source = try model.lensTrace(.patches, trace, request.layers, isCancelled)
        try request.forEachLayer(isCancelled) { layer in
            let logits = try model.lens(.patches, of: source, layer: layer)
            let (rows, count) = (logits.shape[0], logits.shape[1])
            var classes: [Int] = [], values: [Float] = []
            logits.withUnsafeElements { logits in
                for row in 0..<rows {
                    var best = 0
                    for index in 0..<count where logits[row * count + index] > logits[row * count + best] { best = index }
                    classes.append(best)
                    values.append(logits[row * count + best])
                }
            }
            each(
                QuantityPlace(layer: layer),
                .classes(PatchClasses(rows: trace.grid.height, columns: trace.grid.width, classes: classes, values: values)))
        }
    }
}
