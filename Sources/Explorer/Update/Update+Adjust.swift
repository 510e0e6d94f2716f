import Attribution
import Images

extension ExplorerState {
    /// Changes what is shown; undo takes it back.
    mutating func change(_ body: (inout Adjustments) -> Void) {
        var after = adjustments
        body(&after)
        guard after != adjustments else { return }
        // Looking is no work: back and forward go over it.
        guard after.work != adjustments.work else { return adjustments = after }
        undoStack.append(adjustments)
        // Each step may hold the marks of all pictures.
        let limit = min(Self.undoLimit, max(20, 100_000 / max(after.marks.count, 1)))
        if undoStack.count > limit { undoStack.removeFirst(undoStack.count - limit) }
        redoStack = []
        adjustments = after
    }

    mutating func undo() {
        guard let earlier = undoStack.popLast() else { return refuse("nothing to undo") }
        redoStack.append(adjustments)
        say("undone: " + difference(from: adjustments, to: earlier))
        adjustments = ownMarks(earlier.taken(for: adjustments))
    }

    mutating func redo() {
        guard let later = redoStack.popLast() else { return refuse("nothing to redo") }
        undoStack.append(adjustments)
        say("redone: " + difference(from: adjustments, to: later))
        adjustments = ownMarks(later.taken(for: adjustments))
    }

    /// In a review undo is of the picture shown: the marks of others stay.
    private func ownMarks(_ wanted: Adjustments) -> Adjustments {
        guard isReviewing else { return wanted }
        var result = wanted
        result.marks = adjustments.marks
        result.marks[picture] = wanted.marks[picture]
        return result
    }

    /// What changes, in a few words.
    private func difference(from a: Adjustments, to b: Adjustments) -> String {
        // A preset brings thresholds of its own.
        if a.preset.name != b.preset.name { return "preset \(b.preset.name)" }
        for threshold in Threshold.allCases where threshold.text(in: a) != threshold.text(in: b) {
            return "\(threshold.title) \(threshold.text(in: a)) → \(threshold.text(in: b))"
        }
        if a.blend != b.blend { return "blend \(b.blend.rawValue)" }
        if a.palette != b.palette { return "palette \(b.palette.rawValue)" }
        if a.colorMap != b.colorMap { return "color map \(b.colorMap.rawValue)" }
        if a.normalization != b.normalization { return "scale \(b.normalization.rawValue)" }
        if a.sampling != b.sampling { return "sampling \(b.sampling.rawValue)" }
        if a.scope != b.scope { return "decoder \(b.scope.rawValue)" }
        if a.preset.fusion != b.preset.fusion { return "fusion by \(b.preset.fusion.title)" }
        if a.preset.weights != b.preset.weights { return "weights of layers" }
        if a.predict != b.predict { return "predicted from \(Numbers.fixed(b.predict, digits: 2))" }
        return a.marks == b.marks ? "preset" : "marks"
    }

    // MARK: Thresholds

    /// The thresholds of the view shown, in the order of `tab`.
    var thresholds: [Threshold] {
        if adjustments.view == .decoder { return [.fill] }
        return adjustments.view.isOfLabel
            ? [.start, .background, .completion, .saliency, .opening, .pamr, .fill] : [.start, .cut, .opacity]
    }

    func nextThreshold(by step: Int) -> Threshold {
        let place = (thresholds.firstIndex(of: activeThreshold) ?? 0) + step, count = thresholds.count
        return thresholds[(place % count + count) % count]
    }

    mutating func selectThreshold(_ threshold: Threshold) {
        guard thresholds.contains(threshold) else {
            return refuse("\(threshold.title) is no threshold of the \(adjustments.view.rawValue) view")
        }
        activeThreshold = threshold
        say("[ and ] now step the \(threshold.title): \(threshold.text(in: adjustments))")
    }

