/// Planes of one size with a margin on every side that repeats the nearest border pixel ("replicate padding"), so that
/// a pixel's neighbours lie at fixed offsets.
package final class MarginedPlanes: @unchecked Sendable {
    package let count: Int
    package let height: Int
    package let width: Int
    /// Rows above and below.
    package let marginRows: Int
    /// Pixels left and right.
    package let marginColumns: Int
    /// Elements from a row to the next: margins and width, the width rounded up to a multiple of `block`.
    package let stride: Int
    /// Elements from a plane to the next.
    package let planeStride: Int
    private let memory: MemoryBlock<Float>

    /// Planes of zeros. `height` and `width` are at least 1; margins need be no wider than the picture less one pixel.
    package init(count: Int, height: Int, width: Int, marginRows: Int, marginColumns: Int, block: Int) {
        (self.count, self.height, self.width) = (count, height, width)
        (self.marginRows, self.marginColumns) = (marginRows, marginColumns)
        stride = (width + block - 1) / block * block + 2 * marginColumns
        planeStride = stride * (height + 2 * marginRows)
        memory = MemoryBlock(count: count * planeStride)
        memory.base.initialize(repeating: 0, count: count * planeStride)
    }

    /// Bytes of such planes.
    package static func byteCount(
        count: Int, height: Int, width: Int, marginRows: Int, marginColumns: Int, block: Int
    ) -> Int {
        let stride = (width + block - 1) / block * block + 2 * marginColumns
        return count * stride * (height + 2 * marginRows) * MemoryLayout<Float>.stride
    }

    /// Pixel 0 of a row of a plane.
    package func row(_ row: Int, plane: Int = 0) -> UnsafeMutablePointer<Float> {
        memory.base + plane * planeStride + (marginRows + row) * stride + marginColumns
    }

    /// Fills the margins that repeat the pixels of `row`: left and right, and above or below the first and last row.
    ///
    /// - Parameters:
    ///   - isFirst: whether what lies above repeats it.
    ///   - isLast: whether what lies below repeats it.
    package func extend(row: Int, isFirst: Bool, isLast: Bool) {
        for plane in 0..<count {
            let pixels = self.row(row, plane: plane)
            let last = pixels[width - 1]
            (pixels - marginColumns).update(repeating: pixels[0], count: marginColumns)
            // What rounding the width added is repeated too.
            (pixels + width).update(repeating: last, count: stride - marginColumns - width)
            let line = pixels - marginColumns
            if isFirst { for y in 1..<(marginRows + 1) { (line - y * stride).update(from: line, count: stride) } }
            if isLast { for y in 1..<(marginRows + 1) { (line + y * stride).update(from: line, count: stride) } }
        }
    }

    /// As the other `extend`, for planes that hold one picture.
    package func extend(row: Int) { extend(row: row, isFirst: row == 0, isLast: row == height - 1) }
}
