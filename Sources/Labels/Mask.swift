import Images

/// A picture of yes and no: which pixels are salient, or belong to a class.
public struct Mask: Sendable, Hashable {
    /// In pixels.
    public let width: Int
    /// In pixels.
    public let height: Int
    /// `height × width` values, 0 or 1, row by row from the top.
    public var values: [UInt8]

    /// A mask with the given values, any but 0 counting as 1. `values.count` must be `width·height`.
    public init(width: Int, height: Int, values: [UInt8]) {
        precondition(width >= 0 && height >= 0 && values.count == width * height)
        self.width = width
        self.height = height
        self.values = values.map { $0 == 0 ? 0 : 1 }
    }

    /// The pixels of a label map that carry `index`.
    public init(_ labels: IndexedImage, index: UInt8) {
        width = labels.width
        height = labels.height
        values = labels.indices.map { $0 == index ? 1 : 0 }
    }

    /// How many pixels are set.
    public var area: Int { values.reduce(0) { $0 + Int($1) } }

    /// Share of the pixels that are set; 0 for an empty mask.
    public var share: Double { values.isEmpty ? 0 : Double(area) / Double(values.count) }

    /// The mask at another size, each pixel from the one under its center.
    public func resized(width newWidth: Int, height newHeight: Int) -> Mask {
        guard newWidth != width || newHeight != height else { return self }
        precondition(width > 0 && height > 0 && newWidth > 0 && newHeight > 0, "resizing an empty mask")
        let columns = (0..<newWidth).map { (2 * $0 + 1) * width / (2 * newWidth) }
        var result: [UInt8] = []
        result.reserveCapacity(newWidth * newHeight)
        for row in 0..<newHeight {
            let start = (2 * row + 1) * height / (2 * newHeight) * width
            for column in columns { result.append(values[start + column]) }
        }
        return Mask(width: newWidth, height: newHeight, values: result)
    }

    /// The pixels set in both masks, which must be of one size.
    public func intersection(_ other: Mask) -> Mask { combined(other, &) }

    /// The pixels set in either mask; both must be of one size.
    public func union(_ other: Mask) -> Mask { combined(other, |) }

    private func combined(_ other: Mask, _ operation: (UInt8, UInt8) -> UInt8) -> Mask {
        precondition(other.width == width && other.height == height, "masks of different sizes")
        return Mask(width: width, height: height, values: zip(values, other.values).map(operation))
    }
}
