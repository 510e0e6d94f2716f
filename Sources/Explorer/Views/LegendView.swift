import Labels

/// Over the class list, in label views: which classes apply, their area, and how well they meet the truth.
enum LegendView {
    struct Row {
        let number: UInt8
        let name: String
        let share: Float?
        let overlap: Double?
    }

    /// Background, the classes that apply, unknown pixels; of a decoder's answer the classes in it.
    static func rows(_ state: ExplorerState) -> [Row] {
        let figures = state.figures
        let unknown = state.adjustments.view == .decoder ? [] : [LabelCompletion.ignored]
        return ([0] + classNumbers(state) + unknown).map { number in
            Row(
                number: number, name: state.labelSetup.name(of: number), share: figures?.shares[Int(number)],
                overlap: figures?.overlaps[number])
        }
    }

    /// The numbers of the classes that are listed.
    static func classNumbers(_ state: ExplorerState) -> [UInt8] {
        var numbers = state.applied.classes.compactMap { state.labelSetup.numbers[$0] }
        if state.adjustments.view == .decoder, state.adjustments.scope == .all, let figures = state.figures {
            numbers += state.answerClasses.compactMap { state.labelSetup.numbers[$0] }.filter {
                !numbers.contains($0) && figures.shares[Int($0)] > 0
            }
        }
        return numbers
    }

    /// Rows wanted, the rule below included.
    static func height(_ state: ExplorerState) -> Int { rows(state).count + 1 + (state.labelSetup.hasTruth ? 1 : 0) }

    /// Who says which classes apply.
    static func sourceText(_ state: ExplorerState) -> String {
        if state.adjustments.view == .decoder, state.adjustments.scope == .all { return "decoder" }
        let source = state.applied.source
        return source == .predicted
            ? "predicted ≥\(Numbers.fixed(state.adjustments.predict, digits: 2))" : "labels \(source.rawValue)"
    }

    static func draw(_ state: ExplorerState, _ layout: Layout, _ writer: inout FrameWriter) {
        guard let rect = layout.legend, let rule = layout.ruleRow else { return }
        let theme = writer.theme
        let limit = rect.column + rect.columns
        writer.write(
            " " + DisplayText.truncated(sourceText(state), to: rect.columns - 4) + " ", column: rect.column + 1, row: rule,
            limit: limit, look: theme.accent)
        var rows = rows(state)
        let room = rect.rows - (state.labelSetup.hasTruth ? 1 : 0)
        // What does not fit is the last of the classes.
        while rows.count > max(room, 2) { rows.remove(at: rows.count - 2) }
        // The widest number of each column decides what is left for the names.
        let texts = rows.map { numbers(of: $0, state) }
        let widths = (texts.map { $0.share.count }.max() ?? 0, texts.map { $0.overlap.count }.max() ?? 0)
        for (line, row) in rows.prefix(rect.rows).enumerated() {
            draw(row, texts[line], widths, rect, row: rect.row + line, &writer)
        }
        guard state.labelSetup.hasTruth, room >= rows.count else { return }
        let mean = state.figures.map { $0.meanOverlap.map { Numbers.fixed(Float($0 * 100), digits: 1) } ?? "no truth" }
        writer.write("mean IoU", column: rect.column + 3, row: rect.row + rows.count, limit: limit, look: theme.dim)
        writer.writeRight(
            mean ?? "…", before: limit - 2, row: rect.row + rows.count, look: theme.title)
    }

    /// A row's area, and what it has in common with the truth; empty where that is not asked.
    private static func numbers(of row: Row, _ state: ExplorerState) -> (share: String, overlap: String) {
        let overlap = state.labelSetup.hasTruth && row.number != LabelCompletion.ignored
            ? row.overlap.map { Numbers.fixed(Float($0 * 100), digits: 1) } ?? (row.share == nil ? "…" : "–") : ""
        return (row.share.map(Numbers.percent) ?? "…", overlap)
    }

    private static func draw(
        _ row: Row, _ texts: (share: String, overlap: String), _ widths: (share: Int, overlap: Int), _ rect: CellRect, row y: Int,
        _ writer: inout FrameWriter
    ) {
        let theme = writer.theme
        var end = rect.column + rect.columns - 2
        if widths.overlap > 0 {
            writer.writeRight(texts.overlap, before: end, row: y, look: theme.title)
            end -= max(widths.overlap, 4) + 1
        }
        writer.writeRight(texts.share, before: end, row: y, look: theme.text)
        end -= widths.share + 1
        drawSwatch(row.number, column: rect.column + 1, row: y, &writer)
        let name = DisplayText.truncated(row.name, to: max(end - rect.column - 3, 1))
        let isFaint = row.number == 0 || row.number == LabelCompletion.ignored
        writer.write(name, column: rect.column + 3, row: y, limit: end, look: isFaint ? theme.dim : theme.text)
    }

    static func drawSwatch(_ number: UInt8, column: Int, row: Int, _ writer: inout FrameWriter) {
        if writer.theme.mono || number == 0 {
            writer.write(number == 0 ? "·" : number == LabelCompletion.ignored ? "/" : "■", column: column, row: row, look: writer.theme.dim)
        } else {
            let scalar: Unicode.Scalar = number == LabelCompletion.ignored ? "▨" : "■"
            let color = LabelView.color(number)
            writer.write(String(scalar), column: column, row: row, look: Cell(foreground: color, background: color.ground))
        }
    }
}
