/// A picture of 8-bit gray samples, 0 black.
public struct GrayImage: Sendable, Equatable {
    /// In pixels.
    public let width: Int
    /// In pixels.
    public let height: Int
    /// `height × width` samples, row by row from the top.
    public var samples: [UInt8]

    /// A picture with the given samples. `samples.count` must be `width·height`.
    public init(width: Int, height: Int, samples: [UInt8]) {
        precondition(width >= 0 && height >= 0 && samples.count == width * height)
        self.width = width
        self.height = height
        self.samples = samples
    }
}
