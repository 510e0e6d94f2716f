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
        for fact in facts(state, before: start) {
            writer.write(fact.text, column: fact.column, row: row, limit: start, look: fact.column == 1 ? theme.title : theme.dim)
        }
    }

    /// The picture's name and what is known of it, as far as there is room: whole facts or none. The last is the model.
    private static func facts(_ state: ExplorerState, before end: Int) -> [(text: String, column: Int, isModel: Bool)] {
        let name = DisplayText.truncated(state.pictureName, to: end - 1)
        var facts = [(text: name, column: 1, isModel: false)], column = 1 + DisplayText.width(of: name)
        guard let trace = state.record?.trace else { return facts }
        let known = [
            "\(trace.originalWidth)×\(trace.originalHeight)", "\(trace.gridColumns)×\(trace.gridRows) patches",
            "input \(trace.inputWidth)×\(trace.inputHeight)", state.modelTitle(state.modelIndex),
        ]
        for (place, text) in known.enumerated() {
            let width = DisplayText.width(of: text) + 2
            guard column + width <= end else { break }
            facts.append((text, column + 2, place == known.count - 1))
            column += width
        }
        return facts
    }

    /// Whether the model's name stands under a column of the line.
    static func isModel(atColumn column: Int, _ state: ExplorerState, columns: Int) -> Bool {
        let start = columns - 1 - written(state, columns: columns).width
        guard start > smallestName, let model = facts(state, before: start).last, model.isModel else { return false }
        return (model.column..<model.column + DisplayText.width(of: model.text)).contains(column)
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
