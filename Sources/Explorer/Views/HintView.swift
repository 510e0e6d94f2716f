/// The line above the status: what is asked, a message, the probe, or the keys; at the right how far the work is.
enum HintView {
    static func draw(_ state: ExplorerState, _ layout: Layout, _ writer: inout FrameWriter) {
        let row = layout.hintRow
        if case .prompt(let prompt) = state.mode { return drawPrompt(prompt, row, layout.columns, &writer) }
        if let question = question(state, layout) {
            let look = question.isWarning ? writer.theme.warning : writer.theme.accent
            let x = writer.write(question.text, column: 1, row: row, look: look)
            return drawKeys(question.context, state, from: x, row, before: layout.columns, &writer)
        }
        let right = drawWork(state, row, layout.columns, &writer)
        if let message = state.message {
            let look: Cell =
                switch message.tone {
                case .plain: writer.theme.text
                case .warning: writer.theme.warning
                case .failure: writer.theme.failure
                }
            writer.write(DisplayText.truncated(message.text, to: right - 2), column: 1, row: row, limit: right, look: look)
        } else if state.sheet == nil, let text = probeText(state) {
            writer.write(DisplayText.truncated(text, to: right - 2), column: 1, row: row, limit: right, look: writer.theme.text)
        } else {
            let x = state.sheet == nil ? drawThreshold(state, layout, &writer) : 1
            drawKeys(state.sheet != nil ? .sheet : state.tool != nil ? .paint : state.showsSweep ? .sweep : .browse, state, from: x, row, before: right, &writer)
        }
    }

    // MARK: Questions

    /// What is asked, and whose keys answer.
    private struct Question {
        let text: String
        let context: KeyContext
        var isWarning = false
    }

    private static func question(_ state: ExplorerState, _ layout: Layout) -> Question? {
        switch state.mode {
        case .confirmOverwrite(let request):
            var isOne = false
            if case .export(let export) = request { isOne = export.kind == .masks }
            let what = isOne ? "A mask of \(request.path) exists." : "\(request.path) exists."
            let text = DisplayText.truncated(DisplayText.sanitized(what), to: layout.columns - 28)
            return Question(text: text + " Replace it?  ", context: .confirm, isWarning: true)
        case .confirmQuit:
            func of(_ count: Int) -> String { "of \(count) \(count == 1 ? "picture" : "pictures")" }
            let count = state.adjustments.marks.count { state.savedMarks[$0.key] != $0.value }
            let marks = count == 0 ? "Marks were removed and" : "The marks \(of(count))"
            let painted = state.strokes.count { state.savedStrokes[$0.key] != $0.value && !$0.value.isEmpty }
            let what = state.hasUnsavedMarks ? marks + (painted > 0 ? ", strokes \(of(painted))" : "") : "Strokes \(of(painted))"
            let text = DisplayText.truncated(what + " are not saved. Quit?", to: layout.columns - 24)
            return Question(text: text + "  ", context: .confirmQuit, isWarning: true)
        case .chooseExport where state.message == nil: return Question(text: "export  ", context: .chooseExport)
        case .chooseCopy where state.message == nil: return Question(text: "copy  ", context: .chooseCopy)
        case .chooseLock where state.message == nil: return Question(text: layout.columns < 100 ? "locks  " : "together or apart  ", context: .chooseLock)
        case .palette, .report, .browse, .prompt, .chooseExport, .chooseCopy, .chooseLock: return nil
        }
    }

    // MARK: Prompts

    private static func drawPrompt(_ prompt: Prompt, _ row: Int, _ columns: Int, _ writer: inout FrameWriter) {
        var label = prompt.label
        if DisplayText.width(of: label) > columns / 2 { label = "path: " }
        let start = writer.write(label, column: 1, row: row, look: writer.theme.accent)
        let room = columns - start - 1
        guard room > 1 else { return }
        // The end that holds the cursor is seen.
        let before = prompt.text[..<prompt.cursor].map { DisplayText.width(of: String($0)) }
        var skipped = 0, used = before.reduce(0, +)
        while used >= room, skipped < before.count {
            used -= before[skipped]
            skipped += 1
        }
        let seen = String(prompt.text[skipped...])
        writer.write(seen, column: start, row: row, limit: columns - 1, look: writer.theme.text)
        if skipped > 0 { writer.write("…", column: start, row: row, look: writer.theme.dim) }
        let cursor = min(start + used, columns - 1)
        writer.frame.cursor = (cursor, row)
        if prompt.completions.count > 1, let index = prompt.completionIndex {
            let note = "\(index + 1) of \(prompt.completions.count)"
            let end = start + DisplayText.width(of: seen) + 2
            if end + note.count < columns { writer.writeRight(note, before: columns - 1, row: row, look: writer.theme.dim) }
        }
    }

