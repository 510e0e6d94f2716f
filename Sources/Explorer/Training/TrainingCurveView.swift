/// The loss by step, and beside it its parts and what else is followed, a line each.
enum TrainingCurveView {
    static func draw(_ state: TrainingState, _ layout: TrainingLayout, _ writer: inout FrameWriter) {
        let theme = writer.theme, loss = state.curves.first
        let edge = layout.figures.column - 1
        for x in 0..<layout.columns { writer.write(x == edge ? "┬" : "─", column: x, row: layout.chartRuleRow, look: theme.line) }
        for row in 0..<layout.chart.rows { writer.write("│", column: edge, row: layout.chart.row + row, look: theme.line) }
        let value = loss?.latest.map { " " + Numbers.compact(Float($0)) } ?? ""
        writer.write(" loss\(value) ", column: 1, row: layout.chartRuleRow, limit: edge, look: theme.accent)
        writer.write(" parts ", column: edge + 2, row: layout.chartRuleRow, limit: layout.columns, look: theme.dim)
        let points = loss?.sampled(columns: layout.chart.columns - 1) ?? []
        if let top = points.compactMap(\.self).max(), top > 0 {
            if edge >= 36 { writer.writeRight(" from 0 to \(Numbers.compact(top)) ", before: edge, row: layout.chartRuleRow, look: theme.dim) }
            var box = layout.chart
            (box.column, box.columns) = (box.column + 1, box.columns - 1)
            BarChart.draw(points.map { max(($0 ?? 0) / top, 0) }, in: box, look: theme.amount, &writer)
        } else {
            writer.writeCentered("no step yet", in: layout.chart, row: layout.chart.row + layout.chart.rows / 2, look: theme.dim)
        }
        drawFigures(state, layout.figures, &writer)
    }

    private static func drawFigures(_ state: TrainingState, _ rect: CellRect, _ writer: inout FrameWriter) {
        let theme = writer.theme, limit = rect.column + rect.columns
        let curves = Array(state.curves.dropFirst())
        let wanted = curves.map { DisplayText.width(of: $0.name) }.max() ?? 0
        let names = min(wanted, max(rect.columns - 22, 8)), bars = min(rect.columns - names - 12, 36)
        for (place, curve) in curves.prefix(rect.rows).enumerated() {
            let row = rect.row + place
            writer.write(DisplayText.truncated(curve.name, to: names), column: rect.column + 1, row: row, look: theme.dim)
            let value = curve.latest.map { Numbers.compact(Float($0)) } ?? "–"
            let end = writer.writeRight(value, before: limit - 1, row: row, look: theme.text)
            guard bars >= 4 else { continue }
            let line = Sparkline.text(curve.sampled(columns: bars), mono: theme.mono)
            writer.write(line, column: rect.column + names + 2, row: row, limit: end - 1, look: theme.amount)
        }
    }
}
