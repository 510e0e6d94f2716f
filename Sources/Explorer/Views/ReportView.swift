/// Facts over the screen: what `:doctor`, `:why` and the like found.
enum ReportView {
    private static func box(columns: Int, rows: Int) -> CellRect {
        let width = min(columns - 2, columns >= 136 ? 152 : 76), height = min(rows - 2, 46)
        return CellRect(column: (columns - width) / 2, row: (rows - height) / 2, columns: width, rows: height)
    }

    /// The lines that are seen at once.
    static func capacity(in state: ExplorerState) -> Int { max(box(columns: state.columns, rows: state.rows).rows - 2, 1) }

    private static func keyWidth(_ columns: Int) -> Int { columns >= 58 ? 16 : 12 }

    /// A fact a line, broken where it is longer.
    static func lines(for state: ExplorerState) -> [Fact] {
        let width = box(columns: state.columns, rows: state.rows).columns - 2
        let room = max(width - keyWidth(width) - 4, 8)
        return state.report.flatMap { fact in
            DisplayText.wrapped(DisplayText.sanitized(fact.text), to: room).enumerated().map { Fact($0 == 0 ? fact.name : "", $1) }
        }
    }

    static func draw(_ state: ExplorerState, top: Int, _ layout: Layout, _ writer: inout FrameWriter) {
        let theme = writer.theme
        let box = box(columns: layout.columns, rows: layout.rows), right = box.column + box.columns - 1
        let lines = lines(for: state)
        let height = max(box.rows - 2, 1)
        let first = min(max(top, 0), max(lines.count - height, 0))
        writer.fill(box, with: Cell())
        writer.border(box)
        writer.write(" \(state.reportTitle) ", column: box.column + 2, row: box.row, look: theme.accent)
        if lines.count > height {
            writer.writeRight(" \(first + 1)–\(min(first + height, lines.count)) of \(lines.count) ", before: right - 1, row: box.row, look: theme.dim)
        }
        writer.writeRight(" j k scroll, q closes ", before: right - 1, row: box.row + box.rows - 1, look: theme.dim)
        let width = keyWidth(box.columns - 2)
        for place in 0..<height where lines.indices.contains(first + place) {
            let line = lines[first + place], row = box.row + 1 + place
            writer.write(DisplayText.truncated(line.name, to: width - 1), column: box.column + 3, row: row, limit: right, look: theme.key)
            let start = box.column + 3 + width
            writer.write(DisplayText.truncated(line.text, to: right - start - 1), column: start, row: row, limit: right, look: theme.text)
        }
    }
}
