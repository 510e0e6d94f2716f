import Checkpoints
import VisionTransformer

/// How much of each head's attention goes to the tokens before the patches: class, distillation and registers.
public struct PrefixAttention: Quantity {
    public let identifier = "prefix-mass"
    public let title = "attention on prefix tokens"
    public let summary = "the share of each head's attention that goes to class, distillation and register tokens"
    public let definition = """
        Σ_j A_ij over the tokens j before the patches, the mean over all tokens i, of every layer and head. A share of \
        one.
        """
    public let axes: QuantityAxes = []
    public let scale = QuantityScale.sequential

    public init() {}

    public func obstacle(for configuration: ModelConfiguration) -> String? {
        configuration.prefixTokens == 0 ? "the model has no class, distillation or register token" : configuration.sharesObstacle
    }

    public func values(
        of trace: Trace, model: VisionTransformer, request: QuantityRequest, isCancelled: () -> Bool,
        each: (QuantityPlace, QuantityValue) -> Void
    ) throws {
        try request.checkLayers(trace)
        let prefix = trace.prefixTokens
        let table = try model.headTable(of: trace, layers: request.layers, unit: "", isCancelled: isCancelled) { head, attention in
            let sum = attention.rows.reduce(0.0) { sum, row in
                attention.row(row, head: head).prefix(prefix).reduce(sum) { $0 + Double($1) }
            }
            return sum / Double(attention.rows.count)
        }
        each(QuantityPlace(), .table(table))
    }
}
