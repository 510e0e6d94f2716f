import Quality

/// How good the map is: its figures, the curve of deletion, with truth the overlap of all methods. Below the class list, or where
/// that leaves no room in a box in the upper right corner of the view's pane.
enum QualityView {
    /// What stands in a row.
    private enum Line {
        case figure(name: String, bars: String, value: String)
        case remark(String)
        case heading(String)
        /// A row of the chart, counted from its top, of so many.
        case chart(row: Int, of: Int)
        case axis
        case method(ExplorerState.MethodOverlap)
    }

    /// How it stands out from what is around it, or does not.
    private struct Looks {
        let text: Cell, dim: Cell, strong: Cell, amount: Cell

        static func box(_ theme: Theme) -> Looks { Looks(text: theme.bar, dim: theme.barDim, strong: theme.barStrong, amount: theme.bar) }
        static func foot(_ theme: Theme) -> Looks { Looks(text: theme.text, dim: theme.dim, strong: theme.accent, amount: theme.amount) }
    }

    /// Rows below the class list, which keeps five; 0 where too few are left.
    static func footRows(_ state: ExplorerState, of list: CellRect) -> Int {
        guard state.qualityShown, !state.showsGrid else { return 0 }
        let rows = min(list.rows - 5, wantedRows(state))
        return rows >= 5 ? rows : 0
    }

    /// Where it covers the picture; `nil` where it does not.
    static func box(_ state: ExplorerState, _ layout: Layout) -> CellRect? {
        guard state.qualityShown, layout.quality == nil, !state.showsGrid, let pane = layout.main(state)?.rect, pane.columns >= 28, pane.rows >= 6
        else { return nil }
        let columns = min(pane.columns - 4, 32), rows = min(wantedRows(state), pane.rows - 1)
        return CellRect(column: pane.column + pane.columns - columns - 1, row: pane.row, columns: columns, rows: rows)
    }

    /// With the line over it: as many whatever is known, so that nothing moves when it comes.
    private static func wantedRows(_ state: ExplorerState) -> Int {
        let hasTruth = state.labelSetup.hasTruth
        return 1 + (hasTruth ? 8 : 4) + 7 + (hasTruth ? 1 + state.methods.count(where: { $0.isMethod && !$0.takesManyPasses }) : 0)
    }

    static func draw(_ state: ExplorerState, _ layout: Layout, _ writer: inout FrameWriter) {
        if let rect = layout.quality {
            writer.rule(title(state), over: rect)
            return draw(state, rect, .foot(writer.theme), &writer)
        }
        guard let box = box(state, layout) else { return }
        let looks = Looks.box(writer.theme)
        writer.fill(box, with: looks.text)
        writer.write(DisplayText.truncated(" " + title(state), to: box.columns - 1), column: box.column, row: box.row, look: looks.strong)
        draw(state, box, looks, &writer)
    }

    private static func title(_ state: ExplorerState) -> String { "quality, \(state.layerLabel)" }

    private static func draw(_ state: ExplorerState, _ rect: CellRect, _ looks: Looks, _ writer: inout FrameWriter) {
        let limit = rect.column + rect.columns, mono = writer.theme.mono
        for (place, line) in lines(state, rect, mono: mono).enumerated() {
            let row = rect.row + 1 + place
            switch line {
            case .figure(let name, let bars, let value):
                let end = writer.writeRight(value, before: limit - 2, row: row, look: looks.text)
                let start = writer.write(name, column: rect.column + 1, row: row, limit: end - 1, look: looks.dim)
                writer.write(bars, column: max(end - 1 - DisplayText.width(of: bars), start + 1), row: row, limit: end - 1, look: looks.amount)
            case .remark(let text): writer.write(text, column: rect.column + 1, row: row, limit: limit - 1, look: looks.dim)
            case .heading(let text): writer.write(DisplayText.truncated(text, to: rect.columns - 3), column: rect.column + 1, row: row, look: looks.strong)
            case .chart(0, let rows):
                guard let curve = state.quality?.deletion else { break }
                let box = CellRect(column: rect.column + 1, row: row, columns: rect.columns - 3, rows: rows)
                BarChart.draw(sampled(curve, columns: box.columns), in: box, look: looks.amount, &writer)
            case .chart: break
            case .axis:
                writer.write("none out", column: rect.column + 1, row: row, limit: limit, look: looks.dim)
                writer.writeRight("all", before: limit - 2, row: row, look: looks.dim)
            case .method(let overlap):
                let isShown = overlap.method == state.adjustments.method, look = isShown ? looks.strong : looks.text
                let end = writer.writeRight(overlap.value.map(number) ?? "…", before: limit - 2, row: row, look: look)
                let width = max(min(rect.columns - 26, 10), 2), start = end - 1 - width
                let name = DisplayText.truncated(state.methods[overlap.method].identifier, to: max(start - 1 - rect.column - 1, 1))
                writer.write(name, column: rect.column + 1, row: row, limit: start, look: look)
                BarChart.drawAmount(Float(overlap.value ?? 0), column: start, row: row, width: width, look: looks.amount, &writer)
            }
        }
    }

