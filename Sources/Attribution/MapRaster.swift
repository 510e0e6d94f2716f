/// A part of a map at a number of pixels, as places along the colors.
package struct MapRaster {
    /// `width × height` places 0…255; -1 where the map does not reach the display threshold.
    package let levels: [Int16]

    /// - Parameters:
    ///   - cut: the display threshold as a fraction of the scale, of a symmetric one on either side; 0 is off.
    ///   - u0, u1, v0, v1: the part, as fractions of the map's sides.
    package init(
        map: PatchMap, scale: MapScale, cut: Float = 0, sampling: Sampling, width: Int, height: Int, u0: Double = 0,
        u1: Double = 1, v0: Double = 0, v1: Double = 1
    ) {
        guard width > 0, height > 0, map.columns > 0, map.rows > 0 else {
            levels = []
            return
        }
        let across = Self.places(width, from: u0, to: u1, count: map.columns, sampling: sampling)
        let down = Self.places(height, from: v0, to: v1, count: map.rows, sampling: sampling)
        let low = scale.low, isDiverging = scale.isDiverging
        let factor: Float = scale.high > low ? 1 / (scale.high - low) : 0
        // On a scale of no extent every value lies at the start, or between the signs.
        let start: Float = factor == 0 && isDiverging ? 0.5 : 0
        let columns = map.columns
        levels = [Int16](unsafeUninitializedCapacity: width * height) { out, count in
            map.values.withUnsafeBufferPointer { values in
                across.withUnsafeBufferPointer { across in
                    for y in 0..<height {
                        let (top, bottom, fy) = down[y]
                        let upper = top * columns, lower = bottom * columns
                        for x in 0..<width {
                            let (left, right, fx) = across[x]
                            let a = values[upper + left], b = values[upper + right]
                            let c = values[lower + left], d = values[lower + right]
                            let ab = a + (b - a) * fx, cd = c + (d - c) * fx
                            let t = (ab + (cd - ab) * fy - low) * factor + start
                            // Written so that NaN falls to 0, or between the signs.
                            let clamped: Float = t > 0 ? (t < 1 ? t : 1) : t <= 0 || !isDiverging ? 0 : 0.5
                            let reach = isDiverging ? abs(2 * clamped - 1) : clamped
                            out[y * width + x] =
                                cut > 0 && reach < cut
                                ? -1 : Int16(truncatingIfNeeded: min(Int(clamped * 256), 255))
                        }
                    }
                }
            }
            count = width * height
        }
    }

    /// The two patches beside each pixel's middle, and how far it is to the second.
    private static func places(
        _ size: Int, from start: Double, to end: Double, count: Int, sampling: Sampling
    ) -> [(Int, Int, Float)] {
        (0..<size).map { index in
            let position = (start + (Double(index) + 0.5) / Double(size) * (end - start)) * Double(count)
            if sampling == .patches {
                let patch = min(max(Int(position), 0), count - 1)
                return (patch, patch, 0)
            }
            let shifted = min(max(position - 0.5, 0), Double(count - 1))
            let first = min(Int(shifted), count - 1)
            return (first, min(first + 1, count - 1), Float(shifted - Double(first)))
        }
    }
}
