import Labels

/// In the filmstrip's place: a row a number of the preset that is swept, with the figure at each value; of one alone the values themselves.
enum SweepView {
    /// Rows with the line over it and the verdict below: of many numbers as many as have room.
    static func height(_ state: ExplorerState, rows: Int) -> Int {
        let wanted = state.bench?.sweep?.rows.count ?? 0
        return 2 + min(max(wanted == 1 ? 2 : wanted, 1), max(rows / 3 - 2, 2))
    }

    /// The first row seen, that the one chosen is among them.
    private static func first(_ state: ExplorerState, _ count: Int, _ rect: CellRect) -> Int {
        let room = rect.rows - 2
        return min(max((state.chosenRow ?? 0) - room + 1, 0), max(count - room, 0))
    }

    /// What a click on a row of the screen does: the row is chosen, or the chosen one's best value is taken.
    static func action(atRow row: Int, _ state: ExplorerState, _ rect: CellRect) -> Action? {
        guard let rows = state.sweptRows, rows.count > 1 else { return row == rect.row ? nil : .sweep(.take(nil)) }
        let place = row - rect.row - 1
        guard place >= 0, place < rect.rows - 2 else { return nil }
        let index = first(state, rows.count, rect) + place
        guard rows.indices.contains(index) else { return nil }
        return index == state.chosenRow ? .sweep(.take(nil)) : .sweep(.choose(index))
    }

    static func draw(_ state: ExplorerState, _ layout: Layout, _ writer: inout FrameWriter) {
        guard let rect = layout.sweep, let bench = state.bench, let rows = state.sweptRows else { return }
        let theme = writer.theme
        for x in rect.column..<rect.column + rect.columns { writer.write("─", column: x, row: rect.row, look: theme.line) }
        let name = rows.count == 1 ? rows[0].knob : "\(rows.count) numbers"
        writer.write(" sweep \(name) · \(bench.title) ", column: rect.column + 1, row: rect.row, look: theme.accent)
        let now = " \(bench.figureName) now \(state.benchFigure ?? "–") " + (bench.isBusy ? "· \(bench.asked.count) to go " : "")
        writer.writeRight(now, before: rect.column + rect.columns - 1, row: rect.row, look: theme.dim)
        if rows.count == 1 {
            drawValues(rows[0], rect, &writer)
        } else {
            let first = first(state, rows.count, rect)
            for place in 0..<min(rect.rows - 2, rows.count - first) {
                draw(rows[first + place], isChosen: first + place == state.chosenRow, rows, rect, row: rect.row + 1 + place, &writer)
            }
        }
        let verdict = state.sweepVerdict ?? "…"
        writer.write(DisplayText.truncated(verdict, to: rect.columns - 2), column: rect.column + 1, row: rect.row + rect.rows - 1, look: theme.dim)
    }

    /// A number: its name, a bar a value, what is best.
    private static func draw(
        _ row: ExplorerState.SweptRow, isChosen: Bool, _ rows: [ExplorerState.SweptRow], _ rect: CellRect, row y: Int, _ writer: inout FrameWriter
    ) {
        let theme = writer.theme, limit = rect.column + rect.columns - 1
        let nameWidth = min(rows.map { DisplayText.width(of: $0.knob) }.max() ?? 0, 22)
        let barWidth = min(rows.map(\.values.count).max() ?? 0, 24)
        if isChosen { writer.write(theme.mono ? ">" : "▸", column: rect.column, row: y, look: theme.accent) }
        let name = DisplayText.truncated(row.knob, to: nameWidth)
        writer.write(name, column: rect.column + 1, row: y, limit: limit, look: isChosen ? theme.accent : theme.text)
        let start = rect.column + 2 + nameWidth
        writer.write(bars(row, mono: theme.mono), column: start, row: y, limit: start + barWidth, look: theme.amount)
        let text = DisplayText.truncated(row.text, to: max(limit - start - barWidth - 1, 1))
        writer.write(text, column: start + barWidth + 1, row: y, limit: limit, look: row.isFlat || row.gain <= 0 ? theme.dim : theme.title)
    }

    /// From the worst to the best; where all are alike, half as high.
    private static func bars(_ row: ExplorerState.SweptRow, mono: Bool) -> String {
        let known = row.figures.compactMap(\.self)
        guard let low = known.min(), let high = known.max() else { return Sparkline.text(row.figures.map { _ in nil }, mono: mono) }
        let span = max(high - low, 2 * SweepSummary.flatness), foot = (1 - (high - low) / span) / 2
        return Sparkline.text(row.figures.map { $0.map { Float(foot + ($0 - low) / span) } }, from: 0, to: 1, mono: mono)
    }

    /// Each value with its figure, the best marked; over two rows.
    private static func drawValues(_ row: ExplorerState.SweptRow, _ rect: CellRect, _ writer: inout FrameWriter) {
        let theme = writer.theme, limit = rect.column + rect.columns - 1
        let bars = Array(bars(row, mono: theme.mono))
        var x = rect.column + 1, y = rect.row + 1
        for (place, value) in row.values.enumerated() {
            let figure = row.figures[place].map(ExplorerState.points) ?? "…"
            let text = "\(value.value.text) \(bars[place])\(figure)", width = DisplayText.width(of: text)
            if x + width > limit {
                (x, y) = (rect.column + 1, y + 1)
                guard y < rect.row + rect.rows - 1 else { return }
            }
            let isBest = place == row.best && !row.isFlat
            x = writer.write(text, column: x, row: y, limit: limit, look: isBest ? theme.accent : theme.text)
            if isBest { x = writer.write(theme.mono ? "<" : "◂", column: x, row: y, limit: limit, look: theme.accent) }
            x += 2
        }
    }
}

extension ExplorerState {
    /// Whether a sweep is on the screen, and keys act on it.
    var showsSweep: Bool { bench?.sweep != nil && !showsGrid }

    /// What the preset reaches over the sample, in words and in fewer; none without a sample.
    var benchTexts: [String] {
        guard let bench, let figure = benchFigure else { return [] }
        return ["\(bench.title) \(figure)", figure]
    }
}
