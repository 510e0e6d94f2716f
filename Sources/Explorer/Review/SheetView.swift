import Images
import Labels

/// Pictures with their labels side by side, or a line each, over all else but the lines below.
enum SheetView {
    static func draw(_ state: ExplorerState, _ layout: Layout, _ writer: inout FrameWriter) {
        guard let sheet = state.sheet else { return }
        let theme = writer.theme
        writer.fill(CellRect(column: 0, row: 0, columns: layout.columns, rows: layout.hintRow), with: Cell())
        writer.frame.images = []
        writer.frame.pictures = []
        drawTitle(state, sheet, layout, &writer)
        let geometry = SheetGeometry(isList: sheet.isList, columns: layout.columns, rows: layout.rows)
        let seen = Array(state.queueOrder.dropFirst(sheet.top).prefix(geometry.count))
        guard !seen.isEmpty else {
            let rect = CellRect(column: 0, row: 1, columns: layout.columns, rows: layout.hintRow - 1)
            return writer.writeCentered("no picture fits “\(state.queue.filter.text)”", in: rect, row: layout.hintRow / 2, look: theme.dim)
        }
        if sheet.isList { drawHeader(state, layout, &writer) }
        let outliers = sheet.isList ? AreaOutliers(state.survey.figures.values.map(\.areas)) : nil
        for (place, picture) in seen.enumerated() {
            let box = geometry.box(place, isList: sheet.isList)
            if sheet.isList { drawLine(picture, state, sheet, box, outliers, &writer) } else { drawCell(picture, state, sheet, box, &writer) }
        }
    }

    private static func drawTitle(_ state: ExplorerState, _ sheet: Sheet, _ layout: Layout, _ writer: inout FrameWriter) {
        let theme = writer.theme, order = state.queueOrder
        for x in 0..<layout.columns { writer.write("─", column: x, row: 0, look: theme.line) }
        var text = order.count == state.pictures.count ? "\(order.count) pictures" : "\(order.count) of \(state.pictures.count) pictures"
        if state.queue.sort != .list { text += " · by \(state.queue.sort.rawValue)" }
        if !state.queue.filter.text.isEmpty { text += " · \(state.queue.filter.text)" }
        if !sheet.chosen.isEmpty { text += " · \(sheet.chosen.count) chosen" }
        let known = state.survey.figures.values.count { !$0.isPartial }
        let right = known < state.pictures.count ? " \(known) looked at " : ""
        let limit = layout.columns - right.count - 2
        writer.write(" " + DisplayText.truncated(text, to: limit - 4) + " ", column: 1, row: 0, limit: limit, look: theme.accent)
        writer.writeRight(right, before: layout.columns - 1, row: 0, look: theme.dim)
    }

    /// The sign of a decision, and how it is written.
    static func sign(_ decision: ReviewDecision, _ theme: Theme) -> (text: String, look: Cell) {
        switch decision {
        case .undecided: ("·", theme.dim)
        case .accept: ("✓", theme.accent)
        case .reject: ("✗", theme.failure)
        case .flag: ("⚑", theme.mark)
        }
    }

    // MARK: Cells

    private static func drawCell(
        _ picture: Int, _ state: ExplorerState, _ sheet: Sheet, _ box: CellRect, _ writer: inout FrameWriter
    ) {
        let theme = writer.theme, known = state.survey.figures[picture], isHere = picture == sheet.picture
        let room = CellRect(column: box.column + 1, row: box.row, columns: box.columns - 2, rows: box.rows - 2)
        if let thumbnail = known?.thumbnail, room.columns > 0, room.rows > 0 {
            draw(thumbnail, in: room, state, &writer)
        } else {
            writer.writeCentered(known?.failure == nil ? "…" : "unreadable", in: room, row: room.row + room.rows / 2, look: theme.dim)
        }
        let row = box.row + box.rows - 2
        let isChosen = sheet.chosen.contains(picture)
        if isHere { writer.fill(CellRect(column: box.column, row: row, columns: box.columns, rows: 1), with: theme.selected) }
        let sign = sign(state.review?.decision(of: picture) ?? .undecided, theme)
        writer.write(isChosen ? "●" : sign.text, column: box.column + 1, row: row, look: isHere ? theme.selectedMark : isChosen ? theme.mark : sign.look)
        writer.write(
            DisplayText.truncated(ExplorerState.name(ofPath: state.pictures[picture]), to: box.columns - 4), column: box.column + 3, row: row,
            limit: box.column + box.columns, look: isHere ? theme.selected : theme.text)
        guard let known, box.rows > 3 else { return }
        var facts: [String] = []
        if let overlap = known.overlap { facts.append("IoU \(Numbers.fixed(Float(overlap * 100), digits: 0))") }
        if let doubt = known.doubt { facts.append("?\(Numbers.fixed(Float(doubt.value), digits: 2))") }
        let names = known.classes.map { state.models[0].className($0) }
        writer.write(
            DisplayText.truncated((facts + [names.joined(separator: " ")]).joined(separator: " "), to: box.columns - 2), column: box.column + 1, row: row + 1,
            limit: box.column + box.columns, look: theme.dim)
    }

