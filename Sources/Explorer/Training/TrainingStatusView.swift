/// The last two lines: what is asked, a message or the keys; then the layer, what the run is at, and what watching it costs.
enum TrainingStatusView {
    static func draw(_ state: TrainingState, _ layout: TrainingLayout, _ writer: inout FrameWriter) {
        let theme = writer.theme
        if state.asksToStop {
            let text = "Stop after this step? The state is saved; --resume goes on.  "
            let x = writer.write(text, column: 1, row: layout.hintRow, look: theme.warning)
            drawKeys(isAsking: true, from: x, layout, &writer)
        } else if let message = state.message {
            let look = message.tone == .plain ? theme.text : message.tone == .warning ? theme.warning : theme.failure
            writer.write(DisplayText.truncated(message.text, to: layout.columns - 2), column: 1, row: layout.hintRow, look: look)
        } else {
            drawKeys(isAsking: false, from: 1, layout, &writer)
        }
        writer.fill(CellRect(column: 0, row: layout.statusRow, columns: layout.columns, rows: 1), with: theme.bar)
        let x = writer.write(state.layerLabel, column: 1, row: layout.statusRow, look: theme.barStrong) + 2
        let isWaiting = state.phase == .paused || state.isStopping
        let end = writer.write(state.phaseText, column: x, row: layout.statusRow, look: isWaiting ? theme.barMark : theme.bar) + 2
        if let cost = state.cost?.text, layout.columns - 1 - DisplayText.width(of: cost) > end {
            writer.writeRight(cost, before: layout.columns - 1, row: layout.statusRow, look: theme.barDim)
        }
    }

    /// As many keys as fit.
    private static func drawKeys(isAsking: Bool, from column: Int, _ layout: TrainingLayout, _ writer: inout FrameWriter) {
        var x = column
        for hint in TrainingKeyMap.hints(isAsking: isAsking) {
            guard x + DisplayText.width(of: hint.keys + hint.word) + 1 < layout.columns else { return }
            x = writer.write(hint.keys + " ", column: x, row: layout.hintRow, look: writer.theme.key)
            x = writer.write(hint.word, column: x, row: layout.hintRow, look: writer.theme.dim) + 2
        }
    }
}
