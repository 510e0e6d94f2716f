/// The line above the status: what is asked, a message, the probe, or the keys; at the right how far the work is.
enum HintView {
    static func draw(_ state: ExplorerState, _ layout: Layout, _ writer: inout FrameWriter) {
        let row = layout.hintRow
        switch state.mode {
        case .prompt(let prompt): return drawPrompt(prompt, row, layout.columns, &writer)
        case .confirmOverwrite(let request):
            var isOne = false
            if case .export(let export) = request { isOne = export.kind == .masks }
            let what = isOne ? "A mask of \(request.path) exists." : "\(request.path) exists."
            let text = DisplayText.truncated(DisplayText.sanitized(what), to: layout.columns - 28)
            let x = writer.write(text + " Replace it?  ", column: 1, row: row, look: writer.theme.warning)
            return drawKeys(.confirm, state, from: x, row, before: layout.columns, &writer)
        case .confirmQuit:
            let count = state.adjustments.marks.count { state.savedMarks[$0.key] != $0.value }
            let what = count == 0 ? "Marks were removed and" : "The marks of \(count) \(count == 1 ? "picture" : "pictures")"
            let text = DisplayText.truncated(what + " are not saved. Quit?", to: layout.columns - 24)
            let x = writer.write(text + "  ", column: 1, row: row, look: writer.theme.warning)
            return drawKeys(.confirmQuit, state, from: x, row, before: layout.columns, &writer)
        case .chooseExport where state.message == nil:
            let x = writer.write("export  ", column: 1, row: row, look: writer.theme.accent)
            return drawKeys(.chooseExport, state, from: x, row, before: layout.columns, &writer)
        case .chooseCopy where state.message == nil:
            let x = writer.write("copy  ", column: 1, row: row, look: writer.theme.accent)
            return drawKeys(.chooseCopy, state, from: x, row, before: layout.columns, &writer)
        case .chooseLock where state.message == nil:
            let x = writer.write("together or apart  ", column: 1, row: row, look: writer.theme.accent)
            return drawKeys(.chooseLock, state, from: x, row, before: layout.columns, &writer)
        case .help, .browse, .chooseExport, .chooseCopy, .chooseLock: break
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
        } else if let text = probeText(state) {
            writer.write(DisplayText.truncated(text, to: right - 2), column: 1, row: row, limit: right, look: writer.theme.text)
        } else {
            let x = drawThreshold(state, layout, &writer)
            drawKeys(.browse, state, from: x, row, before: right, &writer)
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
        guard let work = state.work else { return columns - 1 }
        let text: String
        if work.total > 0 {
            let filled = Int(Double(min(work.done, work.total)) / Double(work.total) * 6)
            let bar = writer.theme.mono
                ? "[" + String(repeating: "=", count: filled) + String(repeating: " ", count: 6 - filled) + "]"
                : String(repeating: "▰", count: filled) + String(repeating: "▱", count: 6 - filled)
            text = "\(DisplayText.truncated(work.stage, to: 14)) \(bar) \(min(work.done, work.total))/\(work.total)"
        } else {
            text = DisplayText.truncated(work.stage, to: 16) + " …"
        }
        return writer.writeRight(text, before: columns - 1, row: row, look: writer.theme.accent) - 3
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
            let x = writer.write(hint.keys + " ", column: hint.column, row: row, look: writer.theme.key)
            writer.write(hint.word, column: x, row: row, look: writer.theme.dim)
        }
    }

    /// The hint under a column of the line, where it shows hints.
    static func hint(atColumn column: Int, _ state: ExplorerState, _ layout: Layout) -> Hint? {
        guard state.mode == .browse, state.message == nil, state.probe == nil, state.work == nil else { return nil }
        let start = layout.titleRow == nil ? 5 + DisplayText.width(of: thresholdText(state)) : 1
        return placed(.browse, state, from: start, before: layout.columns - 1).first { ($0.column..<$0.column + $0.width).contains(column) }
    }

    private static func placed(_ context: KeyContext, _ state: ExplorerState, from column: Int, before limit: Int) -> [Hint] {
        var result: [Hint] = []
        var end = limit
        if [.browse, .chooseExport, .chooseCopy, .chooseLock].contains(context) {
            let (key, word, action): (String, String, Action) = context == .browse ? ("?", "help", .help) : ("Esc", "cancel", .cancel)
            let width = key.count + 1 + word.count
            result.append(Hint(keys: key, word: word, column: limit - width, width: width, action: action))
            end = limit - width - 2
        }
        var x = column
        for (keys, word, action) in hints(context, state) {
            let width = DisplayText.width(of: keys) + 1 + DisplayText.width(of: word)
            guard x + width <= end else { break }
            result.append(Hint(keys: keys, word: word, column: x, width: width, action: action))
            x += width + 2
        }
        return result
    }

    /// Hints with the first key of each binding that has the same word, those of what one is at first.
    private static func hints(_ context: KeyContext, _ state: ExplorerState) -> [(keys: String, word: String, action: Action)] {
        var result: [(keys: String, word: String, action: Action)] = []
        for focus in context == .browse ? state.hintFocus : [.maps] {
            for binding in KeyMap.bindings where binding.context == context && binding.focus.contains(focus) {
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
        if panes.all.count > 1 { return [.panes, .maps] }
        return [adjustments.view.showsLabels ? .labels : .maps]
    }
}
