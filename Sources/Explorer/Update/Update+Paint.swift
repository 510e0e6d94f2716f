import Images
import Labels

extension ExplorerState {
    // MARK: The brush

    mutating func paint(_ action: PaintAction) {
        switch action {
        case .toggle: setPainting(tool == nil)
        case .set(let on): setPainting(on)
        case .toggleSpread: setSpread(!(tool?.spreads ?? true))
        case .setSpread(let on): setSpread(on)
        case .undo: undoStroke()
        case .redo: redoStroke()
        case .clear: clearStrokes()
        case .add(let stroke): add(stroke)
        case .list: listRegions()
        case .ofRegion(let place, let change): changeRegion(place, change)
        case .tidy(let kind): tidy(kind, of: tool?.target ?? selectedTarget ?? .automatic)
        case .tidyAll(let kind): tidy(kind, of: .automatic)
        default: if takeBrush() { usePaint(action) }
        }
    }

    /// What is done with the brush.
    private mutating func usePaint(_ action: PaintAction) {
        guard var tool, let trace = record?.trace else { return }
        let (width, height) = (trace.originalWidth, trace.originalHeight)
        switch action {
        case .move(let direction):
            let step = cursorStep
            let moved = StrokePoint(x: tool.cursor.x + direction.dx * step, y: tool.cursor.y + direction.dy * step)
            let point = StrokePoint(x: min(max(moved.x, 0), width - 1), y: min(max(moved.y, 0), height - 1))
            if point == tool.cursor { return refuse("no further: this is the picture's edge") }
            moveCursor(to: point)
        case .goTo(let point):
            guard (0..<width).contains(point.x), (0..<height).contains(point.y) else {
                return refuse("no pixel \(point.x),\(point.y): the picture is \(width)×\(height)")
            }
            moveCursor(to: point)
        case .resize(let steps): setRadius(Self.radius(tool.radius, by: steps))
        case .setRadius(let radius): setRadius(radius)
        case .setTarget(let target):
            if case .named(let name) = target, labelNumber(of: name) == nil { return refuse("\(name) has no number in label maps: --class-list gives one") }
            tool.target = target
            self.tool = tool
            say("the brush paints \(name(of: target))")
        case .setListedTarget(let place):
            let numbers = LegendView.classNumbers(self)
            guard numbers.indices.contains(place - 1) else {
                return refuse("no class \(place): the label lists \(numbers.count), space marks another")
            }
            usePaint(.setTarget(.named(labelSetup.name(of: numbers[place - 1]))))
        case .dot: addHere(.line([tool.cursor], radius: tool.radius), tool.mode)
        case .line:
            guard let last = tool.last else { return refuse("a line goes on from a stroke: space paints one") }
            addHere(.line([last, tool.cursor], radius: tool.radius), tool.mode)
        case .fill: addHere(.region(tool.cursor), .exact)
        case .box:
            guard let corner = tool.corner else {
                self.tool?.corner = tool.cursor
                return say("a box from \(tool.cursor.x),\(tool.cursor.y): b again at its other corner")
            }
            self.tool?.corner = nil
            addHere(.rectangle(corner, tool.cursor), tool.mode)
        case .delete: if let stroke = try? LabelStroke(.background, .region(tool.cursor), mode: .exact) { add(stroke) }
        case .only: if let stroke = try? LabelStroke(.automatic, .othersThan(tool.cursor), mode: .exact) { add(stroke) }
        case .more: addHere(.line([tool.cursor], radius: tool.radius), .add)
        case .less: addHere(.line([tool.cursor], radius: tool.radius), .take)
        default: return
        }
    }

    private mutating func setPainting(_ on: Bool) {
        guard on else {
            tool = nil
            return say("no brush any more; \(strokeCount(strokesHere.count))")
        }
        guard record != nil else { return refuseUntraced() }
        if showsGrid { return refuse("the grid lies over the panes: Enter goes into its cell, Esc closes it") }
        if let labelObstacle { return refuse(labelObstacle) }
        if takeBrush() { say("paint: arrows move, space paints, [ ] size, 0–9 class; ? says all") }
    }

