import Images
import Labels

/// A command line that cannot be followed.
public struct CommandError: Error, Equatable {
    public let message: String
    public init(_ message: String) { self.message = message }
}

/// One word that may follow the colon.
public struct Command: Sendable {
    public let name: String
    /// Its arguments, for the help.
    public let usage: String
    public let description: String
    /// What may be typed for the argument; the state gives class names and the like.
    let candidates: @Sendable (ExplorerState) -> [String]
    let parse: @Sendable (String, ExplorerState) throws(CommandError) -> Action
    /// The threshold that it sets: without an argument its value is said.
    let threshold: Threshold?
    /// What it does, of one that takes no argument.
    private(set) var plainAction: Action?
    /// Where a path may stand in its argument.
    let path: PathPlace
    /// Whether it is for files of lines, and not to stand in the way of shorter words for others.
    let isWhole: Bool

    init(
        _ name: String, _ usage: String = "", _ description: String,
        threshold: Threshold? = nil, path: PathPlace = .none, isWhole: Bool = false,
        candidates: @escaping @Sendable (ExplorerState) -> [String] = { _ in [] },
        parse: @escaping @Sendable (String, ExplorerState) throws(CommandError) -> Action
    ) {
        self.name = name
        self.usage = usage
        self.description = description
        self.candidates = candidates
        self.threshold = threshold
        self.path = path
        self.isWhole = isWhole
        self.parse = parse
    }

    /// The action of an argument; of none where one is needed, what there is and what it may be.
    private func action(_ argument: String, in state: ExplorerState) throws(CommandError) -> Action {
        if argument.isEmpty, let threshold {
            return .note("\(threshold.title) \(threshold.text(in: state.adjustments)) (\(usage))")
        }
        return try parse(argument, state)
    }

    /// A command without arguments.
    init(_ name: String, _ description: String, isWhole: Bool = false, _ action: Action) {
        self.init(name, "", description, isWhole: isWhole) { (text, _) throws(CommandError) in
            guard text.isEmpty else { throw CommandError("“\(name)” takes no argument") }
            return action
        }
        plainAction = action
    }

    /// The action of a whole line, without the colon. The first word may be shortened as far as it stays the only one.
    public static func action(of line: String, in state: ExplorerState) throws(CommandError) -> Action {
        let trimmed = line.drop { $0 == " " }
        let typed = String(trimmed.prefix { $0 != " " })
        // What every program's q does goes before longer words.
        let word = typed == "q" ? "quit" : typed
        var argument = String(trimmed.dropFirst(typed.count).drop { $0 == " " })
        while argument.last == " " { argument.removeLast() }
        if let exact = table.first(where: { $0.name == word }) { return try exact.action(argument, in: state) }
        var matches = table.filter { !$0.isWhole && $0.name.hasPrefix(word) }
        // `la` is layer, not layers: of names that go on from one, that one is meant.
        if let shortest = matches.min(by: { $0.name.count < $1.name.count }), matches.allSatisfy({ $0.name.hasPrefix(shortest.name) }) {
            matches = [shortest]
        }
        switch matches.count {
        case 1: return try matches[0].action(argument, in: state)
        case 0: throw CommandError("no command “\(word)”; ? finds them, Tab completes")
        default: throw CommandError("“\(word)” may be " + matches.map(\.name).joined(separator: ", "))
        }
    }

    /// Whole lines that the typed one may become.
    static func completions(of line: String, in state: ExplorerState) -> [String] {
        let word = String(line.prefix { $0 != " " })
        guard line.contains(" ") else { return table.map(\.name).filter { $0.hasPrefix(word) } }
        guard let command = named(in: line) else { return [] }
        let argument = line.dropFirst(word.count).drop { $0 == " " }.lowercased()
        let candidates = command.candidates(state)
        // Names that begin so come first, then those that contain it.
        let first = candidates.filter { $0.lowercased().hasPrefix(argument) }
        let rest = argument.isEmpty ? [] : candidates.filter {
            let name = $0.lowercased()
            return !name.hasPrefix(argument) && name.contains(argument)
        }
        let paths = pathPart(of: line).map { path in state.paths(for: path).map { String(line.dropLast(path.count)) + $0 } } ?? []
        return (first + rest).prefix(200).map { word + " " + $0 } + paths
    }

