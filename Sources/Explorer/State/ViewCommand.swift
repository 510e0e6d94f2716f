import Attribution
import Files
import Images
import Labels
import VisionTransformer

/// The command line that shows what is shown: options for what one pane needs, and for all else lines as they are typed.
struct ViewCommand {
    private let state: ExplorerState
    /// What the panes show, in the order of the screen.
    private let places: [Place]
    /// The pictures that take part, the first pane's first where no grid goes through them.
    private let pictures: [Int]
    /// What the options so far, and then the lines, lead to.
    private var trial: ExplorerState
    private var lines: [String] = []

    init(_ state: ExplorerState) {
        self.state = state
        places = state.panes.all.indices.map(state.place(ofPane:))
        pictures = Self.pictures(of: state, places)
        let adjustments = state.adjustments, first = places[0]
        let isMethod = state.methods[first.method].isMethod
        trial = ExplorerState(
            pictures: state.pictures, models: state.models, methods: state.methods, colorDepth: state.colorDepth,
            columns: state.columns, rows: state.rows, startLayer: adjustments.startLayer, method: isMethod ? first.method : 0,
            colorMap: adjustments.colorMap, preset: adjustments.origin, labels: state.labelSetup, predict: adjustments.predict)
        trial.context = state.context
        trial.finestGlyphs = state.finestGlyphs
        trial.store = state.store
        trial.restoredClasses = state.restoredClasses
        trial.noticedPictures = state.noticedPictures
        trial.picture = pictures[0]
        (trial.adjustments.blend, trial.adjustments.opacity, trial.adjustments.view) = (adjustments.blend, adjustments.opacity, first.view)
        if case .layer(let index) = first.layer { trial.layer = .layer(index) }
        if let classes = optionClasses { trial.adjustments.marks[first.picture] = classes.count > 1 ? Set(classes) : nil }
        trial.arrived()
        sayLines()
    }

    private static func pictures(of state: ExplorerState, _ places: [Place]) -> [Int] {
        var pictures = places.map(\.picture)
        if state.showsGrid, let grid = state.grid, let geometry = GridGeometry(state) {
            if grid.rows == .pictures { pictures += grid.top..<min(grid.top + geometry.visibleRows, state.pictures.count) }
            if grid.columns == .pictures { pictures += grid.left..<min(grid.left + geometry.visibleColumns, state.pictures.count) }
            if [grid.rows, grid.columns].contains(.pictures) { pictures.sort() }
        }
        var seen: Set<Int> = []
        return pictures.filter { seen.insert($0).inserted }
    }

    /// The words, the program first.
    var words: [String] {
        let paths = pictures.map { state.pictures[$0] }.map { $0.hasPrefix("-") ? "./" + $0 : $0 }
        var words = ["getam", "explore"] + paths
        if state.context.namesModel || state.models.count > 1 {
            for path in state.context.modelPaths { words += ["--model", path] }
        }
        words += state.context.options + options
        for line in lines { words += ["--do", line] }
        return words
    }

    /// What is shown and cannot be said.
    var left: [String] {
        var left: [String] = []
        let wanted = state.adjustments, made = trial.adjustments
        if trial.panes.all.count != places.count || places.indices.contains(where: { !isLike(trial.place(ofPane: $0), places[$0]) }) {
            left.append(places.count > 1 ? "the other panes" : "some of what is looked at")
        }
        if wanted.view.showsLabels, !isAlike(wanted.preset, made.preset) || presetPath == nil && Preset.named(wanted.origin.name) == nil {
            left.append("the preset \(wanted.origin.name)")
        }
        if wanted.marks.contains(where: { made.marks[$0.key] != $0.value && places.map(\.picture).contains($0.key) }) { left.append("the marks") }
        if trial.probe != state.probe { left.append("the probe") }
        if trial.showsGrid != state.showsGrid { left.append("the grid") }
        return left
    }

    // MARK: Options

    /// What the first pane shows.
    private var options: [String] {
        let first = places[0], adjustments = state.adjustments, seen = state.looking(at: first)
        var words: [String] = []
        if seen.isMethod { words += ["--method", seen.methodName] }
        for index in optionClasses ?? [] { words += ["--class", state.models[0].word(forClass: index)] }
        words += ["--start-layer", "\(adjustments.startLayer)"]
        if case .layer(let index) = first.layer { words += ["--layer", "\(index)"] }
        words += ["--view", first.view.rawValue]
        if places.contains(where: { $0.view == .overlay }) {
            if adjustments.blend != Blend.standard.kind { words += ["--blend", adjustments.blend.rawValue] }
            words += ["--opacity", "\(adjustments.opacity)"]
        }
        words += ["--colormap", adjustments.colorMap.rawValue]
        if places.contains(where: { $0.view.showsLabels }) || isPresetChanged {
            words += ["--preset", presetPath ?? adjustments.origin.name, "--predict", "\(adjustments.predict)"]
        }
        return words
    }

