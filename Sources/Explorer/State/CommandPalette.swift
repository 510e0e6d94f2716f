/// The list of keys and commands, as it is looked through: what is typed, and the row chosen.
public struct CommandPalette: Sendable, Equatable {
    var prompt = Prompt(.palette)
    /// Among the rows that fit what is typed.
    var chosen = 0
    /// The first row seen.
    var top = 0
}

/// A row of the list: a key, a command, a method, or what can only be read.
struct PaletteRow: Sendable, Equatable {
    /// What choosing it does.
    enum Use: Sendable, Equatable {
        case run(Action)
        /// Its command waits for an argument.
        case type(String)
        /// It is no row but the heading of those below.
        case heading
        /// It is a key of another place, which the text says.
        case elsewhere(String)
    }

    /// The keys, or the command.
    let left: String
    let description: String
    /// The command that does the same; empty where there is none.
    var command = ""
    /// What may be typed behind the command.
    var usage = ""
    let use: Use
    var keys: [String] = []
    /// The word that the line of hints has for it.
    var hint = ""
    /// When it is nearest to what one is at.
    var focus: Set<HintFocus> = []
    var section = ""

    var isHeading: Bool { use == .heading }

    /// How well it fits a text, 0 best; `nil` where a word of the text is nowhere in it.
    ///
    /// Letters of either case are the same but for a key by itself.
    func rank(for text: String) -> Int? {
        let wanted = text.drop { $0 == " " }
        if keys.contains(String(wanted)) || keys.contains(text) { return 0 }
        let words = wanted.lowercased().split(separator: " ")
        // What is typed out whole is meant, whatever else has its first word for a name.
        let phrase = words.joined(separator: " ")
        if words.count > 1, [command, description].contains(where: { $0.lowercased() == phrase }) { return 0 }
        let all = "\(left) \(hint) \(command) \(description) \(section) \(usage)".lowercased()
        guard words.allSatisfy(all.contains), let first = words.first else { return words.isEmpty ? 4 : nil }
        if left.lowercased() == first || left.lowercased().hasPrefix(":" + first) { return 1 }
        let begins = all.split { $0 == " " || $0 == ":" }.contains { $0.hasPrefix(first) }
        return begins ? 2 : 3
    }
}

extension PaletteRow {
    private init(_ binding: KeyBinding) {
        left = binding.keyNames
        description = binding.description
        command = binding.command ?? ""
        keys = binding.keys.map(\.name)
        hint = binding.hint ?? ""
        focus = binding.hint == nil ? [] : binding.focus
        section = binding.section.rawValue
        use = switch binding.context {
        case .browse, .paint, .sweep, .review, .sheet: .run(binding.action)
        case .prompt: .elsewhere("while a line is typed")
        case .palette: .elsewhere("in this list")
        case .report: .elsewhere("in a report")
        case .chooseExport: .elsewhere("after e")
        case .chooseCopy: .elsewhere("after y")
        case .chooseLock: .elsewhere("after ;")
        case .confirm, .confirmQuit: .elsewhere("when it is asked")
        }
    }

    private init(_ command: Command) {
        left = ":" + command.name
        description = command.description
        self.command = command.name
        usage = command.usage
        section = "Commands"
        if command.usage.isEmpty, let action = command.plainAction { use = .run(action) } else { use = .type(command.name + " ") }
    }

    private init(_ left: String, _ description: String, in section: String) {
        (self.left, self.description, self.section, use) = (left, description, section, .elsewhere("with the mouse"))
    }

    private init(_ key: Key, _ line: String) {
        (left, description, command, keys, section) = (key.name, "a key of your own", line, [key.name], "Yours")
        use = .run(.run(line))
    }

    private static let bindings = KeyMap.bindings.map { PaletteRow($0) }
    private static let commands = Command.table.map { PaletteRow($0) }
    private static let mouse = [
        PaletteRow("click", "probe a patch, choose a class or a layer", in: "Mouse"), PaletteRow("right", "mark a class, leave the probe", in: "Mouse"),
        PaletteRow("wheel", "zoom the picture, scroll the classes, step layers", in: "Mouse"),
    ]

    /// All rows of a state, under their headings.
    private static func all(_ state: ExplorerState) -> [PaletteRow] {
        let methods = state.methods.indices.map { index in
            let method = state.methods[index]
            return PaletteRow(
                left: method.identifier, description: method.explanation, command: "quantity " + method.identifier,
                use: .run(.setMethod(index)), section: "Methods")
        }
        let keys = bindings.filter { if case .run = $0.use { true } else { false } }
        let others = bindings.filter { if case .run = $0.use { false } else { true } }
        let near = keys.filter { !$0.focus.isDisjoint(with: state.hintFocus) }.map { row in
            var row = row
            row.section = "Here"
            return row
        }
        let own = state.settings.keys.sorted { $0.key.name < $1.key.name }.map { PaletteRow($0.key, $0.value.text) }
        return near + own + keys.filter { $0.focus.isDisjoint(with: state.hintFocus) } + commands + methods + mouse + others
    }

    /// The rows that fit a text, the best first; of no text all, each part under its heading.
    static func rows(_ state: ExplorerState, for text: String) -> [PaletteRow] {
        let all = all(state)
        guard text.isEmpty else {
            let ranked = all.enumerated().compactMap { index, row in row.rank(for: text).map { (row: row, rank: $0, index: index) } }
            return ranked.sorted { ($0.rank, $0.index) < ($1.rank, $1.index) }.map(\.row)
        }
        var rows: [PaletteRow] = []
        for row in all {
            if rows.last?.section != row.section {
                rows.append(PaletteRow(left: row.section, description: "", use: .heading, section: row.section))
            }
            rows.append(row)
        }
        return rows
    }
}

extension ExplorerState {
    /// Why something would be refused now; `nil` where it would not.
    func refusal(of action: Action) -> String? {
        if let brushObstacle = brushObstacle(to: action) { return brushObstacle }
        var trial = self, ignored: [Effect] = []
        trial.mode = .browse
        trial.message = nil
        trial.apply(action, &ignored)
        return trial.message.flatMap { $0.tone == .plain ? nil : $0.text }
    }

    /// Why a key of the brush does nothing; nil where it does, and for others.
    func brushObstacle(to action: Action) -> String? {
        guard tool == nil, case .paint(let paint) = action, paint.usesBrush else { return nil }
        return labelObstacle ?? "no brush in hand: E takes it"
    }
}
