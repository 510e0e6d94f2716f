extension Key {
    /// As the help writes it.
    public var name: String {
        switch self {
        case .character(" "): "space"
        case .character(let character): String(character)
        case .control(let character): "^" + String(character).uppercased()
        case .up: "↑"
        case .down: "↓"
        case .left: "←"
        case .right: "→"
        case .pageUp: "PgUp"
        case .pageDown: "PgDn"
        case .home: "Home"
        case .end: "End"
        case .enter: "Enter"
        case .tab: "Tab"
        case .backTab: "S-Tab"
        case .escape: "Esc"
        case .backspace: "BkSp"
        case .delete: "Del"
        case .function(let number): "F\(number)"
        }
    }

    /// As the man page spells it, without characters beyond ASCII.
    public var plainName: String {
        switch self {
        case .up: "Up"
        case .down: "Down"
        case .left: "Left"
        case .right: "Right"
        case .control(let character): "Ctrl-" + String(character).uppercased()
        case .character(" "): "Space"
        default: name
        }
    }

    /// The key of a name that help or man page have for it, in letters of either case; `nil` where there is none.
    public init?(named text: String) {
        if let key = Self.named[text.lowercased()] {
            self = key
        } else if text.count == 1, let character = text.first, character != " " {
            self = .character(character)
        } else if let letter = Self.letter(text, after: "^") ?? Self.letter(text.lowercased(), after: "ctrl-") {
            self = .control(letter)
        } else if text.lowercased().hasPrefix("f"), let number = Int(text.dropFirst()), (1...24).contains(number) {
            self = .function(number)
        } else {
            return nil
        }
    }

    private static let named: [String: Key] = {
        let keys: [Key] = [
            .character(" "), .up, .down, .left, .right, .pageUp, .pageDown, .home, .end, .enter, .tab, .backTab, .escape, .backspace, .delete,
        ]
        return Dictionary(keys.flatMap { [($0.name.lowercased(), $0), ($0.plainName.lowercased(), $0)] }) { first, _ in first }
    }()

    private static func letter(_ text: String, after prefix: String) -> Character? {
        guard text.hasPrefix(prefix), text.count == prefix.count + 1, let letter = text.lowercased().last, letter.isASCII, letter.isLetter
        else { return nil }
        return letter
    }
}
