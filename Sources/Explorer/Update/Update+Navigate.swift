import Attribution

extension ExplorerState {
    // MARK: Layers

    /// Layers in the order of the filmstrip: 0, 1, …, last, fused.
    mutating func stepLayer(_ step: Int) {
        let place: Int
        switch layer {
        case .layer(let index): place = index
        case .fused: place = model.depth
        }
        let target = place + step
        if step < 0, place == 0 { return refuse("no earlier layer: layer 0 is the first") }
        if step > 0, place == model.depth { return refuse("no later map: the fused map comes last") }
        let clamped = min(max(target, 0), model.depth)
        showLayer(clamped == model.depth ? .fused : .layer(clamped))
    }

    mutating func showLayer(_ choice: LayerChoice) {
        if case .layer(let index) = choice {
            guard index >= 0, index < model.depth else {
                return refuse("no layer \(index): layers go from 0 to \(model.depth - 1)")
            }
            lastLayer = index
        }
        layer = choice
    }

    // MARK: Classes

    mutating func stepClass(_ step: Int) {
        guard let current = selectedClass else { return refuseClassless() }
        guard !listed.isEmpty else { return refuse("no class name contains “\(filter)”; Esc shows all") }
        guard let place = listed.firstIndex(of: current) else {
            return selectClass(step < 0 ? listed[listed.count - 1] : listed[0])
        }
        if step < 0, place == 0 { return refuse("no class before: this is the first of the list") }
        if step > 0, place == listed.count - 1 { return refuse("no class after: this is the last of the list") }
        selectClass(listed[min(max(place + step, 0), listed.count - 1)])
    }

    mutating func selectClass(_ index: Int) {
        guard let record, model.hasClasses else { return refuseClassless() }
        guard record.trace.logits.indices.contains(index) else {
            return refuse("no class \(index): classes go from 0 to \(record.trace.logits.count - 1)")
        }
        store.change(recordKey) { $0.selectedClass = index }
        showInList(index)
    }

    /// The classes whose name contains the filter, ranked.
    mutating func relist() {
        guard let record else {
            listed = []
            listTop = 0
            return
        }
        listed = orderedClasses(record)
        listedBy = listBasis
        listTop = 0
        showInList(record.selectedClass)
    }

    mutating func setClassOrder(_ order: ClassOrder) {
        guard model.hasClasses else { return refuseClassless() }
        classOrder = order
        relist()
        if order == .contrast, pictures.count < 2 {
            return refuse("classes by probability: there is no picture beside this one to tell it from")
        }
        say("classes by " + (order == .contrast ? "probability against the pictures beside" : order == .group ? "first word" : order.rawValue))
    }

    /// Lists the marked classes alone, or all.
    mutating func setMarksOnly(_ on: Bool) {
        if on, marks.isEmpty { return refuse("no class is marked: space marks one") }
        marksOnly = on
        relist()
        say(on ? "marked classes alone; # lists all" : "all classes")
    }

    /// Scrolls the list as little as needed for a class to be seen.
    mutating func showInList(_ index: Int) {
        let height = max(Layout(self).classes?.rows ?? 1, 1)
        guard let place = listed.firstIndex(of: index) else { return }
        listTop = min(min(max(listTop, place - height + 1), place), max(listed.count - height, 0))
    }

    mutating func scrollList(_ lines: Int) {
        let height = max(Layout(self).classes?.rows ?? 1, 1)
        listTop = min(max(listTop + lines, 0), max(listed.count - height, 0))
    }

    // MARK: Pictures

    mutating func stepPicture(_ step: Int) {
        guard !pictures.isEmpty else { return refuse("no pictures") }
        if !queue.isPlain {
            guard let next = queued(from: picture, step) else { return refuse("no \(step < 0 ? "earlier" : "later") picture of the queue") }
            return showPicture(next)
        }
        if step < 0, picture == 0 { return refuse("no earlier picture: this is the first") }
        if step > 0, picture == pictures.count - 1 { return refuse("no later picture: this is the last") }
        showPicture(min(max(picture + step, 0), pictures.count - 1))
    }

    mutating func showPicture(_ index: Int) {
        guard pictures.indices.contains(index) else {
            return refuse(
                pictures.isEmpty ? "no pictures" : "no picture \(index + 1): pictures go from 1 to \(pictures.count)")
        }
        guard index != picture else { return }
        heading = index < picture ? -1 : 1
        classToSelect = nil
        picture = index
        viewport = Viewport()
        probe = nil
        arrived()
    }

    // MARK: Zoom and probe

