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
    private let memory: UnsafeMutableRawPointer
    private let base: UnsafeMutablePointer<Float>

    /// Planes of zeros. `height` and `width` are at least 1; margins need be no wider than the picture less one pixel.
    package init(count: Int, height: Int, width: Int, marginRows: Int, marginColumns: Int, block: Int) {
        (self.count, self.height, self.width) = (count, height, width)
        (self.marginRows, self.marginColumns) = (marginRows, marginColumns)
        stride = (width + block - 1) / block * block + 2 * marginColumns
        planeStride = stride * (height + 2 * marginRows)
        memory = .allocate(byteCount: max(count, 1) * planeStride * MemoryLayout<Float>.stride, alignment: 64)
        base = memory.bindMemory(to: Float.self, capacity: count * planeStride)
        base.initialize(repeating: 0, count: count * planeStride)
    }

    deinit { memory.deallocate() }

    /// Pixel 0 of a row of a plane.
    package func row(_ row: Int, plane: Int = 0) -> UnsafeMutablePointer<Float> {
        base + plane * planeStride + (marginRows + row) * stride + marginColumns
    }

    /// Fills the margins that repeat the pixels of `row`: left and right, and above or below the first and last row.
    package func extend(row: Int) {
        for plane in 0..<count {
            let pixels = self.row(row, plane: plane)
            let last = pixels[width - 1]
            (pixels - marginColumns).update(repeating: pixels[0], count: marginColumns)
            // What rounding the width added is repeated too.
            (pixels + width).update(repeating: last, count: stride - marginColumns - width)
            let line = pixels - marginColumns
            if row == 0 { for y in 1..<(marginRows + 1) { (line - y * stride).update(from: line, count: stride) } }
            if row == height - 1 {
                for y in 1..<(marginRows + 1) { (line + y * stride).update(from: line, count: stride) }
            }
        }
    }
}