    private static func draw(_ thumbnail: LabelThumbnail, in rect: CellRect, _ state: ExplorerState, _ writer: inout FrameWriter) {
        let (width, height) = (thumbnail.picture.width, thumbnail.picture.height)
        let fit = min(Double(rect.columns) / Double(width), Double(rect.rows * 2) / Double(height))
        let columns = min(max(Int((Double(width) * fit).rounded()), 1), rect.columns)
        let lines = min(max(Int((Double(height) * fit).rounded()), 1), rect.rows * 2)
        let area = PixelArea(width: columns, height: lines, state.glyphs(for: .label))
        let indices = thumbnail.labels.indices
        let numbers = PixelLookup(area, width: thumbnail.labels.width, height: thumbnail.labels.height).map { pixel, _, _ in indices[pixel] }
        PanePainter(state).labels(numbers, over: thumbnail.picture, area, letters: LabelView.letters(state)).draw(
            into: &writer, column: rect.column + (rect.columns - columns) / 2, row: rect.row + (rect.rows - (lines + 1) / 2) / 2)
    }

    // MARK: Lines

    /// The columns of the list from the right: where each ends, and its name.
    private static func columns(_ state: ExplorerState, width: Int) -> [(name: String, end: Int)] {
        var end = width - 1, result: [(String, Int)] = []
        for name in ["area", "doubt"] + (state.labelSetup.hasTruth ? ["IoU"] : []) where end > 50 {
            result.append((name, end))
            end -= 7
        }
        return result
    }

    private static func drawHeader(_ state: ExplorerState, _ layout: Layout, _ writer: inout FrameWriter) {
        let look = writer.theme.dim
        writer.write("name", column: 3, row: 1, look: look)
        let columns = columns(state, width: layout.columns), left = (columns.last?.end ?? layout.columns) - 7
        writer.write("classes", column: nameEnd(left) + 1, row: 1, look: look)
        if left >= 70 { writer.write("note", column: noteStart(left), row: 1, look: look) }
        for (name, end) in columns { writer.writeRight(name, before: end, row: 1, look: look) }
    }

    private static func nameEnd(_ left: Int) -> Int { min(max(left * 2 / 5, 16), 40) }
    private static func noteStart(_ left: Int) -> Int { nameEnd(left) + (left - nameEnd(left)) / 2 }

    private static func drawLine(
        _ picture: Int, _ state: ExplorerState, _ sheet: Sheet, _ box: CellRect, _ outliers: AreaOutliers?, _ writer: inout FrameWriter
    ) {
        let theme = writer.theme, known = state.survey.figures[picture], isHere = picture == sheet.picture, row = box.row
        if isHere { writer.fill(box, with: theme.selected) }
        let text = isHere ? theme.selected : theme.text, dim = isHere ? theme.selected : theme.dim
        let sign = sign(state.review?.decision(of: picture) ?? .undecided, theme), isChosen = sheet.chosen.contains(picture)
        writer.write(isChosen ? "●" : sign.text, column: 1, row: row, look: isHere ? theme.selectedMark : isChosen ? theme.mark : sign.look)
        let columns = columns(state, width: box.columns), left = (columns.last?.end ?? box.columns) - 7, middle = nameEnd(left)
        writer.write(DisplayText.truncated(ExplorerState.name(ofPath: state.pictures[picture]), to: middle - 3), column: 3, row: row, limit: middle, look: text)
        let hasNotes = left >= 70, end = hasNotes ? noteStart(left) - 1 : left
        let names = known?.failure ?? known.map { $0.classes.map { state.models[0].className($0) }.joined(separator: ", ") } ?? "…"
        writer.write(DisplayText.truncated(names, to: max(end - middle - 2, 1)), column: middle + 1, row: row, limit: end, look: dim)
        if hasNotes, let note = state.review?.entries[picture]?.note {
            writer.write(DisplayText.truncated(note, to: left - noteStart(left)), column: noteStart(left), row: row, limit: left, look: text)
        }
        for (name, end) in columns {
            let value: String? =
                switch name {
                case "IoU": known?.overlap.map { Numbers.fixed(Float($0 * 100), digits: 1) }
                case "doubt": known?.doubt.map { Numbers.fixed(Float($0.value), digits: 2) }
                default: known.map { Numbers.percent(Float($0.areas.filter { $0.key != 0 && $0.key != LabelCompletion.ignored }.values.reduce(0, +))) }
                }
            let isUnlike = name == "area" && (known.flatMap { outliers?.distance($0.areas) } ?? 0) > 3.5
            writer.writeRight((value ?? "") + (isUnlike ? "!" : ""), before: end, row: row, look: isUnlike && !isHere ? theme.warning : dim)
        }
    }
}
