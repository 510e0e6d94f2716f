/// An approximate inverse of an imputation's matrix, so that conjugate gradients need few steps however wide the hole: on squares of 1, 2, 4 …
/// pixels a side, the sum of a square's residuals over the matrix's own value for a vector that is 1 on the square's missing pixels, given
/// to each of its pixels; all sizes added up (Bramble, Pasciak and Xu 1990, with squares in place of hat functions).
struct CellPreconditioner {
    private let stride: Int
    /// Rows and columns of squares, and the inverse of the matrix's value for each; 0 where nothing is missing. Pixels first.
    private let levels: [(rows: Int, columns: Int, inverse: [Double])]
    /// Room for what ``apply(_:into:_:)`` works in.
    let memory: [[Double]]

    /// - Parameters:
    ///   - missing, weights: of an ``ImputationSystem``, a zero pixel around them.
    init(height: Int, width: Int, missing: [Double], weights: [Double]) {
        stride = width + 2
        var sizes = [(rows: height, columns: width)]
        while let last = sizes.last, last.rows > 1 || last.columns > 1 { sizes.append(((last.rows + 1) / 2, (last.columns + 1) / 2)) }
        var values = sizes.map { [Double](repeating: 0, count: $0.rows * $0.columns) }
        for y in 0..<height {
            for x in 0..<width {
                let at = (y + 1) * stride + x + 1
                guard missing[at] == 1 else { continue }
                for level in sizes.indices { values[level][(y >> level) * sizes[level].columns + (x >> level)] += weights[at] }
                // What two missing pixels of one square have between them counts for neither side.
                for (dy, dx, weight) in [(0, 1, 2.0), (1, 0, 2), (1, 1, 1), (1, -1, 1)] where missing[at + dy * stride + dx] == 1 {
                    for level in sizes.indices where (y + dy) >> level == y >> level && (x + dx) >> level == x >> level {
                        values[level][(y >> level) * sizes[level].columns + (x >> level)] -= 2 * weight
                    }
                }
            }
        }
        levels = zip(sizes, values).map { ($0.rows, $0.columns, $1.map { $0 > 1e-9 ? 1 / $0 : 0 }) }
        memory = sizes.map { [Double](repeating: 0, count: $0.rows * $0.columns) }
    }

    /// - Parameters:
    ///   - residual: zero where nothing is missing, and around the picture; so is `out`.
    ///   - memory: as ``memory``.
    func apply(_ residual: [Double], into out: inout [Double], _ memory: inout [[Double]]) {
        let (height, width) = (levels[0].rows, levels[0].columns)
        for y in 0..<height {
            for x in 0..<width { memory[0][y * width + x] = residual[(y + 1) * stride + x + 1] }
        }
        for level in 1..<max(levels.count, 1) { Self.gather(memory[level - 1], levels[level - 1].columns, into: &memory[level], levels[level].columns) }
        for level in levels.indices.reversed() {
            let inverse = levels[level].inverse
            for index in inverse.indices { memory[level][index] *= inverse[index] }
            guard level + 1 < levels.count else { continue }
            Self.scatter(memory[level + 1], levels[level + 1].columns, into: &memory[level], levels[level].columns, inverse: inverse)
        }
        for y in 0..<height {
            for x in 0..<width { out[(y + 1) * stride + x + 1] = memory[0][y * width + x] }
        }
    }

    /// Sums of squares of two by two.
    private static func gather(_ fine: [Double], _ fineColumns: Int, into coarse: inout [Double], _ columns: Int) {
        for index in coarse.indices { coarse[index] = 0 }
        fine.withUnsafeBufferPointer { fine in
            coarse.withUnsafeMutableBufferPointer { coarse in
                for y in 0..<fine.count / max(fineColumns, 1) {
                    let (from, to) = (y * fineColumns, y / 2 * columns)
                    for x in 0..<fineColumns { coarse[to + x / 2] += fine[from + x] }
                }
            }
        }
    }

    /// Adds to every square what its larger square has; nothing where nothing is missing.
    private static func scatter(
        _ coarse: [Double], _ columns: Int, into fine: inout [Double], _ fineColumns: Int, inverse: [Double]
    ) {
        coarse.withUnsafeBufferPointer { coarse in
            fine.withUnsafeMutableBufferPointer { fine in
                inverse.withUnsafeBufferPointer { inverse in
                    for y in 0..<fine.count / max(fineColumns, 1) {
                        let (to, from) = (y * fineColumns, y / 2 * columns)
                        for x in 0..<fineColumns where inverse[to + x] > 0 { fine[to + x] += coarse[from + x / 2] }
                    }
                }
            }
        }
    }
}
