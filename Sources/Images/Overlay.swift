extension RGBImage {
    /// This picture with another of the same size laid over it.
    ///
    /// - Parameter opacity: of the upper picture, 0…1; values outside are clamped, NaN counts as 0. Samples are rounded to
    ///   nearest.
    public func blended(with upper: RGBImage, opacity: Float) -> RGBImage {
        precondition(upper.width == width && upper.height == height, "blending pictures of two sizes")
        // In 1/65536: exact at both ends.
        let share = opacity > 0 ? Int32(min(opacity, 1) * 65_536) : 0
        var result = self
        upper.samples.withUnsafeBufferPointer { upper in
            result.samples.withUnsafeMutableBufferPointer { lower in
                for index in 0..<lower.count {
                    let base = Int32(lower[index])
                    let step = (Int32(upper[index]) &- base) &* share
                    lower[index] = UInt8(truncatingIfNeeded: base &+ (step &+ 32_768) >> 16)
                }
            }
        }
        return result
    }
}