    /// Where a path may stand in a command's argument.
    enum PathPlace: Sendable {
        case none, whole
        /// Behind its first word.
        case afterWord
    }

    /// The command whose name stands whole in a line.
    static func named(in line: String) -> Command? {
        let word = line.prefix { $0 != " " }
        return word.count < line.count ? table.first { $0.name == word } : nil
    }

    /// The path that is being typed in a line; `nil` where none can stand there.
    static func pathPart(of line: String) -> String? {
        guard let command = named(in: line) else { return nil }
        let argument = line.dropFirst(command.name.count).drop { $0 == " " }
        switch command.path {
        case .none: return nil
        case .whole: return String(argument)
        case .afterWord:
            let word = argument.prefix { $0 != " " }
            return word.count < argument.count ? String(argument.dropFirst(word.count).drop { $0 == " " }) : nil
        }
    }

}

// MARK: - Arguments

extension Command {
    /// `+1` and `-2` are steps, `7` is a place.
    enum Number {
        case step(Int)
        case place(Int)
    }

    static func number(_ text: String) -> Number? {
        guard let value = Int(text), (-1_000_000...1_000_000).contains(value) else { return nil }
        return text.hasPrefix("+") || text.hasPrefix("-") ? .step(value) : .place(value)
    }

    static func fraction(_ text: String, _ what: String) throws(CommandError) -> Float {
        if let fraction = Fraction(text) { return Float(fraction.value) }
        if text.isEmpty { throw CommandError("\(what): a number from 0 to 1, or a percentage, is needed") }
        let isNumber = Double(text.hasSuffix("%") ? String(text.dropLast()) : text)?.isFinite == true
        throw CommandError(isNumber ? "\(what): \(text) is not from 0 to 1" : "\(what): “\(text)” is not a number from 0 to 1")
    }

    static func choice<Choice: RawRepresentable & CaseIterable>(
        _ text: String, of type: Choice.Type, _ what: String, and more: [String] = []
    ) throws(CommandError) -> Choice where Choice.RawValue == String {
        if let choice = Choice(rawValue: text) { return choice }
        throw CommandError(
            "\(what): “\(text)” is none of " + (Choice.allCases.map(\.rawValue) + more).joined(separator: ", "))
    }

    static func onOff(_ text: String, _ what: String, toggle: Action, set: (Bool) -> Action) throws(CommandError) -> Action {
        switch text {
        case "on": return set(true)
        case "off": return set(false)
        case "toggle", "": return toggle
        default: throw CommandError("\(what): “\(text)” is none of on, off, toggle")
        }
    }

    /// What stands before the path of an export: `--min-area N` pixels, or `N%` of the picture.
    static func areaLimit(_ line: String, _ kind: ExportKind) throws(CommandError) -> (AreaLimit, path: String) {
        let option = "--min-area"
        guard line == option || line.hasPrefix(option + " ") || line.hasPrefix(option + "=") else { return (.pixels(0), line) }
        guard kind == .labelme else { throw CommandError("export \(kind.rawValue): \(option) is for labelme") }
        let rest = line.dropFirst(option.count + 1).drop { $0 == " " }
        let word = rest.prefix { $0 != " " }
        let path = String(rest.dropFirst(word.count).drop { $0 == " " })
        if word.hasSuffix("%"), let percent = Double(word.dropLast()), (0...100).contains(percent) {
            return (.share(percent / 100), path)
        }
        guard let count = Int(word), (0...1_000_000_000).contains(count) else {
            throw CommandError("export labelme: \(option) takes a number of pixels, or N% of the picture")
        }
        return (.pixels(count), path)
    }

