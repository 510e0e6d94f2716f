/// The help, made from the keymap table and the command table.
enum HelpView {
    /// A line of the help: keys (or a command), what they do, or a heading.
    struct Line: Equatable {
        var left = ""
        var right = ""
        var isHeading = false
    }

    /// The lines that are seen at once.
    static func capacity(in state: ExplorerState) -> Int {
        max(box(columns: state.columns, rows: state.rows).rows - 2, 1) * (state.report == nil ? textColumns(state.columns) : 1)
    }

    /// Wide screens show two columns of lines.
    private static func textColumns(_ columns: Int) -> Int { columns >= 136 ? 2 : 1 }

    private static func box(columns: Int, rows: Int) -> CellRect {
        let width = min(columns - 2, 76 * textColumns(columns)), height = min(rows - 2, 46)
        return CellRect(column: (columns - width) / 2, row: (rows - height) / 2, columns: width, rows: height)
    }

    static func lines(for state: ExplorerState) -> [Line] {
        if let report = state.report { return reportLines(report, width: box(columns: state.columns, rows: state.rows).columns) }
        var lines: [Line] = []
        for section in KeyBinding.Section.allCases {
            if !lines.isEmpty { lines.append(Line()) }
            lines.append(Line(left: section.rawValue, isHeading: true))
            for binding in KeyMap.bindings where binding.section == section {
                lines.append(Line(left: binding.keyNames, right: binding.description))
            }
        }
        lines += [Line(), Line(left: "Methods", isHeading: true)]
        lines += state.methods.map { Line(left: $0.identifier, right: $0.explanation) }
        lines += [Line(), Line(left: "Mouse", isHeading: true)]
        lines += [
            Line(left: "click", right: "probe a patch, choose a class or a layer"),
            Line(left: "right", right: "mark a class, leave the probe"),
            Line(left: "wheel", right: "zoom the picture, scroll the classes, step layers"),
        ]
        lines += [Line(), Line(left: "Commands", isHeading: true)]
        for command in Command.table {
            lines.append(Line(left: ":" + command.name, right: command.description))
            if !command.usage.isEmpty { lines.append(Line(left: "", right: "    " + command.usage)) }
        }
        return lines
    }

    /// A fact a line, broken where it is longer.
    private static func reportLines(_ report: [Fact], width: Int) -> [Line] {
        let room = max(width - 2 - (width - 2 >= 58 ? 16 : 12) - 4, 8)
        return report.flatMap { fact in
            DisplayText.wrapped(DisplayText.sanitized(fact.text), to: room).enumerated().map { Line(left: $0 == 0 ? fact.name : "", right: $1) }
        }
    }

    static func draw(_ state: ExplorerState, top: Int, _ layout: Layout, _ writer: inout FrameWriter) {
        let theme = writer.theme
        let box = box(columns: layout.columns, rows: layout.rows)
        let lines = lines(for: state)
        let height = max(box.rows - 2, 1), count = state.report == nil ? textColumns(layout.columns) : 1
        let first = min(max(top, 0), max(lines.count - height * count, 0))
        writer.fill(box, with: Cell())
        drawBorder(box, &writer)
        writer.write(state.report == nil ? " keys " : " \(state.reportTitle) ", column: box.column + 2, row: box.row, look: theme.accent)
        if lines.count > height * count {
            let seen = " \(first + 1)–\(min(first + height * count, lines.count)) of \(lines.count) "
            writer.writeRight(seen, before: box.column + box.columns - 2, row: box.row, look: theme.dim)
        }
        writer.writeRight(
            " j k scroll, q closes ", before: box.column + box.columns - 2, row: box.row + box.rows - 1, look: theme.dim)
        let width = (box.columns - 2) / count
        for place in 0..<height * count where lines.indices.contains(first + place) {
            let start = box.column + 1 + place / height * width
            let room = CellRect(column: start, row: box.row + 1 + place % height, columns: width, rows: 1)
            drawLine(lines[first + place], in: room, &writer)
        }
    }

    private static func drawLine(_ line: Line, in rect: CellRect, _ writer: inout FrameWriter) {
        let theme = writer.theme
        let limit = rect.column + rect.columns
        guard !line.isHeading else {
            writer.write(line.left, column: rect.column + 1, row: rect.row, limit: limit, look: theme.title)
            return
        }
        let keyWidth = rect.columns >= 58 ? 16 : 12
        writer.write(
            DisplayText.truncated(line.left, to: keyWidth - 1), column: rect.column + 2, row: rect.row, limit: limit,
            look: theme.key)
        let start = rect.column + 2 + keyWidth
        writer.write(
            DisplayText.truncated(line.right, to: limit - start - 1), column: start, row: rect.row, limit: limit,
            look: theme.text)
    }

    private static func drawBorder(_ box: CellRect, _ writer: inout FrameWriter) {
        let look = writer.theme.line
        let right = box.column + box.columns - 1, bottom = box.row + box.rows - 1
        for x in box.column...right {
            for y in [box.row, bottom] { writer.frame[x, y] = PaneView.with(look, "─") }
        }
        for y in box.row...bottom {
            for x in [box.column, right] { writer.frame[x, y] = PaneView.with(look, "│") }
        }
        writer.frame[box.column, box.row] = PaneView.with(look, "╭")
        writer.frame[right, box.row] = PaneView.with(look, "╮")
        writer.frame[box.column, bottom] = PaneView.with(look, "╰")
        writer.frame[right, bottom] = PaneView.with(look, "╯")
    }
}
