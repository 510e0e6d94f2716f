import PTYSupport

/// The probe in a terminal of its own.
enum Probe {
    /// Our terminal descriptions, in the sources these tests were built from.
    static var descriptions: String { packageFolder + "/assets/terminfo" }

    static var packageFolder: String {
        var parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        parts.removeLast(3)
        return parts.joined(separator: "/")
    }

    static func start(
        _ mode: String, depth: String? = nil, terminal: String = "xterm-256color", columns: Int = 80, rows: Int = 24,
        arguments: [String] = [], environment: [String: String] = [:], standardOutput: String? = nil
    ) throws -> PTYSession {
        try PTYSession(
            PTYSession.builtProduct("terminal-probe"), [mode, descriptions] + (depth.map { [$0] } ?? []) + arguments,
            environment: environment.merging(["TERM": terminal, "SWIFT_BACKTRACE": "enable=no"]) { first, _ in first }, columns: columns, rows: rows,
            standardOutput: standardOutput)
    }

    /// Started, and its first frame shown.
    static func echo(
        depth: String? = nil, terminal: String = "xterm-256color", columns: Int = 80, rows: Int = 24, arguments: [String] = []
    ) throws -> PTYSession {
        let session = try start("echo", depth: depth, terminal: terminal, columns: columns, rows: rows, arguments: arguments)
        try session.wait("the first frame") { $0.contains("events 0 end") }
        return session
    }
}

extension PTYSession {
    /// What is left of the program in the terminal; empty when it is as before.
    var traces: [String] {
        var traces: [String] = []
        if screen.alternate { traces.append("alternate screen") }
        if !screen.cursorVisible { traces.append("hidden cursor") }
        if screen.applicationKeys { traces.append("application keys") }
        if !screen.modes.isEmpty { traces.append("modes \(screen.modes)") }
        if screen.isInFrame { traces.append("a frame not ended") }
        if !screen.title.isEmpty { traces.append("title \(screen.title)") }
        if modes != formerModes { traces.append("termios \(modes)") }
        return traces
    }
}
