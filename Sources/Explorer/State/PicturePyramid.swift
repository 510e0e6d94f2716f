import Images

/// A picture and its successive halvings by area average, so that it can be shrunk to any pane in one frame.
///
/// Building it takes a few milliseconds: workers do, the screen thread does not.
public struct PicturePyramid: Sendable, Equatable {
    /// The picture itself first; each next level has half the sides, rounded up, down to at most 24 pixels.
    public let levels: [RGBImage]
    /// Tells the rasters of this picture from those of others.
    let identity = Identity()

    /// In pixels.
    public var width: Int { levels[0].width }
    /// In pixels.
    public var height: Int { levels[0].height }
    /// Bytes held by all levels.
    var byteCount: Int { levels.reduce(0) { $0 + $1.samples.count } }

    public init(_ picture: RGBImage) {
        var levels = [picture]
        while let last = levels.last, max(last.width, last.height) > 24 { levels.append(Self.halved(last)) }
        self.levels = levels
    }

    /// What is one picture's, whatever it looks like.
    final class Identity: Sendable, Equatable {
        static func == (a: Identity, b: Identity) -> Bool { true }
    }

    /// The mean of each 2×2 block; the last row and column of odd sides stand for themselves twice.
    private static func halved(_ image: RGBImage) -> RGBImage {
        let width = (image.width + 1) / 2, height = (image.height + 1) / 2
        let sourceWidth = image.width, sourceHeight = image.height
        let samples = [UInt8](unsafeUninitializedCapacity: width * height * 3) { out, count in
            image.samples.withUnsafeBufferPointer { source in
                for y in 0..<height {
                    let top = 2 * y * sourceWidth * 3
                    let bottom = min(2 * y + 1, sourceHeight - 1) * sourceWidth * 3
                    for x in 0..<width {
                        let left = 2 * x * 3, right = min(2 * x + 1, sourceWidth - 1) * 3
                        for channel in 0..<3 {
                            let sum =
                                Int(source[top + left + channel]) + Int(source[top + right + channel])
                                + Int(source[bottom + left + channel]) + Int(source[bottom + right + channel])
                            out[(y * width + x) * 3 + channel] = UInt8(truncatingIfNeeded: (sum + 2) >> 2)
                        }
                    }
                }
            }
            count = width * height * 3
        }
        return RGBImage(width: width, height: height, samples: samples)
    }
}
