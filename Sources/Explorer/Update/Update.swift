import Attribution

/// Applies an action. - Returns: what workers must do about it.
///
/// Pure: the same state and action always give the same state and effects. Never waits, never fails.
public func update(_ state: inout ExplorerState, _ action: Action) -> [Effect] {
    var effects: [Effect] = []
    state.take(action, &effects)
    if action.answersFiles { state.filesUnderWay = max(state.filesUnderWay - 1, 0) }
    state.filesUnderWay += effects.count { $0.isOfFiles }
    state.followScript(action, &effects)
    return effects
}

extension ExplorerState {
    /// Applies an action and all that follows from it at once.
    mutating func take(_ action: Action, _ effects: inout [Effect]) {
        if action.isIntent {
            flash = nil
            perform(action, &effects)
        } else {
            apply(action, &effects)
        }
        settle(&effects)
    }
}

extension Action {
    /// Whether the user did it: it replaces the message of the line of hints.
    var isIntent: Bool {
        switch self {
        case .resized, .picturesFound, .traced, .openFailed, .layerMapped, .progress, .finished, .failed, .exported,
            .labelsPrepared, .decoded, .tableMade, .modelLoaded, .modelRenewed, .classAdded, .checkpointsKept, .altered, .perturbed, .judged, .flashOver, .presetLoaded, .sessionRead, .folderListed, .exportExists, .exportFailed, .marksSaved, .engineHolds, .notice, .note, .noPictures, .drag,
            .start, .focus, .background, .graphics, .picturesOpened, .examined, .clock, .labelRead, .labelUnread, .labelWritten, .surveyed,
            .journalFailed, .delivered, .benchProgress, .benchEstimated, .benchJudged:
            false
        default: true
        }
    }
}

extension Action {
    /// Whether what it changes of the look can be gone back to. What stands for others is no step beside theirs.
    var isStep: Bool {
        switch self {
        case .back, .forward, .undo, .redo, .press, .run, .edit, .paste: false
        default: isIntent
        }
    }
}

extension Action {
    /// Whether it changes nothing but how the panes and the picture in them are seen: where a grid lies over them that would come
    /// as a surprise later.
    fileprivate var isOfPanes: Bool {
        switch self {
        case .togglePeek, .toggleBlink, .toggleDifference, .subtract, .addPane, .closePane, .stepPane, .toggleLayout, .toggleHistogram, .toggleQuality,
            .zoom, .pan, .probeMaximum, .toggleRegion:
            true
        default: false
        }
    }
}

