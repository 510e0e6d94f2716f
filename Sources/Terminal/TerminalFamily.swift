import Explorer

/// Terminals that behave alike: those of a family are served by its bundled descriptions.
enum TerminalFamily: String, CaseIterable {
    case xterm, tmux, rxvt, st, putty, nsterm, linux

    /// The family of a terminal by its name, `TERM`; `nil` for a name that says nothing.
    init?(_ terminal: String) {
        let first = terminal.prefix { $0 != "-" && $0 != "." && $0 != "+" }.lowercased()
        switch first {
        case "tmux", "screen": self = .tmux
        case "rxvt", "urxvt", "mrxvt", "aterm", "eterm", "mlterm": self = .rxvt
        case "st", "stterm", "simpleterm": self = .st
        case "putty": self = .putty
        case "nsterm", "apple_terminal": self = .nsterm
        case "linux": self = .linux
        case _ where Self.xterms.contains(first) || first.hasPrefix("xterm"): self = .xterm
        default:
            // A color suffix is the convention of what follows xterm.
            guard Self.suffixes.contains(where: { terminal.hasSuffix($0.suffix) }) else { return nil }
            self = .xterm
        }
    }

    /// Emulators that follow xterm, by the first part of their names.
    private static let xterms: Set<String> = [
        "alacritty", "contour", "foot", "ghostty", "gnome", "guake", "hterm", "iterm", "iterm2", "kitty", "kmscon", "konsole", "mintty",
        "ms", "ptyxis", "rio", "terminator", "terminology", "termux", "tilix", "vte", "vscode", "warp", "wezterm", "xfce", "yaft", "zellij",
    ]
    private static let suffixes: [(suffix: String, colors: Int)] = [
        ("-direct", 1 << 24), ("-truecolor", 1 << 24), ("-24bit", 1 << 24), ("-256color", 256), ("-88color", 88), ("-16color", 16),
        ("-color", 8), ("-mono", -1), ("-m", -1),
    ]

    /// The colors a terminal of this family surely has, where the machine has no description of it: as its name says, else as the
    /// descriptions of ncurses have it for what bears that name.
    func colors(of terminal: String) -> Int {
        if let known = Self.suffixes.first(where: { terminal.hasSuffix($0.suffix) }) { return known.colors }
        switch self {
        case .xterm: return terminal.hasPrefix("xterm") && !Self.hasTrueColor(terminal) ? 8 : 256
        case .st, .putty, .nsterm: return 256
        case .tmux, .rxvt, .linux: return 8
        }
    }

    /// Whether a terminal's name alone says that it has 24-bit colors: `COLORTERM` does not come along over SSH.
    static func hasTrueColor(_ terminal: String) -> Bool {
        if terminal.hasSuffix("-direct") || terminal.hasSuffix("-truecolor") || terminal.hasSuffix("-24bit") { return true }
        let parts = terminal.split(separator: "-")
        let name = parts.first == "xterm" && parts.count > 1 ? parts[1] : parts.first ?? ""
        return ["alacritty", "contour", "foot", "ghostty", "kitty", "wezterm"].contains(name)
    }

    /// The name of the bundled description for a depth.
    func description(_ depth: ColorDepth) -> String {
        if self == .linux { return "getam-linux" }
        return "getam-\(rawValue)-" + (depth == .trueColor ? "direct" : "256color")
    }

    /// What is drawn at where a depth is wanted: the console of Linux mixes its 16 colors only.
    func depth(_ wanted: ColorDepth) -> ColorDepth { self == .linux && wanted != .mono ? .ansi16 : wanted }
}
