import Attribution

/// The panes, whatever they show, and the rules with their names.
enum PaneView {
    static func draw(_ state: ExplorerState, _ layout: Layout, _ writer: inout FrameWriter) {
        drawRule(state, layout, &writer)
        for pane in layout.panes {
            let seen = pane.index.map { state.seen(byPane: $0) } ?? state
            drawName(pane, seen, state, layout, &writer)
            draw(pane.index == nil ? .picture : seen.adjustments.view, seen, pane.rect, &writer)
        }
    }

    private static func draw(_ kind: ViewKind, _ state: ExplorerState, _ rect: CellRect, _ writer: inout FrameWriter) {
        if kind != .picture, let table = state.shownTable { return TableView.draw(table, state, rect, &writer) }
        guard let record = state.record,
            let placement = PicturePlacement(
                pane: rect, pictureWidth: record.trace.originalWidth, pictureHeight: record.trace.originalHeight,
                viewport: state.viewport)
        else { return drawNote(state, rect, &writer) }
        let area = state.area(placement, for: kind)
        var image = image(kind, state, record, area)
        TruthView.draw(state, over: &image, area)
        let column = rect.column + placement.left, row = rect.row + placement.top / 2
        let probe = probeBox(state, record, area)
        let region = kind == .picture ? nil : state.region.map { patches($0.box, record, area) }
        let brush = kind == .label ? state.tool.map { BrushView.boxes($0).map { pixels($0, record, area) } } ?? [] : []
        let outliers = kind == .map || kind == .overlay && state.adjustments.overlayShown ? outlierBoxes(state, record, area) : []
        if case .pixels(var grid) = image, !writer.theme.mono {
            for box in outliers { outline(box, in: &grid, area.lineWidth, color: outlierColor) }
            if let region { outline(region, in: &grid, area.lineWidth, color: 0xFFB000) }
            if let probe { outline(probe, in: &grid, area.lineWidth) }
            for (place, box) in brush.enumerated() { outline(box, in: &grid, area.lineWidth, color: place == 0 ? 0xFFFFFF : 0xFFB000) }
            image = .pixels(grid)
            image.draw(into: &writer, column: column, row: row)
        } else {
            image.draw(into: &writer, column: column, row: row)
            for box in outliers + [region, probe, brush.first].compactMap({ $0 }) { reverse(box, column: column, row: row, rect, &writer) }
        }
        if let waiting = waitingText(kind, state) {
            writer.writeCentered(" \(waiting) ", in: rect, row: rect.row + rect.rows - 1, look: writer.theme.bar)
        }
    }

    /// What a view shows of an area.
    private static func image(_ kind: ViewKind, _ state: ExplorerState, _ record: PictureRecord, _ area: PixelArea) -> PaneImage {
        if kind == .map || (kind == .overlay && state.adjustments.overlayShown), let value = state.shown?.map {
            let picture = kind == .overlay ? record.trace.picture : nil
            if let colors = value.colors { return PanePainter(state).colors(colors, over: picture, area) }
            if let classes = value.classes { return PanePainter(state).classes(classes, over: picture, area, letters: state.letters(of: classes)) }
        }
        return switch kind {
        case .picture: PictureView.image(state, record, area)
        case .map: MapView.image(state, area)
        case .overlay: OverlayView.image(state, record, area)
        case .label, .decoder: LabelView.image(state, record, area)
        case .refined: RefinedView.image(state, area)
        case .saliency: SaliencyView.image(state, area)
        }
    }

    private static func name(_ kind: ViewKind, _ state: ExplorerState) -> String {
        switch kind {
        case .picture: "picture"
        case .map: "map"
        case .overlay:
            !state.adjustments.overlayShown
                ? "overlay off" : state.adjustments.blend == .value ? "overlay" : "overlay, \(state.adjustments.blend.rawValue)"
        case .label: "label"
        case .refined: "refined map"
        case .saliency: "saliency"
        case .decoder: "decoder"
        }
    }

