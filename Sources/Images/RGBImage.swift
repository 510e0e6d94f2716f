/// A picture of 8-bit red, green and blue samples.
public struct RGBImage: Sendable, Equatable {
    /// In pixels.
    public let width: Int
    /// In pixels.
    public let height: Int
    /// `height × width × 3` samples, row by row from the top, red first.
    public var samples: [UInt8]

    /// A picture with the given samples. `samples.count` must be `width·height·3`.
    public init(width: Int, height: Int, samples: [UInt8]) {
        precondition(width >= 0 && height >= 0 && samples.count == width * height * 3)
        self.width = width
        self.height = height
        self.samples = samples
    }

    /// The mirror image, left and right exchanged.
    package var mirrored: RGBImage {
        let samples = [UInt8](unsafeUninitializedCapacity: self.samples.count) { target, count in
            self.samples.withUnsafeBufferPointer { source in
                for row in 0..<height {
                    for column in 0..<width {
                        let (to, from) = ((row * width + column) * 3, (row * width + width - 1 - column) * 3)
                        for channel in 0..<3 { target[to + channel] = source[from + channel] }
                    }
                }
            }
            count = self.samples.count
        }
        return RGBImage(width: width, height: height, samples: samples)
    }
}
