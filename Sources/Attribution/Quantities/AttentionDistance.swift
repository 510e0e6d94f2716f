import Checkpoints
import VisionTransformer

/// How far each head looks: the mean distance between a patch and those it reads. Heads·patches² multiplications a layer.
public struct AttentionDistance: Quantity {
    public let identifier = "distance"
    public let title = "attention distance"
    public let summary = "how far from a patch each head reads, layer by layer"
    public let definition = """
        Σ_j Â_ij ‖xy_i − xy_j‖₂, the mean over patches i, of every layer and head; Â attention from patch to patch, each \
        row scaled to a sum of one, xy the patches' middles in pixels of the model's input. Source: Dosovitskiy et al., \
        ICLR 2021, appendix D.7.
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
        let (prefix, rows, columns) = (trace.prefixTokens, trace.grid.height, trace.grid.width)
        let patch = model.configuration.patch
        // By how many rows and columns two patches are apart.
        let distances = (0..<rows).flatMap { down in
            (0..<columns).map { across in
                let (y, x) = (Double(down * patch.height), Double(across * patch.width))
                return Float((x * x + y * y).squareRoot())
            }
        }
        let table = try model.headTable(of: trace, layers: request.layers, unit: "pixels", isCancelled: isCancelled) { head, attention in
            var sum = 0.0
            for query in 0..<rows * columns {
                let (row, column) = (query / columns, query % columns)
                let shares = attention.row(prefix + query, head: head)
                var (length, total): (Float, Float) = (0, 0)
                for otherRow in 0..<rows {
                    let line = abs(otherRow - row) * columns
                    for otherColumn in 0..<columns {
                        let share = shares[prefix + otherRow * columns + otherColumn]
                        length += share * distances[line + abs(otherColumn - column)]
                        total += share
                    }
                }
                if total > 0 { sum += Double(length / total) }
            }
            return sum / Double(rows * columns)
        }
        each(QuantityPlace(), .table(table))
    }
}
