/// The top line: the picture's facts on the left, every threshold on the right, the active one marked. Where room is short the
/// facts go first, then space, then words.
enum TitleView {
    /// How the thresholds are written.
    private struct Row {
        let thresholds: [Threshold]
        /// Blank columns before each; the last of them holds the mark of the active one.
        let gap: Int
        let isShort: Bool
        let width: Int

        init(_ thresholds: [Threshold], gap: Int, isShort: Bool, in adjustments: Adjustments) {
            self.thresholds = thresholds
            self.gap = gap
            self.isShort = isShort
            width = thresholds.reduce(0) {
                $0 + gap + $1.shortTitle.count + 1 + DisplayText.width(of: $1.text(in: adjustments, isShort: isShort))
            }
        }
    }

    static func draw(_ state: ExplorerState, _ layout: Layout, _ writer: inout FrameWriter) {
        guard let row = layout.titleRow else { return }
        let theme = writer.theme
        let thresholds = written(state, columns: layout.columns)
        let start = layout.columns - 1 - thresholds.width
        var x = start
        for threshold in thresholds.thresholds {
            let active = threshold == state.activeThreshold
            let text = threshold.text(in: state.adjustments, isShort: thresholds.isShort)
            x += thresholds.gap
            if active { writer.write("▸", column: x - 1, row: row, look: theme.accent) }
            x = writer.write(threshold.shortTitle + " ", column: x, row: row, look: active ? theme.accent : theme.dim)
            x = writer.write(text, column: x, row: row, look: active ? theme.accent : theme.text)
        }
        guard start > smallestName else { return }
        var column = writer.write(
            DisplayText.truncated(state.pictureName, to: start - 1), column: 1, row: row, limit: start, look: theme.title)
        if let trace = state.record?.trace {
            // Whole facts or none.
            for fact in [
                "\(trace.originalWidth)×\(trace.originalHeight)", "\(trace.gridColumns)×\(trace.gridRows) patches",
                "input \(trace.inputWidth)×\(trace.inputHeight)", state.modelTitle(state.modelIndex),
            ] {
                let text = "  " + fact
                guard column + DisplayText.width(of: text) <= start else { break }
                column = writer.write(text, column: column, row: row, limit: start, look: theme.dim)
            }
        }
    }

    /// The threshold under a column of the line.
    static func threshold(atColumn column: Int, _ state: ExplorerState, columns: Int) -> Threshold? {
        let row = written(state, columns: columns)
        var x = columns - 1 - row.width
        for threshold in row.thresholds {
            x += row.gap
            let width = threshold.shortTitle.count + 1 + DisplayText.width(of: threshold.text(in: state.adjustments, isShort: row.isShort))
            if (x - 1..<x + width).contains(column) { return threshold }
            x += width
        }
        return nil
    }

    /// Below this there is no name.
    private static let smallestName = 8

    /// Whether there is room for the picture's name.
    static func showsName(_ state: ExplorerState, columns: Int) -> Bool {
        columns - 1 - written(state, columns: columns).width > smallestName
    }

    /// The first way of writing them that fits; at last those furthest from the active one go.
    private static func written(_ state: ExplorerState, columns: Int) -> Row {
        let all = state.thresholds
        for (gap, isShort, name) in [(3, false, 16), (2, false, 0), (2, true, 0), (1, true, 0)] {
            let row = Row(all, gap: gap, isShort: isShort, in: state.adjustments)
            if row.width + name <= columns - 1 { return row }
        }
        var kept = all
        while kept.count > 1, let place = kept.firstIndex(of: state.activeThreshold) {
            if place > kept.count - 1 - place { kept.removeFirst() } else { kept.removeLast() }
            let row = Row(kept, gap: 1, isShort: true, in: state.adjustments)
            if row.width <= columns - 1 { return row }
        }
        return Row([state.activeThreshold], gap: 1, isShort: true, in: state.adjustments)
    }
}
