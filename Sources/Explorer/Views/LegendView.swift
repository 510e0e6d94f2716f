import Labels

/// Over the class list, in label views: which classes apply, their area, and how well they meet the truth.
enum LegendView {
    struct Row {
        let number: UInt8
        let name: String
        let share: Float?
        let overlap: Double?
        /// Why the label does not have it.
        var absence: String?
    }

    /// Background, the classes that apply, unknown pixels; of a decoder's answer the classes in it. Classes that apply and have
    /// no number come last, with what they lack.
    static func rows(_ state: ExplorerState) -> [Row] {
        let figures = state.figures
        let isDecoder = state.adjustments.view == .decoder
        var rows = ([0] + classNumbers(state)).map { number in
            let share = figures?.shares[Int(number)]
            let isAbsent = share == 0 && number != 0
            return Row(
                number: number, name: state.labelSetup.name(of: number), share: share, overlap: figures?.overlaps[number],
                absence: isAbsent ? (isDecoder ? "not found" : absence(of: number, state)) : nil)
        }
        rows += unnumbered(state).map { Row(number: 0, name: $0, share: 0, overlap: nil, absence: "no number") }
        guard !isDecoder else { return rows }
        let unknown = LabelCompletion.ignored
        rows.append(
            Row(number: unknown, name: state.labelSetup.name(of: unknown), share: figures?.shares[Int(unknown)], overlap: nil))
        return rows
    }

    /// Why a class that applies covers nothing: its own map is nowhere above the background, or another's is above it there.
    private static func absence(of number: UInt8, _ state: ExplorerState) -> String? {
        guard let prepared = state.shownLabels?.prepared,
            let position = prepared.request.numbers.firstIndex(of: number).flatMap({ place in
                prepared.maps.classes.firstIndex(of: prepared.request.classes[place])
            })
        else { return "no map" }
        guard let peak = prepared.maps.plane(position).max(), peak > 0 else { return "empty map" }
        if case .power = state.preset.completion.background { return "weaker" }
        return peak < (state.shownLabels?.completion ?? state.preset.completion).highestBackground ? "below bg" : "weaker"
    }

    /// The classes that apply and that label maps have no number for.
    private static func unnumbered(_ state: ExplorerState) -> [String] {
        let named = state.adjustments.marks[state.picture].map { $0.sorted() } ?? state.namedClasses ?? []
        return named.filter { !state.labelSetup.has($0) }.map(state.model.className)
    }

    /// The numbers of the classes that are listed.
    static func classNumbers(_ state: ExplorerState) -> [UInt8] {
        if let shares = state.shownFile?.figures.shares {
            return (1..<LabelCompletion.ignored).filter { shares[Int($0)] > 0 }
        }
        var numbers = state.applied.classes.compactMap { state.labelSetup.numbers[$0] }
        if state.adjustments.view != .decoder {
            numbers += state.strokesHere.classNames.compactMap(state.labelNumber).filter { !numbers.contains($0) }.sorted()
        }
        if state.adjustments.view == .decoder, state.adjustments.scope == .all, let figures = state.figures {
            numbers += state.answerClasses.compactMap { state.labelSetup.numbers[$0] }.filter {
                !numbers.contains($0) && figures.shares[Int($0)] > 0
            }
        }
        return numbers
    }

    /// Rows wanted, the header and the rule below included.
    static func height(_ state: ExplorerState) -> Int {
        let isDecoder = state.adjustments.view == .decoder
        let rows = 1 + classNumbers(state).count + unnumbered(state).count + (isDecoder ? 0 : 1)
        return rows + 2 + footerRows(state)
    }

    /// Who says which classes apply.
    static func sourceText(_ state: ExplorerState) -> String {
        if state.adjustments.view == .decoder, state.adjustments.scope == .all { return "decoder" }
        if state.shownFile != nil { return "label as written" }
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
        let hasTruth = state.labelSetup.hasTruth
        let hasHeader = hasHeader(rect)
        let room = room(state, rect)
        let rows = fittingRows(state, rect)
        // The widest number of each column decides what is left for the names.
        let texts = rows.map { numbers(of: $0, state) }
        var widths = Widths(share: texts.map { $0.share.count }.max() ?? 0, overlap: texts.map { $0.overlap.count }.max() ?? 0)
        let top = rect.row + (hasHeader ? 1 : 0)
        if hasHeader {
            let least = isError(state) ? (6, 5) : (4, 3)
            (widths.share, widths.overlap) = (max(widths.share, least.0), hasTruth ? max(widths.overlap, least.1) : 0)
            let end = limit - margin(rect)
            let isError = isError(state)
            if hasTruth { writer.writeRight(isError ? "extra" : "IoU", before: end, row: rect.row, look: theme.dim) }
            writer.writeRight(isError ? "missed" : "area", before: end - (hasTruth ? widths.overlap + 1 : 0), row: rect.row, look: theme.dim)
        }
        let letters = LabelView.letters(state)
        for (line, row) in rows.prefix(max(rect.rows - (top - rect.row), 0)).enumerated() {
            drawSwatch(row.number, letters, state, column: rect.column + 1, row: top + line, &writer)
            draw(row, texts[line], widths, rect, row: top + line, &writer)
        }
        guard room >= rows.count else { return }
        var footer = top + rows.count
        if hasTruth {
            let mean = state.figures.map { $0.meanOverlap.map { Numbers.fixed(Float($0 * 100), digits: 1) } ?? "no truth" }
            writer.write("mean IoU", column: rect.column + 3, row: footer, limit: limit, look: theme.dim)
            writer.writeRight(mean ?? "…", before: limit - margin(rect), row: footer, look: theme.title)
            footer += 1
        }
        if let bench = state.bench, let figure = state.benchFigure {
            let start = writer.writeRight(figure, before: limit - margin(rect), row: footer, look: theme.title)
            writer.write(DisplayText.truncated(bench.title, to: max(start - rect.column - 4, 1)), column: rect.column + 3, row: footer, look: theme.dim)
        }
    }

