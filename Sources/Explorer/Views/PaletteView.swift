/// The list of keys and commands over the screen: a line to type in, the rows that fit, and what the chosen one needs.
enum PaletteView {
    private static func box(columns: Int, rows: Int) -> CellRect {
        // The line of messages stays in sight.
        let width = min(columns - 2, 100), height = min(rows - 3, 46)
        return CellRect(column: (columns - width) / 2, row: (rows - 2 - height) / 2, columns: width, rows: height)
    }

    /// The rows of the list that are seen.
    static func listRows(columns: Int, rows: Int) -> Int { max(box(columns: columns, rows: rows).rows - 4, 1) }

    /// The row of the list at a cell of the screen, the first seen being 0.
    static func place(column: Int, row: Int, columns: Int, rows: Int) -> Int? {
        let box = box(columns: columns, rows: rows), place = row - box.row - 2
        return box.contains(column: column, row: row) && (0..<listRows(columns: columns, rows: rows)).contains(place) ? place : nil
    }

    static func draw(_ state: ExplorerState, _ palette: CommandPalette, _ layout: Layout, _ writer: inout FrameWriter) {
        let theme = writer.theme, box = box(columns: layout.columns, rows: layout.rows)
        let rows = PaletteRow.rows(state, for: palette.prompt.string), right = box.column + box.columns - 1
        writer.fill(box, with: Cell())
        writer.border(box)
        writer.write(" keys and commands ", column: box.column + 2, row: box.row, look: theme.accent)
        let count = rows.count { !$0.isHeading }
        writer.writeRight(" \(count) ", before: right - 1, row: box.row, look: theme.dim)
        let hint = box.columns >= 60 ? " type to find, Enter runs, Tab takes it to the line, Esc leaves " : " Enter runs, Esc leaves "
        writer.writeRight(hint, before: right - 1, row: box.row + box.rows - 1, look: theme.dim)

        let start = writer.write("› ", column: box.column + 2, row: box.row + 1, look: theme.key)
        let text = palette.prompt.string
        let x = writer.write(text, column: start, row: box.row + 1, limit: right - 1, look: theme.text)
        let cursor = start + DisplayText.width(of: String(palette.prompt.text[..<palette.prompt.cursor]))
        writer.frame.cursor = (min(cursor, right - 1), box.row + 1)
        if text.isEmpty { writer.write("what do you want to do?", column: x + 1, row: box.row + 1, limit: right, look: theme.dim) }

        let height = listRows(columns: layout.columns, rows: layout.rows)
        for place in 0..<height where rows.indices.contains(palette.top + place) {
            let index = palette.top + place
            let rect = CellRect(column: box.column + 1, row: box.row + 2 + place, columns: box.columns - 2, rows: 1)
            draw(rows[index], isChosen: index == palette.chosen, state, rect, &writer)
        }
        if rows.isEmpty { writer.write("nothing fits", column: box.column + 3, row: box.row + 2, limit: right, look: theme.warning) }
        let row = box.row + box.rows - 2
        guard rows.indices.contains(palette.chosen) else { return }
        let (detail, isReason) = detail(of: rows[palette.chosen], state)
        let room = box.columns - 4
        let look = isReason ? theme.warning : theme.dim
        writer.write(DisplayText.truncated(detail, to: room), column: box.column + 2, row: row, limit: right, look: look)
    }

    /// What is to be known of the chosen row, and whether it is why it does nothing now.
    private static func detail(of row: PaletteRow, _ state: ExplorerState) -> (String, isReason: Bool) {
        switch row.use {
        case .run(let action):
            if let reason = state.refusal(of: action) { return ("not now: " + reason, true) }
            return (row.command.isEmpty ? "" : ":" + row.command, false)
        case .type: return (":\(row.command) \(row.usage)", false)
        case .elsewhere(let place): return (place, false)
        case .heading: return ("", false)
        }
    }

    private static func draw(_ row: PaletteRow, isChosen: Bool, _ state: ExplorerState, _ rect: CellRect, _ writer: inout FrameWriter) {
        let theme = writer.theme, limit = rect.column + rect.columns
        guard !row.isHeading else {
            writer.write(row.left, column: rect.column + 1, row: rect.row, limit: limit, look: theme.title)
            return
        }
        var isPossible = true
        if case .run(let action) = row.use { isPossible = state.refusal(of: action) == nil }
        if case .elsewhere = row.use { isPossible = false }
        if isChosen { writer.fill(rect, with: theme.selected) }
        let keyWidth = rect.columns >= 58 ? 18 : 12
        let keyLook = isChosen ? theme.selected : isPossible ? theme.key : theme.dim
        let look = isChosen ? theme.selected : isPossible ? theme.text : theme.dim
        if isChosen, theme.mono { writer.write(">", column: rect.column, row: rect.row, look: theme.selected) }
        writer.write(DisplayText.truncated(row.left, to: keyWidth - 1), column: rect.column + 2, row: rect.row, limit: limit, look: keyLook)
        let start = rect.column + 2 + keyWidth
        let text = DisplayText.truncated(row.description, to: limit - start - 1)
        let end = writer.write(text, column: start, row: rect.row, limit: limit, look: look)
        let command = row.left.hasPrefix(":") || row.command.isEmpty ? "" : ":" + row.command
        guard end + 2 + command.count < limit else { return }
        writer.writeRight(command, before: limit - 1, row: rect.row, look: isChosen ? theme.selected : theme.dim)
    }
}