    /// A path, behind which may stand `rows=AXIS`, `columns=AXIS`, `width=SIZE` and `dpi=N`.
    static func figure(_ text: String) throws(CommandError) -> Action {
        var path = text[...], axes: [String: GridAxis] = [:], size = FigureSize()
        while let word = path.split(separator: " ").last, let sign = word.firstIndex(of: "=") {
            let name = String(word[..<sign]), value = String(word[word.index(after: sign)...])
            switch name {
            case "rows" where axes[name] == nil, "columns" where axes[name] == nil:
                axes[name] = try choice(value, of: GridAxis.self, "figure: \(name)")
            case "width" where size.width == nil:
                guard let width = FigureWidth(value) else {
                    throw CommandError("figure: width: “\(value)” is no size such as 180mm, 18cm, 7in or 2000px")
                }
                size.width = width
            case "dpi" where size.dotsPerInch == nil:
                guard let dots = Double(value), dots.isFinite else { throw CommandError("figure: dpi: “\(value)” is no number") }
                size.dotsPerInch = dots
            default: return try figure(path, axes, size)
            }
            path = path[..<word.startIndex]
            while path.last == " " { path.removeLast() }
        }
        return try figure(path, axes, size)
    }

    private static func figure(_ path: Substring, _ axes: [String: GridAxis], _ size: FigureSize) throws(CommandError) -> Action {
        guard !path.isEmpty else { throw CommandError("figure: a file is needed, such as heads.svg rows=layers columns=heads") }
        return .figure(path: String(path), rows: axes["rows"], columns: axes["columns"], size)
    }

    /// The places of the models whose file has the name.
    static func modelIndex(_ text: String, in state: ExplorerState) -> Int? {
        let names = state.context.modelNames
        return names.count { $0 == text } == 1 ? names.firstIndex(of: text) : nil
    }

    /// The picture whose name is the text, begins with it, or contains it.
    static func pictureIndex(_ text: String, in state: ExplorerState) -> Int? {
        guard !text.isEmpty else { return nil }
        let fitting: [(String) -> Bool] = [
            { $0 == text || $0.hasPrefix(text + ".") }, { $0.hasPrefix(text) }, { $0.contains(text) },
        ]
        for fits in fitting {
            if let index = state.pictures.firstIndex(where: { fits(ExplorerState.name(ofPath: $0)) }) { return index }
        }
        return nil
    }

    /// A class by its index, its name, or the one name that begins with or contains the text.
    static func classIndex(_ text: String, in state: ExplorerState) throws(CommandError) -> Int {
        let count = state.record?.trace.logits.count ?? state.model.classNames.count
        if let index = Int(text) {
            guard index >= 0, index < count else { throw CommandError("class \(index): classes go from 0 to \(count - 1)") }
            return index
        }
        let wanted = text.lowercased()
        let names = state.model.classNames.prefix(count).map { $0.lowercased() }
        if let exact = names.firstIndex(of: wanted) { return exact }
        // Several classes of one name are listed as NAME#INDEX.
        let namesakes = names.indices.filter {
            names[$0].hasPrefix(wanted + "#") && names[$0].dropFirst(wanted.count + 1).allSatisfy(\.isWholeNumber)
        }
        if namesakes.count > 1 {
            throw CommandError(
                "“\(text)” is the name of \(namesakes.count) classes: "
                    + namesakes.prefix(4).map { state.model.className($0) }.joined(separator: ", "))
        }
        // The most probable class that fits, as the list shows it.
        let order = state.record?.ranking ?? Array(names.indices)
        for fits in [{ (name: String) in name.hasPrefix(wanted) }, { (name: String) in name.contains(wanted) }] {
            if let index = order.first(where: { names.indices.contains($0) && fits(names[$0]) }) { return index }
        }
        throw CommandError("no class named “\(text)”")
    }
}
