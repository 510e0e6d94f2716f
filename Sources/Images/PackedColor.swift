/// Colors as `0xRRGGBB`.
package enum PackedColor {
    /// `share` of `top`, 0 to 256, over the rest of `bottom`.
    @inline(__always)
    package static func mix(_ top: UInt32, over bottom: UInt32, share: UInt32) -> UInt32 {
        let rest = 256 &- share
        let redBlue = ((top & 0xFF00FF) &* share &+ (bottom & 0xFF00FF) &* rest) >> 8 & 0xFF00FF
        let green = ((top & 0x00FF00) &* share &+ (bottom & 0x00FF00) &* rest) >> 8 & 0x00FF00
        return redBlue | green
    }

    /// A part of the whole, 0…1, as `mix` takes it.
    package static func share(_ part: Float) -> UInt32 { part > 0 ? UInt32((min(part, 1) * 256).rounded()) : 0 }

    @inline(__always)
    package static func packed(_ color: RGBColor) -> UInt32 {
        UInt32(color.red) << 16 | UInt32(color.green) << 8 | UInt32(color.blue)
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
