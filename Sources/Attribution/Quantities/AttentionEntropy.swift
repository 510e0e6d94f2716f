import Checkpoints
import Glibc
import VisionTransformer

/// How widely each head looks: the entropy of its attention. Heads·tokens² logarithms a layer.
public struct AttentionEntropy: Quantity {
    public let identifier = "entropy"
    public let title = "attention entropy"
    public let summary = "how widely each head spreads its attention, layer by layer"
    public let definition = """
        −Σ_j A_ij ln A_ij, the mean over all tokens i, of every layer and head. In nats: 0 looks at one token, ln N at \
        all N alike.
        """
    public let axes: QuantityAxes = []
    public let scale = QuantityScale.sequential

    public init() {}

    public func obstacle(for configuration: ModelConfiguration) -> String? { configuration.sharesObstacle }

    public func values(
        of trace: Trace, model: VisionTransformer, request: QuantityRequest, isCancelled: () -> Bool,
        each: (QuantityPlace, QuantityValue) -> Void
    ) throws {
        try request.checkLayers(trace)
        let table = try model.headTable(of: trace, layers: request.layers, unit: "nats", isCancelled: isCancelled) { head, attention in
            var sum = 0.0
            for row in attention.rows {
                var own: Float = 0
                for share in attention.row(row, head: head) where share > 0 { own -= share * logf(share) }
                sum += Double(own)
            }
            return sum / Double(attention.rows.count)
        }
        each(QuantityPlace(), .table(table))
    }
}