    mutating func zoom(_ steps: Int, around point: (u: Double, v: Double)? = nil) {
        var factor = 1.0
        for _ in 0..<min(abs(steps), 20) { factor *= steps < 0 ? 1 / Viewport.zoomStep : Viewport.zoomStep }
        if steps < 0, viewport.zoom <= Viewport.zoomLimits.lowerBound { return refuse("the whole picture is seen") }
        if steps > 0, viewport.zoom >= Viewport.zoomLimits.upperBound { return refuse("no closer: the zoom is at its limit") }
        setZoom(viewport.zoom * factor, around: point)
    }

    /// Zooms so that a point of the picture stays where it is.
    mutating func setZoom(_ value: Double, around point: (u: Double, v: Double)? = nil) {
        let before = viewport.zoom
        var after = min(max(value, Viewport.zoomLimits.lowerBound), Viewport.zoomLimits.upperBound)
        if abs(after - after.rounded()) < 1e-6 { after = after.rounded() }
        let fixed = point ?? probePoint ?? (viewport.centerX, viewport.centerY)
        viewport.zoom = after
        viewport.centerX = fixed.u + (viewport.centerX - fixed.u) * before / after
        viewport.centerY = fixed.v + (viewport.centerY - fixed.v) * before / after
        settleCenter()
    }

    mutating func setViewport(_ wanted: Viewport) {
        viewport = wanted
        settleCenter()
    }

    /// Brings the center to where the picture's edges allow.
    mutating func settleCenter() {
        if viewport.zoom == 1 {
            viewport = Viewport()
        } else if let placement = placement {
            (viewport.centerX, viewport.centerY) = placement.center
        }
    }

    /// How the picture lies in the pane of the view.
    var placement: PicturePlacement? {
        guard let trace = record?.trace, let pane = Layout(self).main(self) else { return nil }
        return PicturePlacement(
            pane: pane.rect, pictureWidth: trace.originalWidth, pictureHeight: trace.originalHeight, viewport: viewport)
    }

    private var probePoint: (u: Double, v: Double)? {
        guard let probe, let trace = record?.trace else { return nil }
        return (
            (Double(probe.column) + 0.5) / Double(trace.gridColumns), (Double(probe.row) + 0.5) / Double(trace.gridRows)
        )
    }

    mutating func pan(_ direction: Direction) {
        guard let placement = placement else { return refuseUntraced() }
        guard viewport.zoom > 1 else { return refuse("nothing to pan: the whole picture is seen (+ zooms in)") }
        let before = viewport
        viewport.centerX += Double(direction.dx) * (placement.u1 - placement.u0) * 0.2
        viewport.centerY += Double(direction.dy) * (placement.v1 - placement.v0) * 0.2
        settleCenter()
        if abs(viewport.centerX - before.centerX) < 1e-9, abs(viewport.centerY - before.centerY) < 1e-9 {
            refuse("no further: this is the picture's edge")
        }
    }

    mutating func moveProbe(_ direction: Direction) {
        if showsGrid { return moveInGrid(direction) }
        if let table = shownTable { return moveInTable(table, direction) }
        guard let trace = record?.trace else { return refuseUntraced() }
        guard let old = probe else {
            return probe(column: trace.gridColumns / 2, row: trace.gridRows / 2)
        }
        let column = old.column + direction.dx, row = old.row + direction.dy
        guard (0..<trace.gridColumns).contains(column), (0..<trace.gridRows).contains(row) else {
            return refuse("no patch there: this is the edge of the grid")
        }
        probe(column: column, row: row)
    }

    mutating func probe(column: Int, row: Int) {
        guard let trace = record?.trace else { return refuseUntraced() }
        guard (0..<trace.gridColumns).contains(column), (0..<trace.gridRows).contains(row) else {
            return refuse("no patch \(column) \(row): the grid has \(trace.gridColumns)×\(trace.gridRows)")
        }
        probe = PatchPosition(column: column, row: row)
        followProbe()
        drawRegionOut()
        // What is probed is seen.
        if let placement = placement, let point = probePoint {
            let marginU = 0.5 / Double(trace.gridColumns), marginV = 0.5 / Double(trace.gridRows)
            if point.u - marginU < placement.u0 { viewport.centerX -= placement.u0 - (point.u - marginU) }
            if point.u + marginU > placement.u1 { viewport.centerX += point.u + marginU - placement.u1 }
            if point.v - marginV < placement.v0 { viewport.centerY -= placement.v0 - (point.v - marginV) }
            if point.v + marginV > placement.v1 { viewport.centerY += point.v + marginV - placement.v1 }
            settleCenter()
        }
    }

    mutating func probeMaximum() {
        guard let trace = record?.trace else { return refuseUntraced() }
        if let table = shownTable { return chooseGreatest(of: table) }
        guard let shown else { return refuse("not yet: the map is still being computed") }
        let values = shown.map.map.values
        let best = values.indices.max { values[$0] < values[$1] } ?? 0
        probe(column: best % trace.gridColumns, row: best / trace.gridColumns)
    }
}
