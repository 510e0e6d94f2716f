import Labels

/// In label views, in place of the color bar: the settings the label follows from; the active one stands out. Without room
/// for a class list, the areas go first.
enum LabelBarView {
    static func draw(_ state: ExplorerState, _ layout: Layout, _ writer: inout FrameWriter) {
        guard let rect = layout.colorBar else { return }
        let theme = writer.theme
        let limit = rect.column + rect.columns
        var x = rect.column + 1
        if layout.legend == nil {
            for row in LegendView.rows(state) {
                guard let share = row.share, share > 0 else { continue }
                let text = " \(DisplayText.truncated(row.name, to: 10)) \(Numbers.percent(share))  "
                guard x + 1 + DisplayText.width(of: text) <= limit else { return }
                LegendView.drawSwatch(row.number, column: x, row: rect.row, &writer)
                x = writer.write(text, column: x + 1, row: rect.row, limit: limit, look: theme.text)
            }
        }
        // The active one is always seen; the others as far as there is room.
        let active = state.activeThreshold
        let order = [active] + state.thresholds.filter { $0 != active && $0 != .opacity && $0 != .start }
        for threshold in order {
            let look = threshold == active ? theme.accent : theme.text
            let name = threshold.shortTitle + " ", value = threshold.text(in: state.adjustments)
            guard x + DisplayText.width(of: name + value) <= limit else { break }
            x = writer.write(name, column: x, row: rect.row, limit: limit, look: threshold == active ? theme.accent : theme.dim)
            x = writer.write(value, column: x, row: rect.row, limit: limit, look: look) + 2
        }
        let name = "preset " + state.adjustments.preset.name
        if x + DisplayText.width(of: name) <= limit { writer.write(name, column: x, row: rect.row, limit: limit, look: theme.dim) }
    }
}