    // MARK: Work

    /// - Returns: the column that everything else must end before.
    private static func drawWork(_ state: ExplorerState, _ row: Int, _ columns: Int, _ writer: inout FrameWriter) -> Int {
        guard let text = workText(state, mono: writer.theme.mono) else { return columns - 1 }
        return writer.writeRight(text, before: columns - 1, row: row, look: writer.theme.accent) - 3
    }

    private static func workText(_ state: ExplorerState, mono: Bool) -> String? {
        guard let work = state.work else { return nil }
        guard work.total > 0 else { return DisplayText.truncated(work.stage, to: 16) + " …" }
        let filled = Int(Double(min(work.done, work.total)) / Double(work.total) * 6)
        let bar = mono
            ? "[" + String(repeating: "=", count: filled) + String(repeating: " ", count: 6 - filled) + "]"
            : String(repeating: "▰", count: filled) + String(repeating: "▱", count: 6 - filled)
        return "\(DisplayText.truncated(work.stage, to: 14)) \(bar) \(min(work.done, work.total))/\(work.total)"
    }

    // MARK: The probe

    /// The value of the patch, its rank, and its box in the picture.
    private static func probeText(_ state: ExplorerState) -> String? {
        guard let probe = state.probe, let trace = state.record?.trace else { return nil }
        let left = edge(probe.column, trace.gridColumns, trace.originalWidth)
        let right = edge(probe.column + 1, trace.gridColumns, trace.originalWidth)
        let top = edge(probe.row, trace.gridRows, trace.originalHeight)
        let bottom = edge(probe.row + 1, trace.gridRows, trace.originalHeight)
        let box = "x \(left)–\(right - 1) y \(top)–\(bottom - 1) px"
        if state.shownTable != nil { return state.tableCell.map { "\($0.name): \($0.text)" } ?? "a table: the arrows go to a cell, x to the greatest" }
        guard let map = state.shown?.map, let known = state.probeValue else {
            return "patch \(probe.column) \(probe.row)  \(state.absence)  \(box)"
        }
        guard state.columns >= 64 else {
            return "\(probe.column) \(probe.row): \(Numbers.scientific(known.value)) #\(known.rank)/\(known.patches)"
                + " \(left),\(top)–\(right - 1),\(bottom - 1)"
        }
        var text = "patch \(probe.column) \(probe.row)  \(Numbers.scientific(known.value, digits: 3))"
        if let classes = map.classes {
            text += "  \(state.model.className(classes.classes[probe.row * map.map.columns + probe.column]))"
        }
        text += "  rank \(known.rank) of \(known.patches)"
        text += "  \(box)"
        if state.columns >= 100, let peak = Sparkline.peak(known.layers) {
            text += "  layers " + Sparkline.text(known.layers, mono: state.colorDepth == .mono) + " peak \(peak)"
        }
        return text
    }

    /// Where a patch begins, in pixels of the picture.
    private static func edge(_ index: Int, _ count: Int, _ size: Int) -> Int {
        Int((Double(index) / Double(count) * Double(size)).rounded())
    }

    // MARK: Keys

    private static func thresholdText(_ state: ExplorerState) -> String {
        "\(state.activeThreshold.title) \(state.activeThreshold.text(in: state.adjustments))  "
    }

    /// The active threshold, where no title line shows it. - Returns: the column after it.
    private static func drawThreshold(_ state: ExplorerState, _ layout: Layout, _ writer: inout FrameWriter) -> Int {
        guard layout.titleRow == nil else { return 1 }
        let x = writer.write("[ ] ", column: 1, row: layout.hintRow, look: writer.theme.key)
        return writer.write(thresholdText(state), column: x, row: layout.hintRow, look: writer.theme.dim)
    }

    /// A hint on the screen.
    struct Hint {
        let keys: String
        let word: String
        let column: Int
        let width: Int
        let action: Action
    }

    /// The keys of a context that have a hint, as many as fit; the way to the rest, or back, always.
    private static func drawKeys(
        _ context: KeyContext, _ state: ExplorerState, from column: Int, _ row: Int, before limit: Int,
        _ writer: inout FrameWriter
    ) {
        for hint in placed(context, state, from: column, before: limit) {
            guard !hint.word.isEmpty else {
                writer.write(hint.keys, column: hint.column, row: row, look: writer.theme.dim)
                continue
            }
            let x = writer.write(hint.keys + " ", column: hint.column, row: row, look: writer.theme.key)
            writer.write(hint.word, column: x, row: row, look: writer.theme.dim)
        }
    }

