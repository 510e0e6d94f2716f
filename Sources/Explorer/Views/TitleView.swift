/// The top line: the picture's facts on the left, the thresholds on the right, the active one marked.
enum TitleView {
    static func draw(_ state: ExplorerState, _ layout: Layout, _ writer: inout FrameWriter) {
        guard let row = layout.titleRow else { return }
        let theme = writer.theme
        var right = layout.columns - 1
        for threshold in shown(state, columns: layout.columns).reversed() {
            let active = threshold == state.activeThreshold
            right = writer.writeRight(
                threshold.text(in: state.adjustments), before: right, row: row, look: active ? theme.accent : theme.text)
            right = writer.writeRight(
                (active ? "▸" : " ") + threshold.shortTitle + " ", before: right, row: row,
                look: active ? theme.accent : theme.dim)
            right -= 2
        }
        let name = DisplayText.truncated(state.pictureName, to: max(right - 12, 8))
        var column = writer.write(name, column: 1, row: row, limit: right, look: theme.title)
        if let trace = state.record?.trace {
            // Whole facts or none.
            for fact in [
                "\(trace.originalWidth)×\(trace.originalHeight)", "\(trace.gridColumns)×\(trace.gridRows) patches",
                "input \(trace.inputWidth)×\(trace.inputHeight)", state.model.name,
            ] {
                let text = "  " + fact
                guard column + DisplayText.width(of: text) <= right else { break }
                column = writer.write(text, column: column, row: row, limit: right, look: theme.dim)
            }
        }
    }

    /// The thresholds there is room for; the active one always.
    private static func shown(_ state: ExplorerState, columns: Int) -> [Threshold] {
        func width(_ thresholds: [Threshold]) -> Int {
            thresholds.reduce(0) { $0 + $1.shortTitle.count + DisplayText.width(of: $1.text(in: state.adjustments)) + 4 }
        }
        var shown = state.thresholds
        // Those furthest from the active one go first.
        while shown.count > 1, width(shown) > columns * 11 / 16, let place = shown.firstIndex(of: state.activeThreshold) {
            if place > shown.count - 1 - place { shown.removeFirst() } else { shown.removeLast() }
        }
        return shown
    }
}