    /// A part of a pane's name, and the axis it is of; none where it tells of the view itself.
    private struct NamePart {
        var axis: PaneAxis?
        let text: String
    }

    /// What a pane shows, part by part: first what is drawn, then of what.
    private static func nameParts(_ kind: ViewKind, _ state: ExplorerState) -> [NamePart] {
        var parts = [
            state.isMethod || kind == .picture || kind.showsLabels
                ? NamePart(axis: .view, text: name(kind, state)) : NamePart(axis: .method, text: state.methodName)
        ]
        func add(_ text: String, of axis: PaneAxis? = nil) { parts.append(NamePart(axis: axis, text: text)) }
        switch kind {
        case .picture: break
        case .map, .overlay: parts += subject(state)
        case .label where state.shownFile != nil: break
        case .label: add("fused \(state.startLayer)-\(state.model.depth - 1)", of: .layer)
        case .refined:
            if let position = RefinedView.position(state), let maps = state.shownLabels?.prepared.maps {
                add(state.model.className(maps.classes[position]), of: .class)
            }
        case .saliency: add(Threshold.saliency.text(in: state.adjustments))
        case .decoder: add(state.adjustments.scope == .all ? "all classes" : "classes that apply")
        }
        if kind.isOfLabel, state.shownFile == nil, let prepared = state.shownLabels?.prepared, prepared.scale < 1 {
            add("at \(prepared.maps.width)×\(prepared.maps.height)")
        }
        if kind == .decoder, let answer = state.shownAnswer, answer.scale < 1 { add("at \(answer.labels.width)×\(answer.labels.height)") }
        if kind == .label, let file = state.shownFile { add("as written" + (file.scale < 1 ? ", at \(file.labels.width)×\(file.labels.height)" : "")) }
        if kind.isOfLabel, state.shownFile == nil, state.labelsAreStale { add(state.work == nil ? "old; R renews" : "being renewed") }
        if kind == .label, !state.strokesHere.isEmpty { add(state.strokeCount(state.strokesHere.count)) }
        if state.truthLook != .off { add(state.truthLook == .error ? "errors" : "truth") }
        if let review = state.review, kind != .picture {
            add(review.decision(of: state.picture).title)
            if let note = review.entries[state.picture]?.note, !note.isEmpty { add("“\(note)”") }
        }
        if state.viewport.zoom > 1 { add("×" + Numbers.fixed(Float(state.viewport.zoom), digits: 1)) }
        return parts
    }

    /// The name over a pane, with what it shows.
    private static func title(_ kind: ViewKind, _ state: ExplorerState) -> String {
        nameParts(kind, state).map(\.text).joined(separator: " · ")
    }

    /// Why there is no map in this pane yet.
    private static func waitingText(_ kind: ViewKind, _ state: ExplorerState) -> String? {
        if kind == .decoder {
            guard state.shownAnswer == nil else { return nil }
            return state.work == nil ? "no answer yet; R asks again" : "waiting for the decoder …"
        }
        if kind.isOfLabel { return labelWaitingText(kind, state) }
        guard kind != .picture, state.shown == nil, state.shownTable == nil, kind == .map || state.adjustments.overlayShown else { return nil }
        return state.work == nil ? "no map yet; R asks again" : "waiting for \(state.layerLabel) …"
    }

    private static func labelWaitingText(_ kind: ViewKind, _ state: ExplorerState) -> String? {
        if kind == .label, state.shownFile != nil { return nil }
        guard let shown = state.shownLabels else {
            return state.work == nil ? "no label yet; R asks again" : "waiting for the label …"
        }
        if kind == .saliency, shown.mask == nil {
            if state.preset.saliency == .none { return "no saliency is used; t chooses one" }
            return state.work == nil ? "no saliency yet; R asks again" : "waiting for saliency …"
        }
        guard shown.prepared.maps.classes.isEmpty else { return nil }
        return state.classlessReason
    }