    mutating func adjustActive(_ steps: Int) {
        let threshold = activeThreshold
        if let reason = threshold.obstacle(in: adjustments) { return refuse(reason) }
        let limits = threshold.limits(depth: model.depth, in: adjustments)
        // One that was found for the picture is gone on from.
        let value = threshold == .background ? foundLevel.map { Float($0) } ?? threshold.value(in: adjustments) : threshold.value(in: adjustments)
        if steps < 0, value <= limits.lowerBound {
            return refuse(
                threshold == .cut ? "the threshold is off" : "no lower: \(threshold.title) is \(threshold.text(in: adjustments))")
        }
        if steps > 0, value >= limits.upperBound {
            return refuse("no higher: \(threshold.title) is \(threshold.text(in: adjustments))")
        }
        // Onto the grid of steps, so that up and down meet the same values.
        let step = threshold.step(in: adjustments)
        let place = ((value / step).rounded() + Float(steps)) * step
        let target = min(max(place, limits.lowerBound), limits.upperBound)
        change { threshold.set(target, in: &$0) }
        sayThreshold(threshold)
    }

    mutating func setThreshold(_ threshold: Threshold, _ value: Float) {
        if let reason = threshold.obstacle(in: adjustments) { return refuse(reason) }
        let limits = threshold.limits(depth: model.depth, in: adjustments)
        guard limits.contains(value) else {
            return refuse(
                threshold == .start
                    ? "no layer \(Int(min(max(value, -1e6), 1e6))): layers go from 0 to \(model.depth - 1)"
                    : "\(threshold.title) is from \(Int(limits.lowerBound)) to \(Int(limits.upperBound))")
        }
        activeThreshold = threshold
        change { threshold.set(value, in: &$0) }
        sayThreshold(threshold)
    }

    private mutating func sayThreshold(_ threshold: Threshold) {
        switch threshold {
        case .start: say("fused map: layers \(startLayer) to \(model.depth - 1)")
        case .cut, .opacity, .fill: say("\(threshold.title) \(threshold.text(in: adjustments))")
        default: say("\(threshold.title) \(threshold.text(in: adjustments))" + labelHint)
        }
    }

    // MARK: Views

    mutating func setView(_ view: ViewKind) {
        let before = adjustments.view
        if view == .decoder, model.decoder == nil { return refuse(ModelSummary.decoderless) }
        if view.isOfLabel, !before.isOfLabel, let labelObstacle { return refuse(labelObstacle) }
        change { $0.view = view }
        if view.isOfLabel, !before.isOfLabel { activeThreshold = .background }
    }

    mutating func setLayout(_ layout: PaneLayout) {
        change { $0.layout = layout }
        if layout == .split, adjustments.view == .picture { refuse("the picture view has one pane; v goes on to the overlay") }
    }

    mutating func setOverlay(_ on: Bool) {
        change {
            if on { $0.view = .overlay }
            $0.overlayShown = on
        }
        say(adjustments.overlayShown ? "overlay on" : "overlay off")
    }

    mutating func setColorMap(_ map: ColorMap) {
        change { $0.colorMap = map }
        say("color map \(map.rawValue)")
    }

    /// The next that means something for the panes there are.
    var nextNormalization: Normalization {
        let next = Self.next(adjustments.normalization)
        return next == .panes && panes.all.count < 2 ? .map : next
    }

    mutating func setNormalization(_ normalization: Normalization) {
        if normalization == .panes, panes.all.count < 2 { return refuse("there is one pane: | adds another") }
        change { $0.normalization = normalization }
        switch normalization {
        case .map: say("colors span \(panes.all.count > 1 ? "each" : "this") map's own range")
        case .layers: say(showsGrid ? "colors span one scale for all cells" : "colors span one scale for all layers")
        case .symmetric: say("colors span as much below zero, blue, as above it, orange")
        case .panes: say("colors span one scale for all panes")
        }
    }

    mutating func setSampling(_ sampling: Sampling) {
        change { $0.sampling = sampling }
        say(sampling == .smooth ? "smooth: bilinear between patches" : "patches: one color each")
    }

