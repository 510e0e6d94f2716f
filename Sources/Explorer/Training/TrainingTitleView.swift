/// The top line: the run, how far it is, how fast, and how long it will take.
enum TrainingTitleView {
    static func draw(_ state: TrainingState, _ layout: TrainingLayout, _ writer: inout FrameWriter) {
        let theme = writer.theme, row = layout.titleRow
        let progress = "step \(state.step)/\(state.steps)"
        var right: [String] = []
        if let left = state.left { right.append(Numbers.duration(left) + " left") }
        if let rate = state.rate { right.insert(Numbers.compact(Float(rate)) + " pictures a second", at: 0) }
        // Where room is short the speed goes first, then the name.
        if layout.columns < 64, right.count > 1 { right.removeFirst() }
        let end = writer.writeRight(right.joined(separator: "  "), before: layout.columns - 1, row: row, look: theme.text) - 2
        let name = DisplayText.truncated(state.run, to: max(min(end - DisplayText.width(of: progress) - 4, 40), 0))
        var x = writer.write(name, column: 1, row: row, look: theme.title)
        if x > 1 { x += 2 }
        x = writer.write(progress, column: max(x, 1), row: row, limit: end, look: theme.accent) + 2
        let width = min(end - x, 20)
        if width >= 6 {
            let share = Float(state.step) / Float(state.steps)
            BarChart.drawAmount(share, column: x, row: row, width: width, look: theme.amount, &writer)
            x += width + 2
        }
        let recipe = "recipe \(state.recipe)"
        if end - x >= DisplayText.width(of: recipe) { writer.write(recipe, column: x, row: row, limit: end, look: theme.dim) }
    }
}
