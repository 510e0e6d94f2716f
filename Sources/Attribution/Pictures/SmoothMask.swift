/// Cells drawn as a mask of pixels: bilinear between the cells' middles, beyond the outermost as there.
struct SmoothMask {
    let rows: Int
    let columns: Int
    /// `[rows, columns]`
    let cells: [Double]

    /// A part of the mask, `[height, width]`.
    ///
    /// - Parameters:
    ///   - size: that of the whole mask.
    ///   - corner: where in it the part begins.
    func pixels(
        of size: (height: Int, width: Int), from corner: (top: Int, left: Int) = (0, 0), height: Int, width: Int
    ) -> [Float] {
        let across = (0..<width).map { Self.between($0 + corner.left, columns, of: size.width) }
        var pixels: [Float] = []
        pixels.reserveCapacity(height * width)
        for y in 0..<height {
            let down = Self.between(y + corner.top, rows, of: size.height)
            for column in across {
                func along(_ row: Int) -> Double {
                    cells[row * columns + column.low] * (1 - column.share) + cells[row * columns + column.high] * column.share
                }
                pixels.append(Float(along(down.low) * (1 - down.share) + along(down.high) * down.share))
            }
        }
        return pixels
    }

    /// The cells that a pixel along a side lies between, and how far from the lower to the higher.
    private static func between(_ pixel: Int, _ cells: Int, of size: Int) -> (low: Int, high: Int, share: Double) {
        let place = min(max((Double(pixel) + 0.5) * Double(cells) / Double(size) - 0.5, 0), Double(cells - 1))
        return (Int(place), min(Int(place) + 1, cells - 1), place - place.rounded(.down))
    }
}
