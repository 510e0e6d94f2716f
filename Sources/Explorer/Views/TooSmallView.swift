/// What stands on a screen that is too small for anything.
enum TooSmallView {
    /// Draws it where the screen is. - Returns: whether it is.
    static func draw(_ writer: inout FrameWriter) -> Bool {
        let columns = writer.frame.columns, rows = writer.frame.rows
        guard columns < Layout.smallestColumns || rows < Layout.smallestRows else { return false }
        let sizes = "\(Layout.smallestColumns)×\(Layout.smallestRows) needed, now \(columns)×\(rows)"
        let whole = CellRect(column: 0, row: 0, columns: columns, rows: rows)
        let lines = columns >= 48 ? ["terminal too small: " + sizes] : ["terminal too small:", sizes]
        for (index, line) in lines.enumerated() {
            writer.writeCentered(line, in: whole, row: (rows - lines.count) / 2 + index, look: writer.theme.warning)
        }
        return true
    }
}
