/// Numbers as bars, in eighths of a cell.
enum BarChart {
    private static let eighths: [Unicode.Scalar] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
    private static let widths: [Unicode.Scalar] = [" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"]

    /// Bars side by side, a column each.
    ///
    /// - Parameters:
    ///   - heights: 0 to 1, one a column of `rect`; more are left out. What is above 0 shows at least an eighth.
    ///   - look: the ground, and the bars' color.
    static func draw(_ heights: [Float], in rect: CellRect, look: Cell, _ writer: inout FrameWriter) {
        for (column, height) in heights.prefix(rect.columns).enumerated() where height > 0 {
            let eighth = max(Int((min(height, 1) * Float(rect.rows * 8)).rounded()), 1)
            for row in 0..<rect.rows {
                let filled = min(max(eighth - (rect.rows - 1 - row) * 8, 0), 8)
                guard filled > 0 else { continue }
                let scalar: Unicode.Scalar = writer.theme.mono ? (filled >= 4 ? "#" : ".") : eighths[filled]
                writer.write(String(scalar), column: rect.column + column, row: rect.row + row, look: look)
            }
        }
    }

    /// One bar along a row, `fraction` of its width.
    static func drawAmount(_ fraction: Float, column: Int, row: Int, width: Int, look: Cell, _ writer: inout FrameWriter) {
        let amount = fraction > 0 ? Int(min(fraction, 1) * Float(width * 8)) : 0
        for x in 0..<max(width, 0) {
            let filled = min(max(amount - x * 8, 0), 8)
            // Parts of a cell look broken in reverse, where there is no color.
            let scalar = writer.theme.mono || look.style.contains(.reverse) ? (filled >= 4 ? "=" : " ") : widths[filled]
            writer.write(String(scalar), column: column + x, row: row, look: look)
        }
    }
}
