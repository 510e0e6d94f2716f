extension ExplorerState {
    mutating func press(_ button: Event.MouseButton, column: Int, row: Int, _ effects: inout [Effect]) {
        if case .palette(let palette) = mode { return pressPalette(palette, button, column: column, row: row, &effects) }
        if case .report = mode {
            if button == .wheelUp { scrollReport(-3) }
            if button == .wheelDown { scrollReport(3) }
            return
        }
        guard mouse else { return }
        if let sheet, mode == .browse, row < rows - 2 {
            if button == .wheelUp || button == .wheelDown { return moveInSheet((button == .wheelUp ? -1 : 1) * SheetGeometry(self).columns) }
            guard button == .left, let place = SheetGeometry(self).place(column: column, row: row, isList: sheet.isList) else { return }
            let seen = sheetPictures
            guard seen.indices.contains(place) else { return }
            if seen[place] == sheet.picture { return enterSheet() }
            return showInSheet(seen[place])
        }
        let layout = Layout(self)
        if row == layout.hintRow {
            if button == .left, let action = HintView.action(atColumn: column, self, layout) { apply(action, &effects) }
            return
        }
        guard mode == .browse, !layout.isTooSmall else { return }
        let wheel = button == .wheelUp ? -1 : button == .wheelDown ? 1 : 0
        if button == .left, let action = clicked(column: column, row: row, layout) { return apply(action, &effects) }
        if row == layout.titleRow {
            guard let threshold = TitleView.threshold(atColumn: column, self, columns: columns) else { return }
            if button == .left || wheel != 0, activeThreshold != threshold { selectThreshold(threshold) }
            if wheel != 0 { adjustActive(-wheel) }
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
        } else if adjustments.view != .picture, let table = shownTable, let rect = layout.main(self)?.rect, rect.contains(column: column, row: row) {
            if wheel != 0 { return moveInTable(table, wheel < 0 ? .up : .down) }
            guard button == .left, let cell = TableGeometry(table, self, rect)?.cell(column: column, row: row) else { return }
            chooseCell(of: table, layer: cell.layer, column: cell.column)
        } else if let point = picturePoint(column: column, row: row, in: layout) {
            if wheel != 0 { return zoom(-wheel, around: point) }
            if tool != nil, button != .middle { return press(at: point, isRight: button == .right) }
            if button == .left { probe(at: point) }
            if button == .right { probe = nil }
        }
    }

    /// What a click does on what is no picture, list or filmstrip: the same as the key of what is there.
    private func clicked(column: Int, row: Int, _ layout: Layout) -> Action? {
        func hits(_ rect: CellRect?) -> Bool { rect?.contains(column: column, row: row) ?? false }
        if row == layout.titleRow, models.count > 1, TitleView.isModel(atColumn: column, self, columns: columns) { return .stepModel(1) }
        if let rect = layout.sweep, hits(rect) { return SweepView.action(atRow: row, self, rect) }
        if row == layout.statusRow { return StatusView.field(atColumn: column, self, columns: columns) }
        if hits(LockView.rect(self, layout)) { return .askLock }
        if row == layout.filmRuleRow { return column <= Filmstrip.ruleName.count ? .toggleFused : nil }
        if let list = layout.classes, column >= list.column {
            if row == layout.classRuleRow { return filter.isEmpty ? .cycleClassOrder : .find }
            if let rect = layout.legend, hits(rect) { return LegendView.classIndex(atRow: row, self, rect).map(Action.selectClass) }
            if let rect = layout.probe, hits(rect) { return ProbeView.action(column: column, row: row, self, rect) }
            if let rect = layout.curve, hits(rect) { return CurveView.action(column: column, row: row, self, rect) }
            if let rect = layout.quality, hits(rect) { return QualityView.action(row: row, self, rect) }
            return hits(layout.histogram) ? .toggleHistogram : nil
        }
        if let box = QualityView.box(self, layout), hits(box) { return QualityView.action(row: row, self, box) }
        if hits(HistogramView.box(self, layout)) { return .toggleHistogram }
        if showsGrid { return row == layout.ruleRow ? .cycleGrid : nil }
        if let pane = layout.panes.first(where: { $0.ruleRow == row && $0.rect.column..<$0.rect.column + $0.rect.columns ~= column }) {
            guard let index = pane.index else { return .toggleLayout }
            return index == panes.focus ? adjustments.view.showsLabels ? .cycleLabelView : .cycleView : .focusPane(index)
        }
        guard let bar = layout.colorBar, hits(bar) else { return nil }
        if adjustments.view.showsLabels { return LabelBarView.threshold(atColumn: column, self, layout).map(Action.selectThreshold) }
        return ColorBarView.action(atColumn: column, self, bar)
    }

    mutating func drag(column: Int, row: Int) {
        guard mode == .browse, mouse, sheet == nil, let point = picturePoint(column: column, row: row, in: Layout(self)) else { return }
        if tool != nil { drag(to: point) } else { probe(at: point) }
        session.add("drag \(column) \(row)")
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