    /// What a map is of, beside its class and method.
    private static func subject(_ state: ExplorerState) -> [NamePart] {
        var parts = [
            NamePart(
                axis: .layer, text: state.shownTable != nil ? "all layers" : state.layer == .fused ? state.fusedLabel : state.layerLabel)
        ]
        if let head = state.head { parts.append(NamePart(axis: .head, text: "head \(head)")) }
        if state.query != .picture { parts.append(NamePart(axis: .query, text: "as \(state.name(of: state.query)) looks")) }
        if state.against != .none { parts.append(NamePart(axis: .class, text: state.againstText)) }
        if !state.ablations.isEmpty { parts.append(NamePart(axis: .ablation, text: state.ablationText)) }
        return parts
    }

    /// What tells a pane from the others: first what is its own, then what all have in common.
    private static func paneTitle(_ kind: ViewKind, _ state: ExplorerState, pane: Int, of whole: ExplorerState) -> String {
        var number = "\(pane + 1)"
        if whole.panes.isBlinking, pane == whole.panes.focus { number = "\(whole.panes.anchor + 1) in place of \(pane + 1)" }
        var parts: [NamePart] = []
        if whole.models.count > 1, !whole.panes.locked.contains(.model) {
            parts.append(NamePart(axis: .model, text: state.modelTitle(state.modelIndex)))
        }
        if !whole.panes.locked.contains(.picture) { parts.append(NamePart(axis: .picture, text: state.pictureName)) }
        if kind != .picture, !kind.showsLabels {
            if state.method?.needsClass != false { parts.append(NamePart(axis: .class, text: state.mapOwner)) }
            // Of other quantities the first part says the name.
            if state.isMethod { parts.append(NamePart(axis: .method, text: state.methodName)) }
        }
        parts += nameParts(kind, state)
        func isOwn(_ part: NamePart) -> Bool { part.axis.map { !whole.panes.locked.contains($0) } ?? false }
        let less = whole.panes.all[pane].less.map { ["less pane \($0 + 1)"] } ?? []
        return ([number] + less + (parts.filter(isOwn) + parts.filter { !isOwn($0) }).map(\.text)).joined(separator: " · ")
    }

    private static func drawRule(_ state: ExplorerState, _ layout: Layout, _ writer: inout FrameWriter) {
        guard let row = layout.ruleRow else { return }
        let theme = writer.theme
        for x in 0..<layout.columns { writer.frame[x, row] = with(theme.line, "─") }
        var joints: [Int] = []
        if let bar = layout.colorBar, let list = layout.classes {
            // Between the panes and the class list.
            let edge = list.column - 1
            writer.frame[edge, row] = with(theme.line, "┬")
            for y in row + 1...bar.row { writer.frame[edge, y] = with(theme.line, "│") }
            joints.append(edge)
        }
        for pane in layout.panes {
            let edge = pane.rect.column + pane.rect.columns
            if joints.first != edge, layout.panes.contains(where: { $0.rect.column == edge + 1 }) {
                writer.frame[edge, pane.ruleRow] = with(theme.line, "┬")
                for y in pane.rect.row..<pane.rect.row + pane.rect.rows { writer.frame[edge, y] = with(theme.line, "│") }
            }
            if pane.ruleRow != row {
                for x in pane.rect.column..<edge { writer.frame[x, pane.ruleRow] = with(theme.line, "─") }
            }
        }
        if state.showsGrid, let grid = state.grid {
            writer.write(" grid · \(grid.rows.rawValue) × \(grid.columns.rawValue) ", column: 1, row: row, look: theme.accent)
        }
        if layout.titleRow == nil || !TitleView.showsName(state, columns: layout.columns), !state.pictures.isEmpty {
            drawPictureName(state, layout, row, &writer)
        }
        drawFilmRule(state, joints, layout, &writer)
    }

