/// Text into a frame, clipped at its edges.
struct FrameWriter {
    var frame: Frame
    let theme: Theme

    init(columns: Int, rows: Int, theme: Theme) {
        frame = Frame(columns: columns, rows: rows)
        self.theme = theme
    }

    /// Writes text from a column on, at most up to `limit` (not included). - Returns: the column after it.
    @discardableResult
    mutating func write(_ text: String, column: Int, row: Int, limit: Int? = nil, look: Cell) -> Int {
        let limit = min(limit ?? frame.columns, frame.columns)
        guard row >= 0, row < frame.rows else { return column }
        var x = column
        let base = row * frame.columns
        for scalar in text.unicodeScalars {
            let width = DisplayText.width(of: scalar)
            guard width > 0 else { continue }
            guard x + width <= limit else { break }
            if x >= 0 {
                var cell = look
                cell.scalar = scalar
                frame.cells[base + x] = cell
                if width == 2 {
                    cell.scalar = "\u{0}"
                    frame.cells[base + x + 1] = cell
                }
            }
            x += width
        }
        return x
    }

    /// Writes text so that it ends before a column. - Returns: the column it starts at.
    @discardableResult
    mutating func writeRight(_ text: String, before column: Int, row: Int, look: Cell) -> Int {
        let start = column - DisplayText.width(of: text)
        write(text, column: start, row: row, limit: column, look: look)
        return start
    }

    /// Text in the middle of a rectangle's row, cut to fit.
    mutating func writeCentered(_ text: String, in rect: CellRect, row: Int, look: Cell) {
        let fitting = DisplayText.truncated(text, to: rect.columns)
        let start = rect.column + (rect.columns - DisplayText.width(of: fitting)) / 2
        write(fitting, column: start, row: row, limit: rect.column + rect.columns, look: look)
    }

    /// Blanks what is left of two-column characters that were drawn over in part.
    mutating func repairWideCharacters() {
        let columns = frame.columns
        frame.cells.withUnsafeMutableBufferPointer { cells in
            var before: Unicode.Scalar = " "
            for index in 0..<cells.count {
                let scalar = cells[index].scalar
                if index % columns == 0 { before = " " }
                let opensHere = before.value >= 0x1100 && DisplayText.width(of: before) == 2
                if opensHere != (scalar.value == 0) {
                    cells[opensHere ? index - 1 : index].scalar = " "
                }
                before = cells[index].scalar
                if before.value >= 0x1100, (index + 1) % columns == 0, DisplayText.width(of: before) == 2 {
                    cells[index].scalar = " "
                }
            }
        }
    }

    /// Leaves cells to a picture in pixels; one that does not lie on the screen as a whole is left out.
    mutating func place(_ image: PixelImage) {
        let rect = image.rect
        guard rect.column >= 0, rect.row >= 0, rect.column + rect.columns <= frame.columns, rect.row + rect.rows <= frame.rows else { return }
        frame.images.append(image)
        fill(rect, with: PixelImage.cell)
    }

    /// The line over a part of the class list's column, with its name.
    mutating func rule(_ name: String, over rect: CellRect) {
        let limit = rect.column + rect.columns
        for x in rect.column..<limit { write("─", column: x, row: rect.row, look: theme.line) }
        write("├", column: rect.column - 1, row: rect.row, look: theme.line)
        write(" " + DisplayText.truncated(name, to: rect.columns - 4) + " ", column: rect.column + 1, row: rect.row, limit: limit, look: theme.dim)
    }

    /// A line around a rectangle, on its own cells.
    mutating func border(_ box: CellRect) {
        let right = box.column + box.columns - 1, bottom = box.row + box.rows - 1
        for x in box.column...max(right, box.column) {
            for y in [box.row, bottom] { write("─", column: x, row: y, look: theme.line) }
        }
        for y in box.row...max(bottom, box.row) {
            for x in [box.column, right] { write("│", column: x, row: y, look: theme.line) }
        }
        for (corner, x, y) in [("╭", box.column, box.row), ("╮", right, box.row), ("╰", box.column, bottom), ("╯", right, bottom)] {
            write(corner, column: x, row: y, look: theme.line)
        }
    }

    /// Fills a rectangle, clipped.
    mutating func fill(_ rect: CellRect, with cell: Cell) {
        for row in max(rect.row, 0)..<max(min(rect.row + rect.rows, frame.rows), max(rect.row, 0)) {
            let first = max(rect.column, 0), end = min(rect.column + rect.columns, frame.columns)
            guard first < end else { continue }
            for x in first..<end { frame.cells[row * frame.columns + x] = cell }
        }
    }
}
