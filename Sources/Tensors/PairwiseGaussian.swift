import Glibc

/// All pairs' exp(−½‖f_i − f_j‖²), kept as a matrix: exact, and for few points quicker than a lattice.
package final class PairwiseGaussian: @unchecked Sendable {
    /// Most points for which the matrix is worth its memory: 16 MB.
    package static let mostPoints = 2048

    private let points: Int
    /// `[n, n]`.
    private let matrix: [Float]

    /// - Parameter features: `[n, d]`, in deviations of the Gaussian.
    package init(features: [Float], dimensions d: Int, compute: Compute) {
        precondition(d > 0 && features.count % d == 0)
        let n = features.count / d
        points = n
        matrix = [Float](unsafeUninitializedCapacity: n * n) { matrix, count in
            if let base = matrix.baseAddress {
                nonisolated(unsafe) let base = base
                features.withUnsafeBufferPointer { features in
                    compute.pool.forEach(n) { row in
                        for column in 0..<n {
                            var squared: Float = 0
                            for k in 0..<d {
                                let difference = features[row &* d &+ k] - features[column &* d &+ k]
                                squared += difference * difference
                            }
                            base[row &* n &+ column] = expf(-0.5 * squared)
                        }
                    }
                }
            }
            count = n * n
        }
    }

    /// Σ_j exp(−½‖f_i − f_j‖²)·v_j for `channels` interleaved values a point, `[n, channels]`.
    package func filter(
        _ values: UnsafePointer<Float>, channels: Int, into result: UnsafeMutablePointer<Float>, compute: Compute
    ) {
        matrix.withUnsafeBufferPointer { matrix in
            guard let base = matrix.baseAddress else { return }
            compute.forRanges(points, multiple: 16) { rows in
                compute.product(
                    rows.count, channels, points, .plain(base + rows.lowerBound * points, stride: points),
                    .plain(values, stride: channels), into: result + rows.lowerBound * channels, stride: channels)
            }
        }
    }
}
