import Explorer

extension ColorDepth {
    /// Chooses a depth; the first rule that applies wins: the user's wish; `NO_COLOR` or a terminal of fewer than
    /// 8 colors; GNU screen, which garbles 24-bit colors; tmux, which reduces them itself where its client must;
    /// `COLORTERM`; `*-direct` and emulators known to have them; what the terminal's description says.
    ///
    /// - Parameters:
    ///   - option: what the user asked for, if anything.
    ///   - environment: the process's environment.
    ///   - terminfoColors: `colors` of the terminal's description; -1 if it has none.
    public static func detect(
        option: ColorDepth? = nil, environment: [String: String], terminfoColors: Int
    ) -> ColorDepth {
        if let option { return option }
        func set(_ name: String) -> Bool { environment[name].map { !$0.isEmpty } ?? false }
        let terminal = environment["TERM"] ?? ""

        if set("NO_COLOR") || terminfoColors < 8 { return .mono }
        if set("STY") { return .palette256 }
        if set("TMUX") || terminal.hasPrefix("tmux") { return .trueColor }
        if ["truecolor", "24bit"].contains(environment["COLORTERM"]) || TerminalFamily.hasTrueColor(terminal) {
            return .trueColor
        }
        return terminfoColors >= 256 ? .palette256 : .ansi16
    }

    /// The colors of a terminal's description, or what its name tells where there is none; -1 for none.
    public static func terminfoColors(of terminal: String, descriptor: Int32) -> Int {
        TerminalEntry.colors(of: terminal, descriptor: descriptor)
    }
}
