/// The classes, ranked: mark, name, bar, probability.
enum ClassListView {
    static func draw(_ state: ExplorerState, _ layout: Layout, _ writer: inout FrameWriter) {
        guard let rect = layout.classes, let rule = layout.classRuleRow else { return }
        let theme = writer.theme
        let limit = rect.column + rect.columns
        if layout.legend != nil {
            for x in rect.column..<limit { writer.write("─", column: x, row: rule, look: theme.line) }
            writer.write("├", column: rect.column - 1, row: rule, look: theme.line)
        }
        let total = state.record?.ranking.count ?? 0
        var title = state.filter.isEmpty ? "classes" : "“\(state.filter)” \(state.listed.count) of \(total)"
        if state.filter.isEmpty, total > 0 { title += " \(total)" }
        if let order = state.classOrderTitle { title += " " + order }
        if state.perturbation != nil { title = "all · without · alone" }
        if !state.ablations.isEmpty, state.perturbation == nil { title += " · heads off" }
        writer.write(
            " " + DisplayText.truncated(title, to: rect.columns - 4) + " ", column: rect.column + 1, row: rule,
            limit: limit, look: state.filter.isEmpty ? theme.dim : theme.accent)
        if !state.marks.isEmpty {
            let below = state.listed.dropFirst(state.listTop + rect.rows).count(where: state.marks.contains)
            let short = " ●\(state.marks.count) ", long = " ●\(state.marks.count), \(below) below "
            for text in below > 0 ? [long, short] : [short]
            where DisplayText.width(of: title) + DisplayText.width(of: text) + 5 <= rect.columns {
                writer.writeRight(text, before: limit - 1, row: rule, look: theme.mark)
                break
            }
        }
        guard state.model.hasClasses else { return drawHeadless(rect, &writer) }
        guard let record = state.record else { return }
        let barWidth = rect.columns >= 32 ? 8 : rect.columns >= 26 ? 4 : 0
        for line in 0..<rect.rows {
            let place = state.listTop + line
            guard state.listed.indices.contains(place) else { break }
            drawRow(state, record, classIndex: state.listed[place], rect, row: rect.row + line, barWidth, &writer)
        }
        drawScroll(state, rect, &writer)
    }

    /// Why the list is empty, and what helps.
    private static func drawHeadless(_ rect: CellRect, _ writer: inout FrameWriter) {
        let lines = DisplayText.wrapped("none: " + ModelSummary.headless, to: rect.columns - 2)
        for (line, text) in lines.prefix(rect.rows).enumerated() {
            writer.write(
                text, column: rect.column + 1, row: rect.row + line, limit: rect.column + rect.columns, look: writer.theme.dim)
        }
    }

    private static func drawRow(
        _ state: ExplorerState, _ record: PictureRecord, classIndex: Int, _ rect: CellRect, row: Int, _ barWidth: Int,
        _ writer: inout FrameWriter
    ) {
        let theme = writer.theme
        let isSelected = classIndex == state.selectedClass, isMarked = state.marks.contains(classIndex)
        let limit = rect.column + rect.columns
        if isSelected {
            writer.fill(CellRect(column: rect.column, row: row, columns: rect.columns, rows: 1), with: theme.selected)
        }
        let text = isSelected ? theme.selected : theme.text
        if isMarked {
            writer.write(
                "●", column: rect.column + 1, row: row, limit: limit,
                look: isSelected ? theme.selectedMark : theme.mark)
        }
        let probability = state.shownProbabilities[classIndex]
        let end = limit - 2
        var nameLimit = end - 6
        if let perturbation = state.perturbation {
            // With the region, without it, of it alone.
            let columns = [probability, perturbation.removed.probabilities[classIndex], perturbation.kept.probabilities[classIndex]]
            for (place, value) in columns.enumerated() {
                writer.writeRight(Numbers.percent(value), before: end - 6 * (columns.count - 1 - place), row: row, look: text)
            }
            nameLimit -= 12
        } else {
            writer.writeRight(Numbers.percent(probability), before: end, row: row, look: text)
        }
        if barWidth > 0, state.perturbation == nil {
            nameLimit -= barWidth + 1
            BarChart.drawAmount(
                probability, column: nameLimit + 1, row: row, width: barWidth,
                look: isSelected ? theme.selectedAmount : theme.amount, &writer)
        }
        let name = DisplayText.truncated(state.model.className(classIndex), to: max(nameLimit - rect.column - 3, 1))
        writer.write(name, column: rect.column + 3, row: row, limit: nameLimit, look: text)
    }

    /// A thumb at the right edge where not all classes are seen.
    private static func drawScroll(_ state: ExplorerState, _ rect: CellRect, _ writer: inout FrameWriter) {
        let count = state.listed.count
        guard count > rect.rows, rect.rows > 2 else { return }
        let size = max(rect.rows * rect.rows / count, 1)
        let top = state.listTop * (rect.rows - size) / max(count - rect.rows, 1)
        for line in 0..<rect.rows {
            let inside = line >= top && line < top + size
            writer.write(
                inside ? "┃" : "│", column: rect.column + rect.columns - 1, row: rect.row + line,
                look: inside ? writer.theme.dim : writer.theme.line)
        }
    }
}
