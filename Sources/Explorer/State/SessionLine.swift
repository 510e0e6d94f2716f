import Attribution
import Labels

extension ExplorerState {
    /// Does what the user wants, and notes it as a command line.
    mutating func perform(_ action: Action, _ effects: inout [Effect]) {
        let mode = self.mode, before = look, wasInSheet = sheet != nil
        let leaving = action == .cancel ? lineOfLeaving : nil
        message = nil
        apply(action, &effects)
        if action.isStep, look != before { looks.left(before, for: look) }
        if case .answer(false) = action, case .confirmOverwrite(let request) = mode { session.dropWriting(of: request.path) }
        if case .filterClasses = action { return session.add(lineOfFilter) }
        // What asks for more is noted once that is said, and what was refused was not done; of a click a part may be.
        guard self.mode == .browse else { return }
        if case .mouse = action, mode != .browse { return }
        if case .mouse = action {} else if let message, message.tone != .plain { return }
        if let line = leaving ?? (wasInSheet ? sheetLine(of: action) : nil) ?? line(of: action) { session.add(line) }
    }

    /// The line that does what an action did, by what came of it; `nil` for what leaves nothing to be done again.
    private func line(of action: Action) -> String? {
        switch action {
        // Where one went, not how: lists may be in another order elsewhere.
        case .stepLayer, .showLayer, .toggleFused: if case .layer(let index) = layer { "layer \(index)" } else { "layer fused" }
        case .stepClass, .selectClass: selectedClass.map { "class " + model.word(forClass: $0) }
        case .stepPicture, .showPicture: pictures.isEmpty ? nil : "image " + word(forPicture: picture)
        case .cycleThreshold, .selectThreshold: "active \(activeThreshold.rawValue)"
        case .adjust(let steps): "adjust " + (steps < 0 ? "\(steps)" : "+\(steps)")
        case .setThreshold(let threshold, let value): line(of: threshold, value)
        case .cycleView, .setView, .cycleLabelView: "view \(adjustments.view.rawValue)"
        case .toggleLayout, .setLayout: "view \(effectiveLayout.rawValue)"
        case .toggleOverlay, .setOverlay: "overlay " + (adjustments.overlayShown ? "on" : "off")
        case .setBlend(let kind): "blend \(kind.rawValue)"
        case .setPalette, .cyclePalette: "palette \(adjustments.palette.rawValue)"
        case .setGlyphs, .cycleGlyphs: "glyphs \(glyphs.rawValue)"
        case .setColorMap, .cycleColorMap: "colormap \(adjustments.colorMap.rawValue)"
        case .setMethod, .cycleMethod, .cycleQuantity: "quantity \(methodName)"
        case .setNormalization, .cycleNormalization: "scale \(adjustments.normalization.rawValue)"
        case .setSampling, .cycleSampling: "sampling \(adjustments.sampling.rawValue)"
        case .setZoom(let zoom): "zoom \(zoom)"
        case .setViewport: "zoom \(viewport.zoom) \(viewport.centerX) \(viewport.centerY)"
        case .pan(let direction): "pan \(direction.rawValue)"
        case .moveProbe(let direction): "probe \(direction.rawValue)"
        case .probe(let column, let row): "probe \(column) \(row)"
        case .probeOff: "probe off"
        case .setScope, .toggleScope: "decoder \(adjustments.scope.rawValue)"
        case .setDecoderShare(let share): "source \(share)"
        case .setBackground(let background): Self.line(of: background)
        case .setSaliency(let setting): Self.line(of: setting)
        case .setPrediction(let probability): "predict \(probability)"
        case .toggleHistogram, .setHistogram: "histogram " + (histogramShown ? "on" : "off")
        case .toggleQuality, .setQuality: "quality " + (qualityShown ? "on" : "off")
        case .loadPreset(let text): "preset load " + Session.name(ofFile: text)
        case .toggleMark: selectedClass.map { "mark " + model.word(forClass: $0) }
        case .toggleMarkOf(let index): "mark " + model.word(forClass: index)
        case .mark(let classes): "mark " + classes.map(String.init).joined(separator: " ") + (classes.count == 1 ? "," : "")
        case .setClassOrder, .cycleClassOrder: "sort \(classOrder.rawValue)"
        case .clearMarks: "mark none"
        case .export(let kind, let text): Self.line(of: kind, text)
        case .figure(let path, let rows, let columns, let size):
            (["figure " + Session.name(ofFile: path)]
                + [
                    rows.map { "rows=\($0.rawValue)" }, columns.map { "columns=\($0.rawValue)" }, size.width.map { "width=\($0.text)" },
                    size.dotsPerInch.map { "dpi=\($0)" },
                ].compactMap(\.self)).joined(separator: " ")
        case .saveMarks(let path): "labels save " + Session.name(ofFile: path)
        case .toggleMouse, .setMouse: "mouse " + (mouse ? "on" : "off")
        case .copy(let kind): "copy \(kind.rawValue)"
        case .setTheme(let choice): "theme \(choice.rawValue)"
        case .setGraphics(let choice): "graphics \(choice.rawValue)"
        case .toggleSync, .setSync: "sync " + (context.isSynchronized ? "on" : "off")
        case .focusPane(let index): "pane \(index + 1)"
        case .toggleLock(let axis): (panes.locked.contains(axis) ? "lock " : "unlock ") + axis.rawValue
        case .setLock(let axes, let on): (on ? "lock " : "unlock ") + (axes.count == 1 ? axes.first?.rawValue ?? "all" : "all")
        case .subtract(let pane): "difference \(pane + 1)"
        case .openGrid(let rows, let columns): "grid \(rows.rawValue)x\(columns.rawValue)"
        case .closeGrid: "grid off"
        case .chooseCell(let row, let column): "grid \(row) \(column)"
        case .stepHead, .showHead: "head " + (head.map(String.init) ?? "mean")
        case .setQuery(let query): "query " + word(for: query)
        case .setAgainst(let against): "against " + word(for: against)
        case .stepModel, .showModel: "model \(modelIndex + 1)"
        case .loadModel(let path): "model " + Session.name(ofFile: path)
        case .addClass(let text): "class add " + text
        case .stepCheckpoint(let step): "checkpoint " + (step < 0 ? "\(step)" : "+\(step)")
        case .showCheckpoint(let step): "checkpoint " + (step.map(String.init) ?? "newest")
        case .setRegion(let box): "region " + (box.map { "\($0)" } ?? "none")
        case .setWeight(let weight, let layer): "weight \(layer) \(weight)"
        case .cycleFusion, .setFusion: "fusion \(adjustments.preset.fusion.rawValue)"
        case .setAblations(let ablations): "ablate " + (ablations.isEmpty ? "none" : ablations.words.joined(separator: " "))
        case .mouse(let button, let column, let row): "click \(button.rawValue) \(column) \(row)"
        case .paint(let action): line(of: action)
        case .cycleTruth, .setTruth: "truth \(truthLook.rawValue)"
        case .decide, .setNote, .stepUndecided, .setOwn, .sortQueue, .cycleQueueSort, .filterQueue, .toggleSheet, .enterSheet, .chooseInSheet,
            .choosePage, .toggleSheetList, .moveInSheet, .goInSheet, .pageInSheet, .stepInSheet, .deliver:
            reviewLine(of: action)
        case .sample(let choice): sampleLine(choice)
        case .sweep(let action): Self.line(of: action)
        // These leave nothing, ask, or are noted as what they lead to.
        case .undo, .redo, .back, .forward, .zoom, .probeMaximum, .cycleBackground, .cycleSaliency, .cycleBlend, .toggleMarksOnly, .addPane,
            .closePane, .stepPane, .toggleDifference, .toggleBlink, .togglePeek, .cycleGrid, .enterCell, .leaveCell, .toggleQuery,
            .cycleAgainst, .toggleRegion, .cycleAblation, .toggleFusedLayer, .explain:
            KeyMap.bindings.first { $0.action == action }?.command
        default: nil
        }
    }