    /// What a click on a row does: a method's shows it, others close all.
    static func action(row: Int, _ state: ExplorerState, _ rect: CellRect) -> Action? {
        let lines = lines(state, rect, mono: false), place = row - rect.row - 1
        if lines.indices.contains(place), case .method(let overlap) = lines[place] { return .setMethod(overlap.method) }
        return .toggleQuality
    }

    private static func lines(_ state: ExplorerState, _ rect: CellRect, mono: Bool) -> [Line] {
        let rows = rect.rows - 1
        func remark(_ text: String) -> [Line] { DisplayText.wrapped(text, to: rect.columns - 3).map(Line.remark) }
        if let obstacle = state.qualityObstacle { return Array(remark(obstacle).prefix(rows)) }
        guard let answer = state.quality else { return remark(state.qualityProgress ?? "…") }
        let methods = state.methodOverlaps
        var figures = figures(answer, columns: rect.columns, mono: mono)
        // Where rows are few, the methods go before what is told of the map alone.
        if !methods.isEmpty, rows < figures.count + 7 { figures = Array(figures.prefix(min(figures.count, max(rows - 5, 3)))) }
        var lines = figures + answer.remarks.flatMap(remark)
        var rest = rows - lines.count - (methods.isEmpty ? 0 : min(methods.count, 8) + 1)
        if let top = answer.deletion?.scores.max(), rest >= 4 {
            rest = min(rest, 7)
            lines.append(.heading("deletion, up to \(number(top))"))
            lines += (0..<rest - 2).map { .chart(row: $0, of: rest - 2) }
            lines.append(.axis)
        }
        guard !methods.isEmpty, rows > lines.count + 1 else { return Array(lines.prefix(rows)) }
        lines.append(.heading("best IoU of each method"))
        var seen = Array(methods.prefix(rows - lines.count))
        // The one shown is always there.
        if let own = methods.first(where: { $0.method == state.adjustments.method }), !seen.contains(own) { seen[seen.count - 1] = own }
        return lines + seen.map(Line.method)
    }

    private static func figures(_ answer: QualityAnswer, columns: Int, mono: Bool) -> [Line] {
        func name(_ text: String, _ preference: MetricPreference) -> String {
            switch preference {
            case .higher: text + (mono ? " (high)" : " ↑")
            case .lower: text + (mono ? " (low)" : " ↓")
            case .neither: text
            }
        }
        func game(_ title: String, _ curve: ScoreCurve?, _ preference: MetricPreference) -> [Line] {
            guard let curve else { return [] }
            let bars = Sparkline.text(sampled(curve, columns: max(min(columns - 20, 12), 4)).map { $0 }, mono: mono)
            return [.figure(name: name(title, preference), bars: bars, value: Numbers.fixed(Float(curve.area), digits: 3))]
        }
        var lines = game("deletion", answer.deletion, .lower) + game("insertion", answer.insertion, .higher)
        if let overlap = answer.overlap {
            lines.append(.figure(name: name("IoU, best at \(Numbers.fixed(Float(overlap.level), digits: 2))", .higher), bars: "", value: number(overlap.value)))
        }
        return lines + answer.figures.map { .figure(name: name($0.name, $0.preference), bars: "", value: number($0.value)) }
    }

    private static func number(_ value: Double) -> String { Numbers.fixed(Float(value), digits: 3) }

    /// A curve at as many shares as there are columns, as parts of its greatest score.
    private static func sampled(_ curve: ScoreCurve, columns: Int) -> [Float] {
        let top = curve.scores.max() ?? 0
        guard top > 0, columns > 1 else { return [] }
        return (0..<columns).map { column in
            let share = curve.shares[0] + (curve.shares[curve.shares.count - 1] - curve.shares[0]) * Double(column) / Double(columns - 1)
            let next = curve.shares.firstIndex { $0 >= share } ?? curve.shares.count - 1
            guard next > 0 else { return Float(curve.scores[0] / top) }
            let (a, b) = (curve.shares[next - 1], curve.shares[next]), part = b > a ? (share - a) / (b - a) : 0
            return Float((curve.scores[next - 1] + (curve.scores[next] - curve.scores[next - 1]) * part) / top)
        }
    }
}