    /// A pane's name in the line over it.
    private static func drawName(
        _ pane: Layout.Pane, _ seen: ExplorerState, _ state: ExplorerState, _ layout: Layout, _ writer: inout FrameWriter
    ) {
        guard layout.ruleRow != nil else { return }
        let title: String
        if let index = pane.index, state.panes.all.count > 1 {
            title = paneTitle(seen.adjustments.view, seen, pane: index, of: state)
        } else {
            title = pane.index == nil ? name(.picture, state) : self.title(seen.adjustments.view, seen)
        }
        let limit = pane.rect.column + pane.rect.columns - 1
        let scale = pane.index == nil || pane.index == state.panes.focus ? "" : scaleText(seen, columns: pane.rect.columns)
        let name = DisplayText.truncated(title, to: pane.rect.columns - 4 - DisplayText.width(of: scale)) + scale
        writer.write(
            " " + name + " ", column: pane.rect.column + 1, row: pane.ruleRow, limit: limit,
            look: pane.index == state.panes.focus ? writer.theme.accent : writer.theme.dim)
    }

    /// The kind of scale of a pane that the color bar does not speak of; empty where its colors stand for no values.
    private static func scaleText(_ seen: ExplorerState, columns: Int) -> String {
        let view = seen.adjustments.view
        guard view == .map || view == .overlay && seen.adjustments.overlayShown, let shown = seen.shown, shown.map.colors == nil,
            shown.map.classes == nil
        else { return "" }
        let kind = shown.scaleName.prefix { $0 != "," }
        return " · " + (columns >= 64 ? kind : kind.prefix { $0 != " " })
    }

    /// Which picture it is, where the title line does not say it and there is little room in the status.
    private static func drawPictureName(
        _ state: ExplorerState, _ layout: Layout, _ row: Int, _ writer: inout FrameWriter
    ) {
        guard layout.classes == nil, let pane = layout.main(state), state.panes.all.count == 1 else { return }
        let number = "\(state.picture + 1)/\(state.pictures.count)"
        let room = pane.rect.columns - DisplayText.width(of: title(pane.kind, state)) - 7 - number.count
        guard room >= 0 else { return }
        let text = (room >= 6 ? DisplayText.truncated(state.pictureName, to: room) + " " : "") + number
        writer.writeRight(" \(text) ", before: layout.columns - 1, row: row, look: writer.theme.dim)
    }

    /// The line over the filmstrip, closing the panes from below.
    private static func drawFilmRule(_ state: ExplorerState, _ joints: [Int], _ layout: Layout, _ writer: inout FrameWriter) {
        guard let row = layout.filmRuleRow else { return }
        for x in 0..<layout.columns { writer.frame[x, row] = with(writer.theme.line, joints.contains(x) ? "┴" : "─") }
        writer.write(Filmstrip.ruleName, column: 1, row: row, look: writer.theme.dim)
    }

    static func with(_ cell: Cell, _ scalar: Unicode.Scalar) -> Cell {
        var cell = cell
        cell.scalar = scalar
        return cell
    }

    private static func drawNote(_ state: ExplorerState, _ rect: CellRect, _ writer: inout FrameWriter) {
        let middle = rect.row + rect.rows / 2
        if let note = state.notes[state.picture] {
            let lines = DisplayText.wrapped(note, to: rect.columns - 4).prefix(max(rect.rows - 2, 1))
            let top = middle - (lines.count + 1) / 2
            for (index, line) in lines.enumerated() {
                writer.writeCentered(line, in: rect, row: top + index, look: writer.theme.failure)
            }
            let hint = "n and p go on, R tries again"
            writer.writeCentered(hint, in: rect, row: top + lines.count, look: writer.theme.dim)
        } else if state.pictures.isEmpty {
            writer.writeCentered("no pictures", in: rect, row: middle, look: writer.theme.dim)
        } else {
            let text = state.work.map { "\($0.stage) …" } ?? "stopped; R reads it"
            writer.writeCentered("\(state.pictureName): \(text)", in: rect, row: middle, look: writer.theme.dim)
        }
    }

