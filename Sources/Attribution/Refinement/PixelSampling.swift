/// Every `stride`-th pixel of every `stride`-th row of a picture; with a stride of 1 all pixels.
package struct PixelSampling: Hashable, Sendable {
    package let height: Int
    package let width: Int
    package let stride: Int

    /// - Parameter stride: at least 1.
    package init(height: Int, width: Int, stride: Int) {
        (self.height, self.width, self.stride) = (height, width, stride)
    }

    /// The first row and column that are taken, such that what is left out lies on both sides.
    package var firstRow: Int { Self.first(height, stride) }
    package var firstColumn: Int { Self.first(width, stride) }
    package var rows: Int { Self.count(height, stride) }
    package var columns: Int { Self.count(width, stride) }
    package var count: Int { rows * columns }

    private static func first(_ side: Int, _ stride: Int) -> Int { min(stride / 2, max(side - 1, 0) / 2) }

    private static func count(_ side: Int, _ stride: Int) -> Int {
        side > 0 ? (side - 1 - first(side, stride)) / stride + 1 : 0
    }

    /// Samples that are worked on at a time.
    private static let block = 256

    /// How many ``block(_:)``s there are.
    package var blocks: Int {
        stride == 1 ? (count + Self.block - 1) / Self.block : rows * ((columns + Self.block - 1) / Self.block)
    }

    /// Samples that lie in one row, or anywhere if all pixels are taken, and the pixel of the first.
    package func block(_ index: Int) -> (samples: Range<Int>, pixel: Int) {
        if stride == 1 {
            let range = index * Self.block..<min(count, (index + 1) * Self.block)
            return (range, range.lowerBound)
        }
        let perRow = (columns + Self.block - 1) / Self.block
        let (row, first) = (index / perRow, index % perRow * Self.block)
        let start = row * columns + first
        return (
            start..<start + min(Self.block, columns - first),
            (firstRow + row * stride) * width + firstColumn + first * stride)
    }

    /// Between which two samples of a row or column each of `side` pixels lies, and how near to the second.
    package func places(across: Bool) -> [(cell: Int, next: Int, weight: Float)] {
        let (side, cells, first) = across ? (width, columns, firstColumn) : (height, rows, firstRow)
        return (0..<side).map { index in
            let place = min(max(Float(index - first) / Float(stride), 0), Float(cells - 1))
            let cell = Int(place)
            return (cell, min(cell + 1, cells - 1), place - Float(cell))
        }
    }
}