    /// Whether something of the preset was changed but its method and first layer, which options say.
    private var isPresetChanged: Bool { !isAlike(state.adjustments.preset, state.adjustments.origin) }

    private func isAlike(_ a: Preset, _ b: Preset) -> Bool {
        var a = a
        (a.layers, a.method) = (b.layers, b.method)
        return a == b
    }

    /// The class looked at, and behind it those that are marked beside it; `nil` where options cannot say it.
    private var optionClasses: [Int]? {
        let first = places[0]
        guard first.model == 0, pictures[0] == first.picture, let selected = state.looking(at: first).selectedClass else { return nil }
        let marks = state.adjustments.marks[first.picture] ?? []
        return [selected] + (marks.count > 1 && marks.contains(selected) ? marks.subtracting([selected]).sorted() : [])
    }

    /// The file of the preset that changes are seen against.
    private var presetPath: String? { state.presetFiles[state.adjustments.origin.name].flatMap { $0.isEmpty ? nil : $0 } }

    // MARK: Lines

    /// Adds a line, unless it is refused.
    ///
    /// - Parameter action: what it does here, where pictures have other numbers.
    private mutating func say(_ line: String, _ action: Action? = nil) {
        var ignored: [Effect] = []
        trial.message = nil
        if let action { trial.apply(action, &ignored) } else { trial.run(line, &ignored) }
        if trial.message.map({ $0.tone == .plain }) ?? true { lines.append(line) }
    }

    private mutating func sayLines() {
        let adjustments = state.adjustments
        sayChangesOfPreset()
        if adjustments.cut > 0 { say("threshold \(adjustments.cut)") }
        if adjustments.fill != LabelPaint.standardFill { say("fill \(adjustments.fill)") }
        if adjustments.palette != .screen { say("palette \(adjustments.palette.rawValue)") }
        if adjustments.sampling != .smooth { say("sampling \(adjustments.sampling.rawValue)") }
        if adjustments.scope != .all { say("decoder \(adjustments.scope.rawValue)") }
        if state.glyphs != .auto { say("glyphs \(state.glyphs.rawValue)") }
        if state.classOrder != .probability { say("sort \(state.classOrder.rawValue)") }
        sayPanes()
        if !state.filter.isEmpty {
            say("find \(state.filter)")
            if let index = state.selectedClass, trial.selectedClass != index { say("class \(state.model.word(forClass: index))") }
        }
        if state.marksOnly, !state.marks.isEmpty { say("mark only") }
        if let layout = adjustments.layout { say("view \(layout.rawValue)") }
        if !adjustments.overlayShown { say("overlay off") }
        if adjustments.normalization != .map { say("scale \(adjustments.normalization.rawValue)") }
        if state.histogramShown { say("histogram on") }
        if state.qualityShown { say("quality on") }
        if trial.probe != state.probe { say(state.probe.map { "probe \($0.column) \($0.row)" } ?? "probe off") }
        if let box = state.region?.box { say("region \(box)") }
        let viewport = state.viewport
        if trial.viewport != viewport { say("zoom \(viewport.zoom) \(viewport.centerX) \(viewport.centerY)") }
        if state.showsGrid, let grid = state.grid { say(grid) }
        if state.panes.isBlinking { say("blink") }
        if state.panes.isPeeking { say("peek") }
        if trial.activeThreshold != state.activeThreshold, state.thresholds.contains(state.activeThreshold) {
            say("active \(state.activeThreshold.rawValue)")
        }
    }

    private mutating func say(_ grid: Grid) {
        say("grid \(grid.rows.rawValue)x\(grid.columns.rawValue)")
        func place(_ axis: GridAxis, _ index: Int) -> Int { axis == .pictures ? pictures.firstIndex(of: index) ?? 0 : index }
        guard trial.grid?.row != grid.row || trial.grid?.column != grid.column else { return }
        say("grid \(place(grid.rows, grid.row)) \(place(grid.columns, grid.column))", .chooseCell(row: grid.row, column: grid.column))
    }

