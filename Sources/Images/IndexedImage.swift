/// A picture whose pixels are numbers into a table of colors: a label map.
public struct IndexedImage: Sendable, Equatable {
    /// In pixels.
    public internal(set) var width: Int
    /// In pixels.
    public internal(set) var height: Int
    /// `height × width` indices, row by row from the top.
    public var indices: [UInt8]
    /// The color of each index, at most 256 of them.
    public var palette: [RGBColor]

    /// A picture with the given indices. `indices.count` must be `width·height`.
    public init(width: Int, height: Int, indices: [UInt8], palette: [RGBColor] = VOCPalette.colors) {
        precondition(width >= 0 && height >= 0 && indices.count == width * height && palette.count <= 256)
        self.width = width
        self.height = height
        self.indices = indices
        self.palette = palette
    }

    /// A label map without pixels, to be filled.
    package init() { self.init(width: 0, height: 0, indices: [], palette: []) }
}

extension IndexedImage {
    /// At another size, each pixel from the one under its center.
    package func resized(width newWidth: Int, height newHeight: Int) -> IndexedImage {
        guard newWidth != width || newHeight != height, width > 0, height > 0 else { return self }
        let columns = (0..<newWidth).map { (2 * $0 + 1) * width / (2 * newWidth) }
        var result: [UInt8] = []
        result.reserveCapacity(newWidth * newHeight)
        for row in 0..<newHeight {
            let start = (2 * row + 1) * height / (2 * newHeight) * width
            for column in columns { result.append(indices[start + column]) }
        }
        return IndexedImage(width: newWidth, height: newHeight, indices: result, palette: palette)
    }
}
