/// A picture of 8-bit red, green and blue samples.
public struct RGBImage: Sendable, Equatable {
    /// In pixels.
    public private(set) var width: Int
    /// In pixels.
    public private(set) var height: Int
    /// `height × width × 3` samples, row by row from the top, red first.
    public var samples: [UInt8]

    /// A picture with the given samples. `samples.count` must be `width·height·3`.
    public init(width: Int, height: Int, samples: [UInt8]) {
        precondition(width >= 0 && height >= 0 && samples.count == width * height * 3)
        self.width = width
        self.height = height
        self.samples = samples
    }

    /// A picture without pixels, to be filled.
    package init() { self.init(width: 0, height: 0, samples: []) }

    /// Becomes a picture of this size, whose samples `fill` writes, every one of them; memory that is there serves again.
    package mutating func become<Failure: Error>(
        width: Int, height: Int, filledBy fill: (UnsafeMutableBufferPointer<UInt8>) throws(Failure) -> Void
    ) throws(Failure) {
        // Whoever fails leaves none.
        (self.width, self.height) = (0, 0)
        do throws(Failure) {
            try samples.refill(count: width * height * 3, fill)
        } catch {
            samples.removeAll(keepingCapacity: true)
            throw error
        }
        (self.width, self.height) = (width, height)
    }

    /// The mirror image, left and right exchanged.
    package var mirrored: RGBImage {
        var result = self
        result.mirror()
        return result
    }

    /// Exchanges left and right.
    package mutating func mirror() {
        let (width, height) = (width, height)
        samples.withUnsafeMutableBufferPointer { samples in
            for row in 0..<height {
                for column in 0..<width / 2 {
                    let (left, right) = ((row * width + column) * 3, (row * width + width - 1 - column) * 3)
                    for channel in 0..<3 { samples.swapAt(left + channel, right + channel) }
                }
            }
        }
    }
}