    /// How the preset differs from what it was taken as, but for its method and first layer.
    private mutating func sayChangesOfPreset() {
        let wanted = state.adjustments
        func differs(_ threshold: Threshold) -> Bool { threshold.value(in: wanted) != threshold.value(in: trial.adjustments) }
        if wanted.preset.completion.background != trial.adjustments.preset.completion.background {
            say(ExplorerState.line(of: wanted.preset.completion.background))
        }
        if wanted.preset.saliency != trial.adjustments.preset.saliency { say(ExplorerState.line(of: wanted.preset.saliency)) }
        if wanted.preset.saliency != .none, differs(.saliency) { say("saliency \(Threshold.saliency.value(in: wanted))") }
        if differs(.completion) { say("completion \(Threshold.completion.value(in: wanted))") }
        for threshold in [Threshold.opening, .pamr] where differs(threshold) { say("\(threshold.rawValue) \(Int(threshold.value(in: wanted)))") }
        if wanted.preset.decoder != trial.adjustments.preset.decoder { say("source \(wanted.preset.decoder)") }
        if wanted.preset.fusion != trial.adjustments.preset.fusion { say("fusion \(wanted.preset.fusion.rawValue)") }
        // What takes part first: one layer must.
        let layers = (state.startLayer..<state.model.depth).filter { state.weight(of: $0) != trial.weight(of: $0) }
        for layer in layers.filter({ state.weight(of: $0) > 0 }) + layers.filter({ state.weight(of: $0) == 0 }) {
            say("weight \(layer) \(state.weight(of: layer))")
        }
    }

    // MARK: Panes

    private mutating func sayPanes() {
        go(to: places[0])
        guard places.count > 1 else { return }
        for axis in PaneAxis.allCases where state.panes.locked.contains(axis) != trial.panes.locked.contains(axis) {
            say((state.panes.locked.contains(axis) ? "lock " : "unlock ") + axis.rawValue)
        }
        for place in places.dropFirst() {
            say("pane add")
            go(to: place)
        }
        // What one of them cannot have is taken from all that share it.
        for (index, place) in places.enumerated() where trial.panes.all.indices.contains(index) && !isLike(trial.place(ofPane: index), place) {
            choose(index)
            go(to: place)
        }
        for (index, pane) in state.panes.all.enumerated() {
            guard let less = pane.less else { continue }
            choose(index)
            say("difference \(less + 1)")
        }
        if trial.panes.anchor != state.panes.anchor || trial.panes.focus != state.panes.focus { choose(state.panes.anchor) }
        choose(state.panes.focus)
    }

    private mutating func choose(_ index: Int) {
        if trial.panes.focus != index { say("pane \(index + 1)") }
    }

    /// Whether what is seen of two places is the same.
    private func isLike(_ a: Place, _ b: Place) -> Bool {
        guard a.model == b.model, a.picture == b.picture, a.method == b.method, a.layer == b.layer, a.ablations == b.ablations, a.view == b.view
        else { return false }
        let method = state.methods[a.method]
        return state.looking(at: a).selectedClass == state.looking(at: b).selectedClass && (a.against == b.against || !method.followsTargets)
            && (a.head == b.head || !method.axes.contains(.head)) && (a.query == b.query || !method.axes.contains(.query))
    }

    /// The lines from where the trial stands.
    private mutating func go(to new: Place) {
        let seen = state.looking(at: new), method = state.methods[new.method]
        let isElsewhere = new.model != trial.modelIndex || new.picture != trial.picture
        if new.model != trial.modelIndex { say("model \(new.model + 1)") }
        if new.picture != trial.picture {
            say("image \((pictures.firstIndex(of: new.picture) ?? 0) + 1)", .showPicture(new.picture))
        }
        if new.view != trial.adjustments.view, !new.view.isOfLabel { say("view \(new.view.rawValue)") }
        if new.method != trial.adjustments.method { say("quantity \(method.identifier)") }
        let marks = state.adjustments.marks[new.picture] ?? Set(seen.namedClasses ?? []), marked = trial.adjustments.marks[new.picture] ?? Set(seen.namedClasses ?? [])
        for index in marks.symmetricDifference(marked).sorted() { say("mark \(seen.model.word(forClass: index))") }
        // Where one was before, the class looked at is that picture's own.
        if let index = seen.selectedClass, isElsewhere || index != trial.selectedClass { say("class \(seen.model.word(forClass: index))") }
        if new.against != trial.against, method.followsTargets {
            say("against " + seen.word(for: new.against))
        }
        if new.layer != trial.layer {
            if case .layer(let index) = new.layer { say("layer \(index)") } else { say("layer fused") }
        }
        if new.head != trial.head, method.axes.contains(.head) { say("head " + (new.head.map(String.init) ?? "mean")) }
        if new.ablations != trial.ablations { say("ablate " + (new.ablations.isEmpty ? "none" : new.ablations.words.joined(separator: " "))) }
        if new.query != trial.query, method.axes.contains(.query) { say("query " + seen.word(for: new.query)) }
        if new.view != trial.adjustments.view { say("view \(new.view.rawValue)") }
    }
}

extension ExplorerState {
    /// Notes which file a preset came from, for the command line that brings it back.
    public mutating func note(preset: Preset, at path: String) { presetFiles[preset.name] = path }
}
