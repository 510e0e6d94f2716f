import Files

extension ExplorerState {
    /// What concerns the terminal and what is around it: its theme, pixels, focus, pastes, clipboard.
    mutating func applyToTerminal(_ action: Action, _ effects: inout [Effect]) {
        switch action {
        case .setTheme(let choice):
            context.theme.choose(choice)
            if context.theme.needsBackground { effects.append(.askBackground) }
            say("theme: " + context.theme.text)
        case .sayTheme: say("theme: " + context.theme.text)
        case .background(let color): context.theme.background = color
        case .setGraphics(let choice): setGraphics(choice, &effects)
        case .sayGraphics: say("graphics: " + context.graphics.text)
        case .graphics(let support): context.graphics.support = support
        case .toggleSync: setSync(!context.isSynchronized, &effects)
        case .setSync(let on): setSync(on, &effects)
        case .focus(let has): focus(has, &effects)
        case .paste(let text): paste(text, &effects)
        case .openPictures(let text):
            // A name alone is that of a picture shown, where there is one.
            if let index = pictures.firstIndex(where: { $0.lastPart == text }) { return open([pictures[index]]) }
            effects.append(.find(text: text, readings: PastedPaths.readings(of: text)))
        case .picturesOpened(let paths): open(paths)
        case .askCopy: mode = .chooseCopy
        case .copy(let kind): copy(kind, &effects)
        case .examine: effects.append(.examine)
        case .examined(let facts):
            show(programFacts + facts, of: "doctor")
        default: break
        }
    }

    private mutating func setGraphics(_ choice: GraphicsChoice, _ effects: inout [Effect]) {
        context.graphics.choose(choice)
        if choice == .auto, context.graphics.support == .notAsked { effects.append(.askGraphics) }
        if !context.graphics.isOn { effects.append(.dropPictures) }
        say("graphics: " + context.graphics.text)
    }

    private mutating func setSync(_ on: Bool, _ effects: inout [Effect]) {
        context.isSynchronized = on
        effects.append(.setSynchronized(on))
        say(on ? "frames are shown whole, where the terminal can" : "frames are shown as they come")
    }

    /// Work in advance rests while the window has no keyboard.
    private mutating func focus(_ has: Bool, _ effects: inout [Effect]) {
        // Some terminals tell once more what they told.
        guard has != isFocused else { return }
        isFocused = has
        effects.append(.rest(!has))
        if has { prefetchedAround = nil }
    }

    private mutating func paste(_ text: String, _ effects: inout [Effect]) {
        switch mode {
        case .palette(let palette): editPalette(palette, .insert(text), &effects)
        case .prompt(let prompt):
            let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
            guard prompt.kind == .command, lines.count > 1 else { return edit(.insert(text), &effects) }
            // Whole lines are run; what comes after the last stays in the line.
            for (place, line) in lines.enumerated() {
                guard case .prompt = mode else { return }
                edit(.insert(String(line)), &effects)
                guard place < lines.count - 1 else { return }
                edit(.accept, &effects)
                if mode == .browse { mode = .prompt(Prompt(.command)) }
            }
        case .browse:
            let readings = PastedPaths.readings(of: text)
            if !readings.isEmpty { effects.append(.find(text: text, readings: readings)) }
        case .chooseExport, .chooseCopy, .chooseLock, .confirmOverwrite, .confirmQuit, .report: break
        }
    }

    /// Shows the first of the pictures, and puts those that are new behind the others.
    private mutating func open(_ paths: [String]) {
        guard let first = paths.first else { return }
        defer { session.add("open " + Self.name(ofPath: first)) }
        let known = Set(pictures.map(\.bytes))
        let new = paths.filter { !known.contains($0.bytes) }
        pictures += new
        guard let place = pictures.firstIndex(where: { $0.bytes == first.bytes }) else { return }
        if place == picture { say("\(pictureName) is the picture shown") }
        showPicture(place)
        if !new.isEmpty { say("opened " + (new.count == 1 ? pictureName : "\(new.count) pictures")) }
    }

    private mutating func copy(_ kind: CopyKind, _ effects: inout [Effect]) {
        mode = .browse
        switch copied(kind) {
        case .success(let copied):
            effects.append(.copy(copied.text.repaired))
            say("copied \(kind.rawValue)\(copied.remark.isEmpty ? "" : " (\(copied.remark))"): \(copied.text)")
        case .failure(let error): refuse("copy \(kind.rawValue): " + error.message)
        }
    }

    /// What the explorer itself knows, for `:doctor`.
    private var programFacts: [Fact] {
        [
            Fact("screen", "\(columns) columns, \(rows) rows"), Fact("theme", context.theme.text),
            Fact("graphics", context.graphics.text),
            Fact("model", "\(modelTitle(modelIndex)), \(model.depth) layers, \(model.classNames.count) classes"),
        ] + context.facts + [Fact("memory", String(memoryText.drop { $0 != " " }.dropFirst()))]
    }

    /// The window's title.
    public var windowTitle: String { DisplayText.truncated(pictureName, to: 80) + " – getam" }
}