    mutating func cycleMethod() {
        let others = (1..<max(methods.count, 1)).map { (adjustments.method + $0) % methods.count }
        guard let next = others.first(where: { methods[$0].isMethod && obstacle(to: $0) == nil }) else {
            return refuse("no other method: \(methodName) is the only one" + (methods.count > 1 ? " that works here" : ""))
        }
        setMethod(next)
    }

    mutating func setMethod(_ index: Int) {
        guard methods.indices.contains(index) else { return refuse("no method \(index)") }
        if let obstacle = obstacle(to: index) { return refuse(obstacle) }
        if index != adjustments.method { tableColumn = nil }
        change { $0.method = index }
        if !methods[index].axes.contains(.head) || head.map({ $0 >= headCount }) == true { head = nil }
        if !methods[index].axes.contains(.query) { query = .picture }
        if !methods[index].followsTargets || against == .all && methods[index].sumsLogits { against = .none }
        if !methods[index].isMethod, adjustments.view.showsLabels { adjustments.view = .overlay }
        say("\(methods[index].title): \(methods[index].explanation)")
    }

    /// Why a method cannot be chosen; `nil` where it can.
    func obstacle(to index: Int) -> String? {
        let method = methods[index]
        if let reason = model.obstacles[method.identifier] { return "\(method.identifier): \(reason)" }
        if method.needsClass, !model.hasClasses { return "\(method.identifier) needs a class: \(ModelSummary.headless)" }
        if showsGrid, let grid, let reason = obstacle(to: grid, of: method) { return reason + ": Esc leaves the grid" }
        if method.isMethod, !method.needsClass, adjustments.view.isOfLabel {
            return "labels need a map for each class, and \(method.identifier) gives one for all: v leaves the label views"
        }
        return nil
    }

    /// Why there are no labels; `nil` where there can be.
    var labelObstacle: String? {
        if !model.hasClasses { return "labels need classes: \(ModelSummary.headless)" }
        if model.classNames != models[0].classNames { return "labels are made with the first model's classes, which \(modelTitle(modelIndex)) has not" }
        if method?.needsClass == false {
            return "labels need a map for each class, and \(methodName) gives one for all: m chooses another method"
        }
        return nil
    }

    // MARK: Marks

    mutating func toggleMark(_ index: Int) {
        guard let record, model.hasClasses else { return refuseClassless() }
        guard record.trace.logits.indices.contains(index) else { return refuse("no class \(index)") }
        let picture = self.picture, named = namedClasses ?? []
        change {
            // What the label file says is where marking begins.
            var marks = $0.marks[picture] ?? Set(named)
            if marks.remove(index) == nil { marks.insert(index) }
            // None marked against a label file is a statement; without a file it leaves the classes to the prediction.
            $0.marks[picture] = marks.isEmpty && named.isEmpty ? nil : marks
        }
        if marks.contains(index), !labelSetup.has(index) {
            return refuse("\(model.className(index)) marked, but label maps have no number for it: --class-list gives one")
        }
        say("\(model.className(index)) " + (marks.contains(index) ? "marked" : "no longer marked"))
    }

    /// Marks classes beside those that are marked.
    mutating func mark(_ classes: [Int]) {
        guard let record, model.hasClasses else { return refuseClassless() }
        if let wrong = classes.first(where: { !record.trace.logits.indices.contains($0) }) { return refuse("no class \(wrong)") }
        let picture = self.picture, named = namedClasses ?? []
        change { $0.marks[picture] = ($0.marks[picture] ?? Set(named)).union(classes) }
        say("marked: " + classes.map(model.className).joined(separator: ", "))
    }

    mutating func clearMarks() {
        guard adjustments.marks[picture] != nil else { return refuse("no class is marked") }
        let picture = self.picture
        change { $0.marks[picture] = nil }
        say("no class is marked now")
    }

    mutating func setMouse(_ on: Bool, _ effects: inout [Effect]) {
        mouse = on
        effects.append(.setMouse(on))
        say(on ? "mouse on: the terminal's own selection needs Shift" : "mouse off: the terminal selects text")
    }
}