    /// Rows of means: of the picture, and of the sample.
    private static func footerRows(_ state: ExplorerState) -> Int { (state.labelSetup.hasTruth ? 1 : 0) + (state.bench == nil ? 0 : 1) }

    /// The header gives way to a class.
    private static func hasHeader(_ rect: CellRect) -> Bool { rect.rows > 3 }
    private static func room(_ state: ExplorerState, _ rect: CellRect) -> Int {
        rect.rows - footerRows(state) - (hasHeader(rect) ? 1 : 0)
    }

    /// Those that have room: what does not is the last of the classes.
    private static func fittingRows(_ state: ExplorerState, _ rect: CellRect) -> [Row] {
        var rows = rows(state)
        let room = room(state, rect)
        while rows.count > max(room, 2) { rows.remove(at: rows.count - 2) }
        return rows
    }

    /// The class of the model in a row of the screen.
    static func classIndex(atRow row: Int, _ state: ExplorerState, _ rect: CellRect) -> Int? {
        let rows = fittingRows(state, rect), place = row - rect.row - (hasHeader(rect) ? 1 : 0)
        guard rows.indices.contains(place), rows[place].number != 0 else { return nil }
        return state.model.classNames.indices.first { state.labelSetup.has($0) && state.labelSetup.numbers[$0] == rows[place].number }
    }

    /// Whether the errors of each class stand in the place of its area: of the truth's pixels those missed, of the label's those too many.
    private static func isError(_ state: ExplorerState) -> Bool { state.truthLook == .error && state.labelSetup.hasTruth }

    /// Blank columns at the right: a narrow list needs them for the names.
    private static func margin(_ rect: CellRect) -> Int { rect.columns < 28 ? 1 : 2 }

    /// Columns of the two numbers.
    private struct Widths {
        var share: Int
        var overlap: Int
    }

    /// A row's area, and what it has in common with the truth; empty where that is not asked.
    private static func numbers(of row: Row, _ state: ExplorerState) -> (share: String, overlap: String) {
        if isError(state), row.number != LabelCompletion.ignored, row.absence != "no number" {
            func text(_ share: Double?) -> String { share.map { Numbers.percent(Float($0)) } ?? "–" }
            return (text(state.figures?.missed[row.number]), text(state.figures?.excess[row.number]))
        }
        let overlap = state.labelSetup.hasTruth && row.number != LabelCompletion.ignored
            ? row.overlap.map { Numbers.fixed(Float($0 * 100), digits: 1) } ?? (row.share == nil ? "…" : "–") : ""
        return (row.absence == nil ? row.share.map(Numbers.percent) ?? "…" : "0%", overlap)
    }

    private static func draw(
        _ row: Row, _ texts: (share: String, overlap: String), _ widths: Widths, _ rect: CellRect, row y: Int,
        _ writer: inout FrameWriter
    ) {
        let theme = writer.theme
        var end = rect.column + rect.columns - margin(rect)
        if widths.overlap > 0 {
            writer.writeRight(texts.overlap, before: end, row: y, look: theme.title)
            end -= widths.overlap + 1
        }
        writer.writeRight(texts.share, before: end, row: y, look: theme.text)
        end -= widths.share + 1
        let room = max(end - rect.column - 3, 1)
        let isFaint = row.number == 0 || row.number == LabelCompletion.ignored
        var name = row.name
        // The reason stands after as much of the name as tells it from others.
        if let absence = row.absence, room >= absence.count + 5 {
            name = DisplayText.truncated(name, to: room - absence.count - 1)
            writer.writeRight(absence, before: end, row: y, look: theme.warning)
        } else {
            name = DisplayText.truncated(name, to: room)
        }
        writer.write(name, column: rect.column + 3, row: y, limit: end, look: isFaint ? theme.dim : theme.text)
    }

    static func drawSwatch(
        _ number: UInt8, _ letters: [UInt8: Unicode.Scalar], _ state: ExplorerState, column: Int, row: Int,
        _ writer: inout FrameWriter
    ) {
        if writer.theme.mono || number == 0 {
            let scalar = number == 0 ? "·" : number == LabelCompletion.ignored ? "/" : FewColors.letter(number, letters)
            writer.write(String(scalar), column: column, row: row, look: number == 0 ? writer.theme.dim : writer.theme.title)
        } else {
            let scalar: Unicode.Scalar = number == LabelCompletion.ignored ? "▨" : "■"
            let color = LabelView.color(number, state)
            writer.write(String(scalar), column: column, row: row, look: Cell(foreground: color, background: color.ground))
        }
    }
}