    /// Takes the brush where it is not in hand, and shows the label. - Returns: whether it is in hand.
    private mutating func takeBrush() -> Bool {
        guard let trace = record?.trace else {
            refuseUntraced()
            return false
        }
        if let labelObstacle {
            refuse(labelObstacle)
            return false
        }
        if adjustments.view != .label { setView(.label) }
        guard tool == nil else { return true }
        probe = nil
        let (width, height) = (trace.originalWidth, trace.originalHeight)
        tool = PaintTool(
            cursor: StrokePoint(
                x: min(Int(viewport.centerX * Double(width)), width - 1), y: min(Int(viewport.centerY * Double(height)), height - 1)),
            radius: max((Double(max(width, height)) / 100).rounded(), 1), target: selectedTarget ?? .background)
        return true
    }

    /// The class looked at, as strokes name it; else the first that the label has.
    private var selectedTarget: StrokeTarget? {
        selectedClass.flatMap(target(ofClass:)) ?? labelClasses.first.flatMap(target(ofClass:))
    }

    /// After another picture came to be looked at.
    mutating func followPicture() {
        guard var tool, let trace = record?.trace else { return }
        let (width, height) = (trace.originalWidth, trace.originalHeight)
        tool.cursor = StrokePoint(x: min(tool.cursor.x, width - 1), y: min(tool.cursor.y, height - 1))
        (tool.last, tool.corner, tool.isDragging) = (nil, nil, false)
        self.tool = tool
    }

    /// Pixels of the picture that an arrow goes: one of the screen's, at least one of the picture's.
    private var cursorStep: Int {
        guard let placement, let trace = record?.trace else { return 1 }
        return max(Int(((placement.u1 - placement.u0) * Double(trace.originalWidth) / Double(max(placement.width, 1))).rounded()), 1)
    }

    private mutating func moveCursor(to point: StrokePoint) {
        tool?.cursor = point
        tool?.isDragging = false
        // The brush is seen.
        guard let placement, let trace = record?.trace, viewport.zoom > 1 else { return }
        let u = (Double(point.x) + 0.5) / Double(trace.originalWidth), v = (Double(point.y) + 0.5) / Double(trace.originalHeight)
        let marginU = (placement.u1 - placement.u0) * 0.05, marginV = (placement.v1 - placement.v0) * 0.05
        if u - marginU < placement.u0 { viewport.centerX -= placement.u0 - (u - marginU) }
        if u + marginU > placement.u1 { viewport.centerX += u + marginU - placement.u1 }
        if v - marginV < placement.v0 { viewport.centerY -= placement.v0 - (v - marginV) }
        if v + marginV > placement.v1 { viewport.centerY += v + marginV - placement.v1 }
        settleCenter()
    }

    /// A pixel more or less while it is small, a quarter then.
    private static func radius(_ radius: Double, by steps: Int) -> Double {
        var radius = radius
        for _ in 0..<min(abs(steps), 100) {
            let change = max((radius / (steps < 0 ? 5 : 4)).rounded(), 1)
            radius += steps < 0 ? -change : change
        }
        return min(max(radius, LabelStroke.radiusLimits.lowerBound), LabelStroke.radiusLimits.upperBound)
    }

    private mutating func setRadius(_ radius: Double) {
        guard LabelStroke.radiusLimits.contains(radius) else { return refuse("the brush's radius goes from 0 to 10000 pixels") }
        if radius == tool?.radius { return refuse(radius == 0 ? "the brush is one pixel wide" : "the brush is at its limit") }
        tool?.radius = radius
        say("brush: radius \(Numbers.plain(radius)) px of the picture")
    }

    private mutating func setSpread(_ on: Bool) {
        guard takeBrush() else { return }
        tool?.spreads = on
        say(on ? "strokes spread: refiners carry them to pixels alike" : "strokes are exact: no other pixel changes")
    }

    // MARK: Strokes

