import Checkpoints
import Tensors
import VisionTransformer

/// A map with one value a patch: where, at patch resolution, a model looks for a class.
public struct PatchMap: Sendable, Hashable {
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

extension PatchMap {
    /// The mean over query rows of maps that `add` adds up, row after row.
    ///
    /// - Parameter add: adds the maps of some rows to the values it is given; called by several threads at once.
    static func mean(
        over rows: Range<Int>, _ trace: Trace, _ compute: Compute, add: (Range<Int>, UnsafeMutablePointer<Float>) -> Void
    ) -> PatchMap {
        var map = PatchMap.zeros(trace.grid)
        let patches = map.values.count
        guard rows.count > 1 else {
            map.values.withUnsafeMutableBufferPointer { values in
                if let sum = values.baseAddress { add(rows, sum) }
            }
            return map
        }
        // Every part of the rows is summed by itself: as many parts for any number of threads, whose sums round alike.
        let parts = 8
        var partial = [Float](repeating: 0, count: parts * patches)
        partial.withUnsafeMutableBufferPointer { partial in
            guard let sums = partial.baseAddress else { return }
            compute.pool.forEach(parts) { part in
                let first = rows.lowerBound + part * rows.count / parts, end = rows.lowerBound + (part + 1) * rows.count / parts
                if first < end { add(first..<end, sums + part * patches) }
            }
        }
        for part in 0..<parts {
            for patch in 0..<patches { map.values[patch] += partial[part * patches + patch] / Float(rows.count) }
        }
        return map
    }
}
