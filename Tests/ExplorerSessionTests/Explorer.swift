import Foundation
import PTYSupport
import TestSupport

/// The real program in a terminal of its own.
enum Explorer {
    /// Started, nothing waited for.
    static func launch(
        _ arguments: [String] = [], columns: Int = 120, rows: Int = 40, terminal: String = "xterm-256color",
        cell: (width: Int, height: Int) = (0, 0), environment: [String: String] = [:], standardOutput: String? = nil
    ) throws -> PTYSession {
        var variables = ["TERM": terminal, "SWIFT_BACKTRACE": "enable=no", "PATH": "/usr/bin:/bin", "HOME": "/nonexistent"]
        // What lets the machine's libraries be found.
        for name in ["LD_LIBRARY_PATH", "GETAM_BLAS", "GETAM_FEATURES"] {
            if let value = ProcessInfo.processInfo.environment[name] { variables[name] = value }
        }
        variables.merge(environment) { $1 }
        return try PTYSession(
            PTYSession.builtProduct("getam"), arguments, environment: variables, columns: columns, rows: rows,
            cell: cell, standardOutput: standardOutput)
    }

    /// Started, and the first picture's maps all shown.
    static func start(
        _ arguments: [String] = [], columns: Int = 120, rows: Int = 40, terminal: String = "xterm-256color",
        cell: (width: Int, height: Int) = (0, 0), environment: [String: String] = [:]
    ) throws -> PTYSession {
        let session = try launch(arguments, columns: columns, rows: rows, terminal: terminal, cell: cell, environment: environment)
        try session.wait("the first maps") { $0.isComplete }
        return session
    }

    /// A bundled picture, from the sources.
    static func picture(_ name: String) -> String { Fixtures.root.appending(path: "assets/pictures/\(name)").path }
    static var pictures: String { Fixtures.root.appending(path: "assets/pictures").path }

    /// An input so large that a forward pass takes seconds.
    static let slow = ["--size", "1024"]
}

extension ScreenModel {
    /// The status line.
    var status: String { line(rows - 1) }
    /// The line of hints and messages.
    var hint: String { line(rows - 2) }
    /// Whether a worker is at it, by the progress the hints show.
    var isWorking: Bool {
        hint.contains("▰") || hint.contains("▱") || hint.hasSuffix(" …") || hint.hasSuffix("]")
    }
    /// A map is shown, and nothing more is to come.
    var isComplete: Bool { isThere && !isWorking && !contains("waiting for") && !lines.contains { $0.hasSuffix("  …") } }
    /// A map is shown, and nothing more is to come but a label, which is at a stage.
    func isComplete(but stage: String) -> Bool { isThere && hint.hasSuffix(stage) }

    /// A map is shown.
    var isThere: Bool { alternate && status.contains("…") && !status.contains("no map") && !contains("no map yet") }
}

extension PTYSession {
    /// Types, and waits for what the screen must show then.
    func press(_ keys: String, _ what: String? = nil, until condition: (ScreenModel) -> Bool) throws {
        try send(keys)
        try wait(what ?? "answer to “\(keys)”", until: condition)
    }

    /// Types, and waits for a text in the status line.
    func press(_ keys: String, status: String) throws {
        try press(keys, "“\(status)” in the status after “\(keys)”") { $0.status.contains(status) }
    }

    /// Types, and waits for a text in the hint line.
    func press(_ keys: String, hint: String) throws {
        try press(keys, "“\(hint)” in the hints after “\(keys)”") { $0.hint.contains(hint) }
    }

    /// Types, and waits for a text anywhere.
    func press(_ keys: String, shows text: String) throws {
        try press(keys, "“\(text)” after “\(keys)”") { $0.contains(text) }
    }

    /// Leaves with `q`, and `y` where marks would be lost; the terminal must be as before.
    func quit() throws -> (exit: Exit, traces: [String]) {
        try send("qy")
        let exit = try waitForExit()
        return (exit, traces)
    }

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

/// A folder of its own for a test, removed at its end.
final class ScratchFolder {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "getam-session-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { path + "/" + name }
    func link(_ name: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(atPath: file(name), withDestinationPath: target)
    }
    func write(_ name: String, _ text: String) throws { try Data(text.utf8).write(to: URL(fileURLWithPath: file(name))) }
}