    /// Adds a stroke of the brush's target.
    private mutating func addHere(_ shape: LabelStroke.Shape, _ mode: StrokeMode) {
        guard let tool else { return }
        var target = tool.target
        if !mode.isPainted {
            if case .named = target {} else { target = selectedTarget ?? target }
        }
        do throws(LabelError) {
            add(try LabelStroke(target, shape, mode: mode))
        } catch { complain("\(error)") }
    }

    private mutating func add(_ stroke: LabelStroke) {
        guard record != nil else { return refuseUntraced() }
        if let labelObstacle { return refuse(labelObstacle) }
        if case .named(let name) = stroke.target, labelNumber(of: name) == nil {
            return refuse("\(name) has no number in label maps: --class-list gives one")
        }
        if adjustments.view != .label { setView(.label) }
        strokes[picture, default: LabelStrokes()].append(stroke)
        if case .line(let points, _) = stroke.shape, stroke.mode.isPainted, let end = points.last { tool?.last = end }
        tool?.isDragging = false
        say("\(strokeText(stroke)); \(strokeCount(strokesHere.count))")
    }

    private mutating func undoStroke() {
        guard let stroke = strokes[picture]?.undo() else { return refuse("no stroke to undo on this picture") }
        tool?.isDragging = false
        say("undone: \(strokeText(stroke)); \(strokeCount(strokesHere.count)) left")
    }

    private mutating func redoStroke() {
        guard let stroke = strokes[picture]?.redo() else { return refuse("no stroke to redo on this picture") }
        say("redone: \(strokeText(stroke)); \(strokeCount(strokesHere.count))")
    }

    /// All are undone, and can be redone.
    private mutating func clearStrokes() {
        let count = strokesHere.count
        guard count > 0 else { return refuse("no stroke on this picture") }
        while strokes[picture]?.undo() != nil {}
        tool?.isDragging = false
        say("undone: \(strokeCount(count)); U redoes each")
    }

    func strokeCount(_ count: Int) -> String { count == 1 ? "1 stroke" : "\(count) strokes" }

    /// A stroke in a few words.
    func strokeText(_ stroke: LabelStroke) -> String {
        let what = name(of: stroke.target)
        func at(_ point: StrokePoint) -> String { "\(point.x),\(point.y)" }
        let place: String
        switch stroke.shape {
        case .line(let points, let radius):
            let ends = points.count == 1 ? "dot at \(at(points[0]))" : "line to \(points.last.map(at) ?? "")"
            place = "\(ends), radius \(Numbers.plain(radius))"
        case .rectangle(let a, let b): place = "box \(at(a)) to \(at(b))"
        case .region(let point): place = "the region at \(at(point))"
        case .othersThan(let point): return "only the region at \(at(point))"
        case .tidied(let kind): return "\(stroke.target == .automatic ? "all classes" : what): \(kind.text)"
        }
        switch stroke.mode {
        case .constraint, .exact: return "\(what), \(place)" + (stroke.mode == .exact && !isRegion(stroke) ? ", exact" : "")
        case .add: return "more \(what), \(place)"
        case .take: return "less \(what), \(place)"
        }
    }

    private func isRegion(_ stroke: LabelStroke) -> Bool { if case .region = stroke.shape { true } else { false } }

    // MARK: The mouse

    /// The pixel of the picture at a point.
    private func pixel(at point: (u: Double, v: Double)) -> StrokePoint? {
        guard let trace = record?.trace else { return nil }
        return StrokePoint(
            x: min(max(Int(point.u * Double(trace.originalWidth)), 0), trace.originalWidth - 1),
            y: min(max(Int(point.v * Double(trace.originalHeight)), 0), trace.originalHeight - 1))
    }

    /// A press paints, with the right button background.
    mutating func press(at point: (u: Double, v: Double), isRight: Bool) {
        guard let tool, let pixel = pixel(at: point) else { return }
        self.tool?.cursor = pixel
        if let stroke = try? LabelStroke(
            isRight ? .background : tool.target, .line([pixel], radius: tool.radius), mode: isRight && !tool.spreads ? .exact : tool.mode) {
            add(stroke)
            self.tool?.isDragging = true
        }
    }