    // MARK: The probe

    /// The probed patch in pixels of the area, maybe reaching beyond it.
    private static func probeBox(_ state: ExplorerState, _ record: PictureRecord, _ area: PixelArea)
        -> (x: ClosedRange<Int>, y: ClosedRange<Int>)?
    {
        guard let probe = state.probe else { return nil }
        return patches(
            PatchBox(columns: probe.column...probe.column, rows: probe.row...probe.row), record, area)
    }

    /// Tokens far longer than the rest, in pixels of the area.
    private static func outlierBoxes(_ state: ExplorerState, _ record: PictureRecord, _ area: PixelArea)
        -> [(x: ClosedRange<Int>, y: ClosedRange<Int>)]
    {
        let columns = max(record.trace.gridColumns, 1)
        return state.shownOutliers.map { patch in
            let (row, column) = patch.quotientAndRemainder(dividingBy: columns)
            return patches(PatchBox(columns: column...column, rows: row...row), record, area)
        }
    }

    private static let outlierColor: UInt32 = 0xFF5050

    /// A box of patches in pixels of the placement, maybe reaching beyond it.
    private static func patches(_ box: PatchBox, _ record: PictureRecord, _ area: PixelArea)
        -> (x: ClosedRange<Int>, y: ClosedRange<Int>)
    {
        place((box.columns, box.rows), across: record.trace.gridColumns, down: record.trace.gridRows, area)
    }

    /// A box of the picture's pixels in those of the placement.
    private static func pixels(_ box: (x: ClosedRange<Int>, y: ClosedRange<Int>), _ record: PictureRecord, _ area: PixelArea)
        -> (x: ClosedRange<Int>, y: ClosedRange<Int>)
    {
        place(box, across: record.trace.originalWidth, down: record.trace.originalHeight, area)
    }

    private static func place(_ box: (x: ClosedRange<Int>, y: ClosedRange<Int>), across: Int, down: Int, _ area: PixelArea)
        -> (x: ClosedRange<Int>, y: ClosedRange<Int>)
    {
        func span(_ range: ClosedRange<Int>, _ count: Int, _ start: Double, _ end: Double, _ size: Int) -> ClosedRange<Int> {
            let low = (Double(range.lowerBound) / Double(count) - start) / (end - start) * Double(size)
            let high = (Double(range.upperBound + 1) / Double(count) - start) / (end - start) * Double(size)
            let first = Int(min(max(low.rounded(), -4), Double(size) + 4))
            return first...max(Int(min(max(high.rounded(), -4), Double(size) + 4)) - 1, first)
        }
        return (
            span(box.x, across, area.u0, area.u1, area.width),
            span(box.y, down, area.v0, area.v1, area.height)
        )
    }

    private static func outline(
        _ box: (x: ClosedRange<Int>, y: ClosedRange<Int>), in grid: inout PixelGrid, _ line: Int, color: UInt32 = 0xFFFFFF
    ) {
        // Around the patch, so that its own color stays to be seen.
        for y in box.y.lowerBound - line...box.y.upperBound + line where y >= 0 && y < grid.height {
            for x in box.x.lowerBound - line...box.x.upperBound + line where x >= 0 && x < grid.width {
                if !box.x.contains(x) || !box.y.contains(y) { grid.pixels[y * grid.width + x] = color }
            }
        }
    }

    private static func reverse(
        _ box: (x: ClosedRange<Int>, y: ClosedRange<Int>), column: Int, row: Int, _ pane: CellRect,
        _ writer: inout FrameWriter
    ) {
        for y in box.y where y % 2 == 0 || y == box.y.lowerBound {
            for x in box.x where pane.contains(column: column + x, row: row + y / 2) && y >= 0 {
                writer.frame[column + x, row + y / 2].style.insert(.reverse)
            }
        }
    }
}
