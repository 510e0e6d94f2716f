import Glibc

/// A Gaussian over the pixels of a picture, Σ_j exp(−½‖p_i − p_j‖²/σ²)·v_j, as two passes along columns and rows.
///
/// Exact but for what lies beyond five deviations, 4e-6 of the peak; pixels outside count as zero.
package struct SpatialGaussian: Sendable {
    /// The weights of distances 0, 1, …
    private let weights: [Float]

    /// - Parameters:
    ///   - deviation: σ in pixels, above 0.
    ///   - side: the longer side of the pictures to come; no distance is longer.
    package init(deviation: Double, side: Int) {
        let reach = Int(min((5 * deviation).rounded(.up), Double(side)))
        weights = (0...reach).map { Float(exp(-0.5 * Double($0 * $0) / (deviation * deviation))) }
    }

    /// Filters `channels` interleaved values a pixel: `[height, width, channels]`.
    ///
    /// - Parameters:
    ///   - scratch: as many values as `values`; overwritten.
    ///   - result: may be `values`.
    package func filter(
        _ values: UnsafePointer<Float>, height: Int, width: Int, channels: Int, scratch: UnsafeMutablePointer<Float>,
        into result: UnsafeMutablePointer<Float>, compute: Compute
    ) {
        let row = width * channels
        guard let add = compute.kernels.add_multiple else { return }
        compute.pool.forEach(height) { y in
            let out = scratch + y * row
            out.update(repeating: 0, count: row)
            let reach = min(weights.count - 1, max(y, height - 1 - y))
            for distance in 0..<reach + 1 {
                if y >= distance { add(out, values + (y - distance) * row, weights[distance], row) }
                if distance > 0, y + distance < height { add(out, values + (y + distance) * row, weights[distance], row) }
            }
        }
        compute.pool.forEach(height) { y in
            let (source, out) = (scratch + y * row, result + y * row)
            out.update(repeating: 0, count: row)
            for distance in 0..<min(weights.count, width) {
                let count = row - distance * channels
                add(out + distance * channels, source, weights[distance], count)
                if distance > 0 { add(out, source + distance * channels, weights[distance], count) }
            }
        }
    }
}
