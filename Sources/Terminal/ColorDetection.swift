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
        detection(option: option, environment: environment, terminfoColors: terminfoColors).depth
    }

    /// As ``detect(option:environment:terminfoColors:)``, and why.
    static func detection(
        option: ColorDepth?, environment: [String: String], terminfoColors: Int
    ) -> (depth: ColorDepth, why: String) {
        if let option { return (option, "as --colors asks") }
        func set(_ name: String) -> Bool { environment[name].map { !$0.isEmpty } ?? false }
        let terminal = environment["TERM"] ?? ""

        if set("NO_COLOR") { return (.mono, "NO_COLOR is set") }
        let described = "the description of TERM=\(terminal) has \(max(terminfoColors, 0)) colors"
        if terminfoColors < 8 { return (.mono, described) }
        if set("STY") { return (.palette256, "screen garbles more") }
        if set("TMUX") || terminal.hasPrefix("tmux") { return (.trueColor, "tmux reduces them where its client must") }
        if let color = environment["COLORTERM"], ["truecolor", "24bit"].contains(color) { return (.trueColor, "COLORTERM=\(color)") }
        if TerminalFamily.hasTrueColor(terminal) { return (.trueColor, "TERM=\(terminal) is known to have them") }
        return (terminfoColors >= 256 ? .palette256 : .ansi16, described)
    }

    /// The colors of a terminal's description, or what its name tells where there is none; -1 for none.
    public static func terminfoColors(of terminal: String, descriptor: Int32) -> Int {
        TerminalEntry.colors(of: terminal, descriptor: descriptor)
    }
}
