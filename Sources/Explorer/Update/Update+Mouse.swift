extension ExplorerState {
    mutating func press(_ button: Event.MouseButton, column: Int, row: Int, _ effects: inout [Effect]) {
        if case .help = mode {
            if button == .wheelUp { scrollHelp(-3) }
            if button == .wheelDown { scrollHelp(3) }
            return
        }
        guard mode == .browse, mouse else { return }
        let layout = Layout(self)
        let wheel = button == .wheelUp ? -1 : button == .wheelDown ? 1 : 0
        if row == layout.hintRow {
            if button == .left, let hint = HintView.hint(atColumn: column, self, layout) { apply(hint.action, &effects) }
        } else if row == layout.titleRow {
            guard let threshold = TitleView.threshold(atColumn: column, self, columns: columns) else { return }
            if button == .left || wheel != 0, activeThreshold != threshold { selectThreshold(threshold) }
            if wheel != 0 { adjustActive(-wheel) }
        } else if row == layout.statusRow {
            if button == .left, let field = StatusView.field(atColumn: column, self, columns: columns) { apply(field, &effects) }
        } else if let list = layout.classes, list.contains(column: column, row: row) {
            if wheel != 0 { return scrollList(3 * wheel) }
            let place = listTop + row - list.row
            if button == .left, listed.indices.contains(place) { selectClass(listed[place]) }
            if button == .right, listed.indices.contains(place) { toggleMark(listed[place]) }
        } else if let film = layout.film, film.contains(column: column, row: row) {
            if wheel != 0 { return stepLayer(wheel) }
            let strip = Filmstrip(rect: film, state: self)
            if button == .left, let entry = strip.entry(atColumn: column) {
                showLayer(entry == model.depth ? .fused : .layer(entry))
            }
        } else if showsGrid {
            if wheel != 0 { return moveInGrid(wheel < 0 ? .up : .down) }
            guard button == .left, let grid, let cell = GridGeometry(self, layout)?.cell(column: column, row: row, in: grid) else { return }
            if cell == (grid.row, grid.column) { enterCell() } else { chooseCell(row: cell.row, column: cell.column) }
        } else if let pane = layout.panes.first(where: { $0.rect.contains(column: column, row: row) }), let index = pane.index,
            index != panes.focus, wheel == 0 {
            focusPane(index)
        } else if let point = picturePoint(column: column, row: row, in: layout) {
            if wheel != 0 { return zoom(-wheel, around: point) }
            if button == .left { probe(at: point) }
            if button == .right { probe = nil }
        }
    }

    mutating func drag(column: Int, row: Int) {
        guard mode == .browse, mouse, let point = picturePoint(column: column, row: row, in: Layout(self)) else { return }
        probe(at: point)
    }

    private mutating func probe(at point: (u: Double, v: Double)) {
        guard let trace = record?.trace else { return }
        // The pointer is on a patch that is seen: no panning.
        probe = PatchPosition(
            column: min(max(Int(point.u * Double(trace.gridColumns)), 0), trace.gridColumns - 1),
            row: min(max(Int(point.v * Double(trace.gridRows)), 0), trace.gridRows - 1))
        followProbe()
        drawRegionOut()
    }

    /// The point of the picture under a cell, as fractions of its sides.
    private func picturePoint(column: Int, row: Int, in layout: Layout) -> (u: Double, v: Double)? {
        guard let trace = record?.trace,
            let pane = layout.panes.first(where: { $0.rect.contains(column: column, row: row) }),
            let placement = PicturePlacement(
                pane: pane.rect, pictureWidth: trace.originalWidth, pictureHeight: trace.originalHeight,
                viewport: viewport)
        else { return nil }
        return placement.point(column: column - pane.rect.column, row: row - pane.rect.row)
    }
}
