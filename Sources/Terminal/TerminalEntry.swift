import CNcurses
import Explorer
import Files
import Glibc

/// The names under which a terminal's description is looked for, best first, with the depth each is good for.
struct TerminalEntry: Equatable {
    let name: String
    let depth: ColorDepth

    /// - Parameters:
    ///   - depth: the wanted depth.
    ///   - terminal: `TERM`.
    ///   - colors: `colors` of the description of `TERM`; `nil` where the machine has none.
    ///   - multiplexed: inside tmux or GNU screen, whatever `TERM` says.
    static func candidates(
        depth: ColorDepth, terminal: String, colors: Int?, multiplexed: Bool
    ) -> [TerminalEntry] {
        let family = multiplexed ? .tmux : TerminalFamily(terminal) ?? .xterm
        let reached = family.depth(depth)
        let bundled = TerminalEntry(name: family.description(reached), depth: reached)
        guard let colors else { return [bundled] }
        let direct = colors > 256
        // What `TERM` itself can do, if nothing else is found.
        let native: ColorDepth = colors < 8 ? .mono : colors < 256 ? .ansi16 : direct ? .trueColor : .palette256
        let own = TerminalEntry(name: terminal, depth: native)

        switch depth {
        case .mono:
            return [TerminalEntry(name: terminal, depth: .mono)]
        case .ansi16:
            if !direct, colors >= 8 { return [TerminalEntry(name: terminal, depth: .ansi16)] }
        case .palette256:
            if !direct, colors >= 256 { return [TerminalEntry(name: terminal, depth: .palette256)] }
        case .trueColor: break
        }
        return [bundled, own]
    }
}

extension TerminalEntry {
    /// Settles on a description and leaves ncurses with it. Unlike `initscr` it never ends the process.
    ///
    /// - Returns: it, and why its depth was wanted.
    static func find(_ settings: TerminalSettings) throws(TerminalError) -> (TerminalEntry, why: String) {
        guard let terminal = settings.environment["TERM"], !terminal.isEmpty else { throw .noName }
        // ncurses knows no other way to be told a folder. An empty part stands for the system's own folders.
        if let folder = settings.descriptions, !folder.contains(":") {
            let former = settings.environment["TERMINFO_DIRS"] ?? ""
            "\(folder):\(former)".withPath { _ = setenv("TERMINFO_DIRS", $0, 1) }
        }
        let isKnown = load(terminal, settings.output)
        guard isKnown || TerminalFamily(terminal) != nil else { throw .unknownTerminal(terminal) }
        guard !isKnown || tigetstr("cup") != nil else { throw .tooPoor(terminal) }
        let colors = colors(of: terminal, descriptor: settings.output)
        let environment = settings.environment
        let multiplexed = ["TMUX", "STY"].contains { !(environment[$0] ?? "").isEmpty }
        let (depth, why) = ColorDepth.detection(option: settings.depth, environment: environment, terminfoColors: colors)
        for entry in candidates(
            depth: depth, terminal: terminal, colors: isKnown ? colors : nil, multiplexed: multiplexed)
        where load(entry.name, settings.output) {
            return (entry, entry.depth == depth ? why : "no description for more is there")
        }
        throw .unknownTerminal(terminal)
    }

    private static func load(_ name: String, _ descriptor: Int32) -> Bool {
        var status: Int32 = 0
        return setupterm(name, descriptor, &status) == OK
    }

    /// `colors` of a terminal's description, or what its family surely has where there is no such description; -1 for none.
    static func colors(of terminal: String, descriptor: Int32) -> Int {
        if load(terminal, descriptor) { return Int(tigetnum("colors")) }
        return TerminalFamily(terminal)?.colors(of: terminal) ?? -1
    }
}
