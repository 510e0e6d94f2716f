import Checkpoints

/// A map with one value a patch: where, at patch resolution, a model looks for a class.
public struct PatchMap: Sendable, Equatable {
    public let rows: Int
    public let columns: Int
    /// `rows × columns` raw values, row by row from the top; for GETAM between about 1e-12 and 1e-6.
    public var values: [Float]

    /// A map with the given values. `values.count` must be `rows·columns`.
    public init(rows: Int, columns: Int, values: [Float]) {
        precondition(values.count == rows * columns)
        self.rows = rows
        self.columns = columns
        self.values = values
    }

    /// A map that is zero everywhere.
    static func zeros(_ grid: ModelConfiguration.Size) -> PatchMap {
        PatchMap(rows: grid.height, columns: grid.width, values: Array(repeating: 0, count: grid.height * grid.width))
    }

    /// The smallest and largest value; zeros for an empty map.
    public var range: (minimum: Float, maximum: Float) {
        guard var low = values.first else { return (0, 0) }
        var high = low
        for value in values {
            low = min(low, value)
            high = max(high, value)
        }
        return (low, high)
    }

    /// The sum of maps of one size, the fusion of equation (map_c = Σ_l M_l) of arXiv 2112.02841's published code.
    public static func sum(_ maps: some Sequence<PatchMap>) -> PatchMap? {
        var total: PatchMap?
        for map in maps {
            guard var sum = total else {
                total = map
                continue
            }
            precondition(map.rows == sum.rows && map.columns == sum.columns)
            for index in sum.values.indices { sum.values[index] += map.values[index] }
            total = sum
        }
        return total
    }
}
