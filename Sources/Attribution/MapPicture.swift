import Images

extension PatchMap {
    /// The map as a picture, alone or over another.
    ///
    /// - Parameters:
    ///   - picture: what lies below, and gives the size; its aspect ratio is the picture's own.
    ///   - opacity: of the map, 0…1; at 1 the picture is not seen.
    ///   - low: the raw value of the first color.
    ///   - high: the raw value of the last color.
    ///   - cut: a fraction of `low…high` below which the picture is darkened; 0 is off.
    public func picture(
        over picture: RGBImage, opacity: Float, low: Float, high: Float, cut: Float = 0, sampling: Sampling = .smooth,
        colorMap: ColorMap = .default
    ) -> RGBImage {
        let levels = MapRaster(
            map: self, low: low, high: high, cut: cut, sampling: sampling, width: picture.width, height: picture.height,
            u0: 0, u1: 1, v0: 0, v1: 1).levels
        let colors = MapColors(colorMap, mono: false)
        let pixels = opacity >= 1 ? colors.pixels(levels) : colors.blend(levels, over: picture.packedPixels, opacity: opacity)
        return RGBImage(width: picture.width, height: picture.height, packedPixels: pixels)
    }

    /// Where the map reaches the fraction `cut` of `low…high` (with `cut` 0: where it is above `low`), at
    /// `width × height` pixels, row by row.
    public func mask(
        width: Int, height: Int, low: Float, high: Float, cut: Float, sampling: Sampling = .smooth
    ) -> [Bool] {
        let threshold = cut > 0 ? cut : Float.leastNonzeroMagnitude
        return MapRaster(
            map: self, low: low, high: high, cut: threshold, sampling: sampling, width: width, height: height,
            u0: 0, u1: 1, v0: 0, v1: 1
        ).levels.map { $0 >= 0 }
    }
}

extension RGBImage {
    /// One `0xRRGGBB` a pixel.
    package var packedPixels: [UInt32] {
        [UInt32](unsafeUninitializedCapacity: width * height) { out, count in
            samples.withUnsafeBufferPointer { samples in
                for pixel in 0..<width * height {
                    out[pixel] = UInt32(samples[pixel * 3]) << 16 | UInt32(samples[pixel * 3 + 1]) << 8
                        | UInt32(samples[pixel * 3 + 2])
                }
            }
            count = width * height
        }
    }

    /// A picture of `0xRRGGBB` pixels, row by row.
    package init(width: Int, height: Int, packedPixels: [UInt32]) {
        let samples = [UInt8](unsafeUninitializedCapacity: packedPixels.count * 3) { out, count in
            for (pixel, color) in packedPixels.enumerated() {
                out[pixel * 3] = UInt8(truncatingIfNeeded: color >> 16)
                out[pixel * 3 + 1] = UInt8(truncatingIfNeeded: color >> 8)
                out[pixel * 3 + 2] = UInt8(truncatingIfNeeded: color)
            }
            count = packedPixels.count * 3
        }
        self.init(width: width, height: height, samples: samples)
    }
}