extension ExplorerState {
    mutating func apply(_ action: Action, _ effects: inout [Effect]) {
        if showsGrid, action.isOfPanes { return refuse("the grid lies over the panes: Enter goes into its cell, Esc closes it") }
        switch action {
        case .start: startReview(&effects)
        case .stepLayer(let step): stepLayer(step)
        case .showLayer(let choice): showLayer(choice)
        case .toggleFused: showLayer(layer == .fused ? .layer(lastLayer) : .fused)
        case .stepClass(let step): stepClass(step)
        case .selectClass(let index): selectClass(index)
        case .stepPicture(let step): stepPicture(step)
        case .showPicture(let index): showPicture(index)
        case .selectThreshold(let threshold): selectThreshold(threshold)
        case .cycleThreshold(let step): selectThreshold(nextThreshold(by: step))
        case .adjust(let steps): adjustActive(steps)
        case .setThreshold(let threshold, let value): setThreshold(threshold, value)
        case .cycleView: setView(adjustments.view.next)
        case .setView(let view): setView(view)
        case .toggleLayout: setLayout(effectiveLayout == .split ? .single : .split)
        case .setLayout(let layout): setLayout(layout)
        case .toggleOverlay: setOverlay(adjustments.view != .overlay || !adjustments.overlayShown)
        case .setOverlay(let on): setOverlay(on)
        case .cycleBlend: cycleBlend()
        case .setBlend(let kind): setBlend(kind)
        case .setPalette(let palette): setPalette(palette)
        case .cyclePalette: setPalette(Self.next(adjustments.palette))
        case .setGlyphs(let choice): setGlyphs(choice)
        case .cycleGlyphs: cycleGlyphs()
        case .cycleColorMap: setColorMap(Self.next(adjustments.colorMap))
        case .setColorMap(let map): setColorMap(map)
        case .cycleMethod: cycleMethod()
        case .setMethod(let index): setMethod(index)
        case .cycleNormalization: setNormalization(nextNormalization)
        case .setNormalization(let normalization): setNormalization(normalization)
        case .cycleSampling: setSampling(Self.next(adjustments.sampling))
        case .setSampling(let sampling): setSampling(sampling)
        case .zoom(let steps): zoom(steps)
        case .setZoom(let value): setZoom(value)
        case .setViewport(let viewport): setViewport(viewport)
        case .pan(let direction): pan(direction)
        case .moveProbe(let direction): moveProbe(direction)
        case .probeMaximum: probeMaximum()
        case .probe(let column, let row): probe(column: column, row: row)
        case .probeOff: probe = nil
        case .cycleLabelView: cycleLabelView()
        case .setScope(let scope): setScope(scope)
        case .toggleScope: setScope(adjustments.scope == .all ? .applied : .all)
        case .setDecoderShare(let share): setDecoderShare(share)
        case .cycleBackground: cycleBackground()
        case .setBackground(let background): setBackground(background)
        case .cycleSaliency: cycleSaliency()
        case .setSaliency(let setting): setSaliency(setting)
        case .setPrediction(let probability): setPrediction(probability)
        case .toggleHistogram: setHistogram(!histogramShown)
        case .setHistogram(let on): setHistogram(on)
        case .toggleQuality: setQuality(!qualityShown)
        case .setQuality(let on): setQuality(on)
        case .loadPreset(let text): loadPreset(text, &effects)
        case .toggleMark: if let index = selectedClass { toggleMark(index) } else { refuseClassless() }
        case .toggleMarkOf(let index): toggleMark(index)
        case .mark(let classes): mark(classes)
        case .toggleMarksOnly: setMarksOnly(!marksOnly)
        case .setClassOrder(let order): setClassOrder(order)
        case .cycleClassOrder: setClassOrder(Self.next(classOrder))
        case .clearMarks: clearMarks()
        case .askExport: askExport()
        case .askExportPath(let kind): askExportPath(kind)
        case .export(let kind, let line): export(kind, line: line, &effects)
        case .figure(let path, let rows, let columns, let size): orderFigure(path: path, rows: rows, columns: columns, size)
        case .undo: undo()
        case .redo: redo()
        case .toggleMouse: setMouse(!mouse, &effects)
        case .setMouse(let on): setMouse(on, &effects)
        case .find: mode = .prompt(Prompt(.find, text: filter))
        case .filterClasses(let text): keepFilter(text)
        case .command: mode = .prompt(Prompt(.command))
        case .run(let line): run(line, &effects)
        case .press(let keys): press(keys, &effects)
        case .saveSession(let path): saveSession(path: path, &effects)
        case .playSession(let path): effects.append(.readSession(path: path))
        case .snap(let path): effects.append(.snap(view(self), path: path))
        case .setScreen(let columns, let rows):
            guard context.isHeadless else { return say("the terminal has a size of its own") }
            resize(columns: columns, rows: rows, cell: cell)
        case .help: openPalette()
        case .helpOn(let text): openPalette(text)
        case .showSettings: show(settingFacts, of: "settings")
        case .describe: show(sentences, of: "what is shown")
        case .scroll(let lines): if case .palette(let palette) = mode { stepPalette(palette, by: lines) } else { scrollReport(lines) }
        case .retry: retry()
        case .cancel: cancel(&effects)
        case .redraw: effects.append(.redraw)
        case .suspend: effects.append(.suspend)
        case .decide, .askNote, .setNote, .stepUndecided, .setOwn, .sortQueue, .cycleQueueSort, .askQueueFilter, .filterQueue, .toggleSheet, .enterSheet,
            .chooseInSheet, .choosePage, .toggleSheetList, .moveInSheet, .goInSheet, .pageInSheet, .stepInSheet, .deliver:
            applyToReview(action, &effects)
        case .sample(let choice): takeSample(choice, &effects)
        case .saySample: if bench == nil { refuse(sampleText) } else { say(sampleText) }
        case .sweep(let action): sweep(action)
        case .quit: quit(interrupted: false, &effects)
        case .interrupt: quit(interrupted: true, &effects)
        case .askMarksPath: askMarksPath()
        case .saveMarks(let path): saveMarks(path: path, &effects)
        case .showMemory: say(memoryText)
        case .edit(let edit): self.edit(edit, &effects)
        case .answer(let yes): answer(yes, &effects)
        case .addPane: addPane()
        case .closePane: closePane()
        case .stepPane(let step): stepPane(step)
        case .focusPane(let index): focusPane(index)
        case .askLock: mode = .chooseLock
        case .toggleLock(let axis): toggleLock(axis)
        case .setLock(let axes, let on): setLock(axes, on)
        case .toggleDifference: toggleDifference()
        case .subtract(let pane): subtract(pane)
        case .toggleBlink: toggleBlink()
        case .togglePeek: togglePeek()
        case .cycleGrid: cycleGrid()
        case .openGrid(let rows, let columns): openGrid(Grid(rows: rows, columns: columns))
        case .closeGrid: closeGrid()
        case .enterCell: enterCell()
        case .leaveCell: leaveCell()
        case .chooseCell(let row, let column): chooseCell(row: row, column: column)
        case .stepHead(let step): stepHead(step)
        case .showHead(let head): showHead(head)
        case .toggleQuery: toggleQuery()
        case .setQuery(let query): setQuery(query)
        case .cycleAgainst: cycleAgainst()
        case .setAgainst(let against): setAgainst(against)
        case .cycleQuantity: cycleQuantity()
        case .explain: explain()
        case .stepModel(let step): stepModel(step)
        case .showModel(let index): showModel(index)
        case .loadModel(let path): effects.append(.loadModel(path: path))
        case .addClass(let text): effects.append(.addClass(text, model: modelIndex))
        case .stepCheckpoint(let step): stepCheckpoint(step, &effects)
        case .showCheckpoint(let step): showCheckpoint(step: step, &effects)
        case .toggleRegion: toggleRegion()
        case .setRegion(let box): setRegion(box)
        case .cycleAblation: cycleAblation()
        case .toggleFusedLayer: toggleFusedLayer()
        case .setWeight(let weight, let layer): setWeight(weight, of: layer)
        case .cycleFusion: setFusion(Self.next(adjustments.preset.fusion))
        case .setFusion(let kind): setFusion(kind)
        case .setAblations(let ablations): setAblations(ablations)
        case .paint(let action): paint(action)
        case .cycleTruth: setTruth(Self.next(truthLook))
        case .setTruth(let look): setTruth(look)
        case .back: back()
        case .forward: forward()
        case .resized(let columns, let rows, let cell):
            resize(columns: columns, rows: rows, cell: cell)
        case .mouse(let button, let column, let row): press(button, column: column, row: row, &effects)
        case .drag(let column, let row): drag(column: column, row: row)
        case .openPictures, .askCopy, .copy, .setTheme, .sayTheme, .setGraphics, .sayGraphics, .graphics, .toggleSync, .setSync, .examine, .paste, .focus, .background,
            .picturesOpened, .examined:
            applyToTerminal(action, &effects)
        case .marksSaved(let request): marksSaved(request, &effects)
        default: receive(action, &effects)
        }
    }