    // MARK: Arguments

    private func line(of threshold: Threshold, _ value: Float) -> String {
        switch threshold {
        case .cut: "threshold \(value)"
        case .start, .opening, .pamr: "\(threshold.rawValue) \(Int(value))"
        case .opacity, .fill, .background, .completion, .saliency: "\(threshold.rawValue) \(value)"
        }
    }

    static func line(of background: LabelCompletion.Background) -> String {
        switch background {
        case .power(let power): "background power \(power)"
        case .level(let level): "background level \(level)"
        case .automatic(let kind): "background \(kind.rawValue)"
        case .band(let low, let high): "background band \(low) \(high)"
        }
    }

    static func line(of setting: SaliencySetting) -> String {
        switch setting {
        case .none: "saliency none"
        case .files: "saliency files"
        case .computed(let kind): "saliency \(kind.rawValue)"
        }
    }

    private static func line(of kind: ExportKind, _ text: String) -> String {
        guard let (limit, path) = try? Command.areaLimit(text, kind) else { return "export \(kind.rawValue) " + Session.name(ofFile: text) }
        let option = switch limit {
        case .pixels(0): ""
        case .pixels(let count): "--min-area \(count) "
        case .share(let share): "--min-area \(share * 100)% "
        }
        return "export \(kind.rawValue) \(option)" + Session.name(ofFile: path)
    }

    /// The token that looks, as it is typed.
    func word(for query: QueryToken) -> String {
        switch query {
        case .picture: return "picture"
        case .prefix(let token): return "\(token)"
        case .patch(let index):
            let columns = max(record?.trace.gridColumns ?? 1, 1)
            return "\(index % columns) \(index / columns)"
        }
    }

    /// What the class is seen against, as it is typed.
    func word(for against: Against) -> String {
        switch against {
        case .none: "none"
        case .nearest: "nearest"
        case .all: "soft-max"
        case .other(let index): model.word(forClass: index)
        }
    }

    // MARK: What is left

    /// The filter as it is now.
    private var lineOfFilter: String { filter.isEmpty ? "press / Ctrl-U Enter" : "find " + filter }

    /// What `cancel` would leave once all work is done: a session that is replayed stops none.
    private var lineOfLeaving: String? {
        switch mode {
        case .prompt(let prompt): return prompt.kind == .find && !filter.isEmpty ? "press / Esc" : nil
        case .browse: break
        default: return nil
        }
        if showsGrid { return "grid off" }
        if work != nil || isBenchBusy { return nil }
        if bench?.sweep != nil { return "sweep off" }
        if grid != nil { return "grid back" }
        if !filter.isEmpty { return "press Esc" }
        if region != nil { return "region none" }
        return probe == nil ? nil : "probe off"
    }
}