    /// The stroke that the press began goes on.
    mutating func drag(to point: (u: Double, v: Double)) {
        guard let tool, tool.isDragging, let pixel = pixel(at: point), pixel != tool.cursor, let stroke = strokesHere.held.last,
            case .line(let points, let radius) = stroke.shape,
            let longer = try? LabelStroke(stroke.target, .line(points + [pixel], radius: radius), mode: stroke.mode)
        else { return }
        strokes[picture]?.replaceLast(longer)
        self.tool?.cursor = pixel
        self.tool?.last = pixel
        say("\(strokeText(longer)); \(strokeCount(strokesHere.count))")
    }

    // MARK: Regions

    private mutating func tidy(_ kind: LabelTidying, of target: StrokeTarget) {
        if target == .background || target == .ignored { return refuse("put in order is a class: 1–9 choose one, “:tidy … all” takes each") }
        do throws(LabelError) {
            add(try LabelStroke(target, .tidied(kind), mode: .exact))
        } catch { complain("\(error)") }
    }

    /// The regions of the label shown, the largest first, each with a pixel of the picture in it.
    private var regions: [(region: LabelRegion, pixel: StrokePoint)]? {
        guard let labels = shownLabels?.labels, let trace = record?.trace, labels.width > 0 else { return nil }
        return LabelRegions.all(of: labels).map { region in
            let (row, column) = region.start.quotientAndRemainder(dividingBy: labels.width)
            return (region, StrokePoint(
                x: (2 * column + 1) * trace.originalWidth / (2 * labels.width), y: (2 * row + 1) * trace.originalHeight / (2 * labels.height)))
        }
    }

    private mutating func listRegions() {
        guard let regions, let labels = shownLabels?.labels else { return refuse("no label yet: a shows it") }
        guard !regions.isEmpty else { return refuse("the label has no class anywhere") }
        let all = Double(labels.width * labels.height)
        var facts = regions.prefix(Self.listedRegions).enumerated().map { place, item in
            let share = Numbers.percent(Float(Double(item.region.area) / all))
            return Fact("\(place + 1)", "\(labelSetup.name(of: item.region.number)), \(share) of the picture, from \(item.pixel.x),\(item.pixel.y)")
        }
        if regions.count > Self.listedRegions { facts.append(Fact("…", "and \(regions.count - Self.listedRegions) more, all smaller")) }
        facts.append(Fact("“:regions N”", "delete, only, or as CLASS"))
        show(facts, of: "regions")
    }

    private static let listedRegions = 200

    private mutating func changeRegion(_ place: Int, _ change: PaintAction.RegionChange) {
        guard let regions else { return refuse("no label yet: a shows it") }
        guard regions.indices.contains(place - 1) else { return refuse("no region \(place): there are \(regions.count); “:regions” lists them") }
        let pixel = regions[place - 1].pixel
        do throws(LabelError) {
            switch change {
            case .delete: add(try LabelStroke(.background, .region(pixel), mode: .exact))
            case .only: add(try LabelStroke(.automatic, .othersThan(pixel), mode: .exact))
            case .become(let target): add(try LabelStroke(target, .region(pixel), mode: .exact))
            }
        } catch { complain("\(error)") }
    }

    // MARK: Truth

    mutating func setTruth(_ look: TruthLook) {
        guard labelSetup.hasTruth || look == .off else { return refuse("no truth to see: --truth DIR gives it") }
        truthLook = look
        switch look {
        case .off: say("no truth over the picture")
        case .outline: say("truth: the borders of its classes; T goes on to the errors")
        case .error: say("errors of the label: orange is missed, blue too much, gray does not count")
        }
    }
}

extension LabelTidying {
    /// In a few words.
    var text: String {
        switch self {
        case .largest: "the largest region alone"
        case .least(let area): "no region below \(area) px"
        case .holes: "holes filled"
        case .smooth(let radius): "smooth by \(radius) px"
        }
    }
}
