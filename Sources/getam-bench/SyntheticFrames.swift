import Explorer

/// Frames as the explorer's hardest: a photograph-like picture in half blocks under a heat map that changes with every
/// key, and some text beside it.
enum SyntheticFrames {
    /// The frame after the `step`-th key.
    static func frame(step: Int, columns: Int, rows: Int) -> Frame {
        var frame = Frame(columns: columns, rows: rows)
        let phase = Float(step)
        let grid = heat(phase)
        for row in 0..<rows - 1 {
            for column in 0..<columns {
                let upper = pixel(column, 2 * row, columns, 2 * rows, grid)
                let lower = pixel(column, 2 * row + 1, columns, 2 * rows, grid)
                frame[column, row] = Cell("▀", foreground: upper, background: lower)
            }
        }
        for (column, scalar) in "layer \(step % 12)  class \(step % 6)  step \(step)".unicodeScalars.enumerated()
        where column < columns {
            frame[column, rows - 1] = Cell(scalar, style: .reverse)
        }
        return frame
    }

    /// 14×14 values in 0…1, other ones at each step.
    private static func heat(_ phase: Float) -> [Float] {
        (0..<196).map { i in
            let x = Float(i % 14) - 6.5, y = Float(i / 14) - 6.5
            let dx = x - 4 * triangle(phase * 0.13), dy = y - 4 * triangle(phase * 0.17 + 0.5)
            return min(1, 6 / (2 + dx * dx + dy * dy))
        }
    }

    private static func triangle(_ x: Float) -> Float { 4 * abs(x - (x + 0.5).rounded(.down)) - 1 }

    /// A smooth scene with grain, the heat bilinearly over it at 55 %, colored from dark blue over green to yellow.
    private static func pixel(_ x: Int, _ y: Int, _ width: Int, _ height: Int, _ grid: [Float]) -> Color {
        let u = Float(x) / Float(width), v = Float(y) / Float(height)
        let noise = Float((x &* 73_856_093 ^ y &* 19_349_663) & 31) / 255
        let shade = 0.35 + 0.4 * v + 0.2 * triangle(u * 3 + v) * 0.5 + noise
        let photo = (shade * 0.9, shade * 0.8 + 0.1 * u, shade * 0.6 + 0.2 * (1 - v))

        let gx = u * 13, gy = v * 13
        let x0 = Int(gx), y0 = Int(gy)
        let x1 = min(x0 + 1, 13), y1 = min(y0 + 1, 13)
        let fx = gx - Float(x0), fy = gy - Float(y0)
        let upper = grid[y0 * 14 + x0] * (1 - fx) + grid[y0 * 14 + x1] * fx
        let lower = grid[y1 * 14 + x0] * (1 - fx) + grid[y1 * 14 + x1] * fx
        let heat = upper * (1 - fy) + lower * fy

        func mix(_ photo: Float, _ color: Float) -> UInt8 {
            UInt8(min(max((0.45 * photo + 0.55 * color) * 255, 0), 255))
        }
        return Color(
            mix(photo.0, max(0, 2 * heat - 1) + 0.25 * (1 - heat)), mix(photo.1, heat),
            mix(photo.2, 0.4 * (1 - heat) + 0.1))
    }
}