    /// What a click on a column of the line does: a hint's action, a step of the threshold shown there, an end of the work.
    static func action(atColumn column: Int, _ state: ExplorerState, _ layout: Layout) -> Action? {
        func hint(_ context: KeyContext, from start: Int, before limit: Int) -> Action? {
            placed(context, state, from: start, before: limit).first { ($0.column..<$0.column + $0.width).contains(column) }?.action
        }
        if let question = question(state, layout) {
            return hint(question.context, from: 1 + DisplayText.width(of: question.text), before: layout.columns)
        }
        guard state.mode == .browse else { return nil }
        var right = layout.columns - 1
        if let work = workText(state, mono: state.colorDepth == .mono) {
            right -= DisplayText.width(of: work)
            if column >= right { return .cancel }
            right -= 3
        }
        guard state.message == nil, state.sheet != nil || probeText(state) == nil else { return nil }
        if state.sheet != nil { return hint(.sheet, from: 1, before: right) }
        let start = layout.titleRow == nil ? 5 + DisplayText.width(of: thresholdText(state)) : 1
        if column < start { return column == 1 ? .adjust(-1) : column == 3 ? .adjust(1) : layout.titleRow == nil ? .cycleThreshold(1) : nil }
        return hint(state.tool != nil ? .paint : state.showsSweep ? .sweep : .browse, from: start, before: right)
    }

    private static func placed(_ context: KeyContext, _ state: ExplorerState, from column: Int, before limit: Int) -> [Hint] {
        var result: [Hint] = []
        var end = limit
        let isBrowsing = [.browse, .paint, .sweep, .sheet].contains(context)
        if isBrowsing || [.chooseExport, .chooseCopy, .chooseLock].contains(context) {
            let (key, word, action): (String, String, Action) = isBrowsing ? ("?", "help", .help) : ("Esc", "cancel", .cancel)
            let width = key.count + 1 + word.count
            result.append(Hint(keys: key, word: word, column: limit - width, width: width, action: action))
            end = limit - width - 2
        }
        let all = hints(context, state).map { hint in
            (hint, width: DisplayText.width(of: hint.keys) + 1 + DisplayText.width(of: hint.word))
        }
        // A question's answers stand closer before one is left out, and then it is seen that one is.
        let isQuestion = !isBrowsing, room = end - column
        let whole = all.reduce(0) { $0 + $1.width } + 2 * (all.count - 1), gap = isQuestion && whole > room ? 1 : 2
        let isCut = isQuestion && whole - (2 - gap) * (all.count - 1) > room
        var x = column
        for (hint, width) in all {
            guard x + width <= end - (isCut ? 2 : 0) else { break }
            result.append(Hint(keys: hint.keys, word: hint.word, column: x, width: width, action: hint.action))
            x += width + gap
        }
        if isCut, x < end { result.append(Hint(keys: "…", word: "", column: x, width: 1, action: .help)) }
        return result
    }

    /// Hints with the first key of each binding that has the same word, those of what one is at first.
    private static func hints(_ context: KeyContext, _ state: ExplorerState) -> [(keys: String, word: String, action: Action)] {
        var result: [(keys: String, word: String, action: Action)] = []
        for focus in context == .browse ? state.hintFocus : [.maps] {
            let contexts: Set<KeyContext> = focus == .review ? [.review] : [context]
            for binding in KeyMap.bindings where contexts.contains(binding.context) && binding.focus.contains(focus) {
                guard let word = binding.hint, let key = binding.keys.first?.name else { continue }
                if let index = result.firstIndex(where: { $0.word == word }) {
                    if !result[index].keys.split(separator: "/").contains(Substring(key)) { result[index].keys += "/" + key }
                } else {
                    result.append((key, word, binding.action))
                }
            }
        }
        return result
    }
}

extension ExplorerState {
    /// Whose keys are hinted at, the nearest first.
    var hintFocus: [HintFocus] {
        if showsGrid { return [.grid] }
        if review != nil { return [.review, adjustments.view.showsLabels ? .labels : .maps] }
        if panes.all.count > 1 { return [.panes, .maps] }
        return [adjustments.view.showsLabels ? .labels : .maps]
    }
}