    /// Says what to begin with.
    public mutating func greet() {
        say(columns >= 80 ? "to begin with: j/k class  h/l layer  a label  V grid  ? help says all" : "j/k class  h/l layer  a label  ? help")
    }

    /// Says what is amiss before anything is done.
    public mutating func warn(_ text: String) { refuse(text) }

    mutating func say(_ text: String) { message = Message(text: DisplayText.sanitized(text), tone: .plain) }
    /// Says why a key does nothing.
    mutating func refuse(_ text: String) { message = Message(text: DisplayText.sanitized(text), tone: .warning) }
    mutating func complain(_ text: String) { message = Message(text: DisplayText.sanitized(text), tone: .failure) }

    mutating func refuseUntraced() {
        if pictures.isEmpty { return refuse("no pictures") }
        refuse(notes[picture] == nil ? "not yet: the picture is still being read" : "this picture could not be read")
    }

    /// Says why there is no class to look at.
    mutating func refuseClassless() {
        if record != nil, !model.hasClasses { return refuse("no classes: " + ModelSummary.headless) }
        refuseUntraced()
    }

    /// The case after (or before) another, around the end.
    static func next<Choice: CaseIterable & Equatable>(_ choice: Choice, by step: Int = 1) -> Choice {
        let all = Array(Choice.allCases)
        guard let index = all.firstIndex(of: choice), !all.isEmpty else { return choice }
        let target = (index + step) % all.count
        return all[target < 0 ? target + all.count : target]
    }
}
