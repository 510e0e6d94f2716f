/// What the environment says of a terminal beyond its colors.
struct TerminalTraits: Equatable {
    let terminal: String
    /// A multiplexer stands between the program and the window.
    let isTmux: Bool
    let isScreen: Bool
    private let family: TerminalFamily?

    init(environment: [String: String]) {
        func set(_ name: String) -> Bool { !(environment[name] ?? "").isEmpty }
        terminal = environment["TERM"] ?? ""
        family = TerminalFamily(terminal)
        isTmux = set("TMUX") || (terminal.hasPrefix("tmux") && !set("STY"))
        isScreen = !isTmux && (set("STY") || terminal.hasPrefix("screen"))
    }

    /// Whether it is a window's emulator, which knows private modes and control strings or ignores them; the console of Linux
    /// and old hardware may print them.
    var isEmulator: Bool { family.map { $0 != .linux } ?? false }
    /// Whether it may be one that shows pixels: others would print the question.
    var mayShowPixels: Bool { !isTmux && !isScreen && (family == .xterm || family == .st) }
    /// Whether `CSI 22 t` puts the title by, and `CSI 23 t` brings it back.
    var keepsTitles: Bool { isEmulator && !isScreen && [.xterm, .tmux, .st].contains(family) }
}
