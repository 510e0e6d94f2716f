/// Eigenvectors of a symmetric matrix's largest eigenvalues, by Lanczos iteration with full reorthogonalization.
enum Lanczos {
    /// The unit eigenvector of the largest eigenvalue among those orthogonal to eigenvectors known; nil where there is none.
    ///
    /// - Parameters:
    ///   - matrix: `[count, count]`, symmetric, Float32; sums run in double precision.
    ///   - known: eigenvectors of `matrix` of any length but zero, orthogonal to each other.
    static func largest(_ matrix: [Float], count: Int, orthogonalTo known: [[Double]]) -> [Double]? {
        func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
        func scaled(_ a: [Double], _ factor: Double) -> [Double] { a.map { $0 * factor } }
        let lengths = known.map { dot($0, $0).squareRoot() }
        guard lengths.allSatisfy({ $0 > 0 }) else { return nil }
        var basis = zip(known, lengths).map { scaled($0, 1 / $1) }
        func orthogonalize(_ vector: inout [Double]) {
            // Twice is enough.
            for _ in 0..<2 {
                for base in basis {
                    let share = dot(vector, base)
                    for index in vector.indices { vector[index] -= share * base[index] }
                }
            }
        }
        // Any start does that is not orthogonal to what is sought; this one is the same at every run.
        var vector = (0..<count).map { index -> Double in
            let hashed = UInt64(index &+ 1) &* 0x9E37_79B9_7F4A_7C15
            return Double((hashed ^ hashed >> 29) >> 40) / Double(1 << 24) - 0.5
        }
        orthogonalize(&vector)
        var diagonal: [Double] = [], beside: [Double] = []
        for step in 1...min(count, 300) {
            let norm = dot(vector, vector).squareRoot()
            if norm < 1e-12 { break }
            if step > 1 { beside.append(norm) }
            let base = scaled(vector, 1 / norm)
            basis.append(base)
            vector = product(matrix, base, count: count)
            diagonal.append(dot(vector, base))
            orthogonalize(&vector)
            // Done where the residual of the best Ritz pair is small.
            guard step % 8 == 0 || step == min(count, 300) else { continue }
            let best = largestPair(diagonal, beside)
            let residual = dot(vector, vector).squareRoot() * abs(best.last ?? 0)
            if residual < 1e-9 { return combine(best) }
        }
        guard !diagonal.isEmpty else { return nil }
        return combine(largestPair(diagonal, beside))

        func combine(_ weights: [Double]) -> [Double] {
            var sum = [Double](repeating: 0, count: count)
            for (weight, base) in zip(weights, basis.dropFirst(known.count)) {
                for index in 0..<count { sum[index] += weight * base[index] }
            }
            return sum
        }
    }

    private static func product(_ matrix: [Float], _ vector: [Double], count: Int) -> [Double] {
        matrix.withUnsafeBufferPointer { matrix in
            vector.withUnsafeBufferPointer { vector in
                (0..<count).map { row in
                    // Four sums, because one would wait for itself.
                    var sums = SIMD4<Double>.zero
                    let line = matrix.baseAddress! + row * count
                    var column = 0
                    while column + 4 <= count {
                        sums += SIMD4<Double>(SIMD4(line[column], line[column + 1], line[column + 2], line[column + 3]))
                            * SIMD4(vector[column], vector[column + 1], vector[column + 2], vector[column + 3])
                        column += 4
                    }
                    var sum = sums.sum()
                    while column < count {
                        sum += Double(line[column]) * vector[column]
                        column += 1
                    }
                    return sum
                }
            }
        }
    }

    /// The unit eigenvector of a symmetric tridiagonal matrix's largest eigenvalue: bisection by the number of negative
    /// pivots, then inverse iteration.
    static func largestPair(_ diagonal: [Double], _ beside: [Double]) -> [Double] {
        let count = diagonal.count
        guard count > 1 else { return [1] }
        func radius(_ row: Int) -> Double { (row > 0 ? abs(beside[row - 1]) : 0) + (row < count - 1 ? abs(beside[row]) : 0) }
        var low = diagonal.indices.map { diagonal[$0] - radius($0) }.min() ?? 0
        var high = diagonal.indices.map { diagonal[$0] + radius($0) }.max() ?? 0
        for _ in 0..<100 {
            let middle = (low + high) / 2
            // Whether every eigenvalue lies below.
            var pivot = diagonal[0] - middle
            var allBelow = pivot < 0
            for row in 1..<count where allBelow {
                pivot = diagonal[row] - middle - beside[row - 1] * beside[row - 1] / pivot
                allBelow = pivot < 0
            }
            if allBelow { high = middle } else { low = middle }
        }
        // Just above the eigenvalue the matrix less it is negative definite: elimination needs no pivoting.
        let shift = high + max(abs(high), 1) * 1e-14
        var vector = [Double](repeating: 1, count: count)
        for _ in 0..<4 {
            var pivots = [diagonal[0] - shift]
            for row in 1..<count {
                let factor = beside[row - 1] / pivots[row - 1]
                pivots.append(diagonal[row] - shift - factor * beside[row - 1])
                vector[row] -= factor * vector[row - 1]
            }
            vector[count - 1] /= pivots[count - 1]
            for row in (0..<count - 1).reversed() { vector[row] = (vector[row] - beside[row] * vector[row + 1]) / pivots[row] }
            let norm = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
            guard norm > 0, norm.isFinite else { return [1] + [Double](repeating: 0, count: count - 1) }
            vector = vector.map { $0 / norm }
        }
        return vector
    }
}
