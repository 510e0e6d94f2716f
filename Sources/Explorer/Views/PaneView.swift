/// The panes, whatever they show, and the rule with their names.
enum PaneView {
    static func draw(_ state: ExplorerState, _ layout: Layout, _ writer: inout FrameWriter) {
        drawRule(state, layout, &writer)
        for pane in layout.panes {
            guard let record = state.record,
                let placement = PicturePlacement(
                    pane: pane.rect, pictureWidth: record.trace.originalWidth,
                    pictureHeight: record.trace.originalHeight, viewport: state.viewport)
            else {
                drawNote(state, pane.rect, &writer)
                continue
            }
            let area = PixelArea(placement, state.glyphs(for: pane.kind))
            var image = image(pane.kind, state, record, area)
            let probe = probeBox(state, record, area)
            let column = pane.rect.column + placement.left, row = pane.rect.row + placement.top / 2
            if let probe, case .pixels(var grid) = image, !writer.theme.mono {
                outline(probe, in: &grid)
                image = .pixels(grid)
                image.draw(into: &writer, column: column, row: row)
            } else {
                image.draw(into: &writer, column: column, row: row)
                if let probe { reverse(probe, column: column, row: row, pane.rect, &writer) }
            }
            if let waiting = waitingText(pane.kind, state) {
                writer.writeCentered(
                    " \(waiting) ", in: pane.rect, row: pane.rect.row + pane.rect.rows - 1, look: writer.theme.bar)
            }
        }
    }

    /// What a view shows of an area.
    private static func image(_ kind: ViewKind, _ state: ExplorerState, _ record: PictureRecord, _ area: PixelArea) -> PaneImage {
        switch kind {
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

    /// The name over the pane of the view, with what it shows.
    private static func title(_ kind: ViewKind, _ state: ExplorerState) -> String {
        var title = name(kind, state)
        switch kind {
        case .picture: break
        case .map, .overlay: title += " · \(state.layerLabel)"
        case .label: title += " · fused \(state.adjustments.startLayer)-\(state.model.depth - 1)"
        case .refined:
            if let position = RefinedView.position(state), let maps = state.shownLabels?.prepared.maps {
                title += " · \(state.model.className(maps.classes[position]))"
            }
        case .saliency: title += " · \(Threshold.saliency.text(in: state.adjustments))"
        case .decoder: title += state.adjustments.scope == .all ? " · all classes" : " · classes that apply"
        }
        if kind.isOfLabel, let prepared = state.shownLabels?.prepared, prepared.scale < 1 {
            title += " · at \(prepared.maps.width)×\(prepared.maps.height)"
        }
        if kind == .decoder, let answer = state.shownAnswer, answer.scale < 1 {
            title += " · at \(answer.labels.width)×\(answer.labels.height)"
        }
        if kind.isOfLabel, state.labelsAreStale { title += state.work == nil ? " · old; R renews" : " · being renewed" }
        if state.viewport.zoom > 1 { title += " · ×" + Numbers.fixed(Float(state.viewport.zoom), digits: 1) }
        return title
    }

    /// Why there is no map in this pane yet.
    private static func waitingText(_ kind: ViewKind, _ state: ExplorerState) -> String? {
        if kind == .decoder {
            guard state.shownAnswer == nil else { return nil }
            return state.work == nil ? "no answer yet; R asks again" : "waiting for the decoder …"
        }
        if kind.isOfLabel { return labelWaitingText(kind, state) }
        guard kind != .picture, state.shown == nil, kind == .map || state.adjustments.overlayShown else { return nil }
        return state.work == nil ? "no map yet; R asks again" : "waiting for \(state.layerLabel) …"
    }

    private static func labelWaitingText(_ kind: ViewKind, _ state: ExplorerState) -> String? {
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

    private static func drawRule(_ state: ExplorerState, _ layout: Layout, _ writer: inout FrameWriter) {
        guard let row = layout.ruleRow else { return }
        let theme = writer.theme
        for x in 0..<layout.columns { writer.frame[x, row] = with(theme.line, "─") }
        var joints: [Int] = []
        for (index, pane) in layout.panes.enumerated() {
            let isView = index == layout.panes.count - 1
            let title = isView ? title(pane.kind, state) : name(pane.kind, state)
            let limit = pane.rect.column + pane.rect.columns - 1
            writer.write(
                " " + DisplayText.truncated(title, to: pane.rect.columns - 4) + " ", column: pane.rect.column + 1,
                row: row, limit: limit, look: isView ? theme.accent : theme.dim)
            let edge = pane.rect.column + pane.rect.columns
            guard edge < layout.columns else { continue }
            writer.frame[edge, row] = with(theme.line, "┬")
            for y in pane.rect.row..<pane.rect.row + pane.rect.rows { writer.frame[edge, y] = with(theme.line, "│") }
            if let bar = layout.colorBar, edge == bar.column + bar.columns {
                writer.frame[edge, bar.row] = with(theme.line, "│")
                joints.append(edge)
            }
        }
        if layout.titleRow == nil || !TitleView.showsName(state, columns: layout.columns), !state.pictures.isEmpty {
            drawPictureName(state, layout, row, &writer)
        }
        drawFilmRule(joints, layout, &writer)
    }

    /// Which picture it is, where the title line does not say it and there is little room in the status.
    private static func drawPictureName(
        _ state: ExplorerState, _ layout: Layout, _ row: Int, _ writer: inout FrameWriter
    ) {
        guard layout.classes == nil, let pane = layout.panes.last else { return }
        let number = "\(state.picture + 1)/\(state.pictures.count)"
        let room = pane.rect.columns - DisplayText.width(of: title(pane.kind, state)) - 7 - number.count
        guard room >= 0 else { return }
        let text = (room >= 6 ? DisplayText.truncated(state.pictureName, to: room) + " " : "") + number
        writer.writeRight(" \(text) ", before: layout.columns - 1, row: row, look: writer.theme.dim)
    }

    /// The line over the filmstrip, closing the panes from below.
    private static func drawFilmRule(_ joints: [Int], _ layout: Layout, _ writer: inout FrameWriter) {
        guard let row = layout.filmRuleRow else { return }
        for x in 0..<layout.columns { writer.frame[x, row] = with(writer.theme.line, joints.contains(x) ? "┴" : "─") }
        writer.write(" layers ", column: 1, row: row, look: writer.theme.dim)
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
        func span(_ index: Int, _ count: Int, _ start: Double, _ end: Double, _ size: Int) -> ClosedRange<Int> {
            let low = (Double(index) / Double(count) - start) / (end - start) * Double(size)
            let high = (Double(index + 1) / Double(count) - start) / (end - start) * Double(size)
            let first = Int(min(max(low.rounded(), -4), Double(size) + 4))
            return first...max(Int(min(max(high.rounded(), -4), Double(size) + 4)) - 1, first)
        }
        return (
            span(probe.column, record.trace.gridColumns, area.u0, area.u1, area.width),
            span(probe.row, record.trace.gridRows, area.v0, area.v1, area.height)
        )
    }

    private static func outline(_ box: (x: ClosedRange<Int>, y: ClosedRange<Int>), in grid: inout PixelGrid) {
        // Around the patch, so that its own color stays to be seen.
        let left = box.x.lowerBound - 1, right = box.x.upperBound + 1
        let top = box.y.lowerBound - 1, bottom = box.y.upperBound + 1
        for y in top...bottom where y >= 0 && y < grid.height {
            for x in left...right where x >= 0 && x < grid.width {
                if y == top || y == bottom || x == left || x == right { grid.pixels[y * grid.width + x] = 0xFFFFFF }
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
