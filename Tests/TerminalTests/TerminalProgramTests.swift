import PTYSupport
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A program in a pseudo terminal, one at a time. Nothing here sleeps: each step waits for what the screen must show.
@Suite(.serialized, .timeLimit(.minutes(5))) struct TerminalProgramTests {
    @Test(arguments: [(SIGTERM, 143), (SIGHUP, 129), (SIGINT, 130), (SIGQUIT, 131)] as [(Int32, Int32)])
    func signalsEndItAndLeaveNoTrace(signal: Int32, status: Int32) throws {
        let session = try Probe.echo()
        try session.send("M")
        try session.wait { $0.contains("mouse true") }
        #expect(session.screen.alternate)
        #expect(session.modes != session.formerModes)
        #expect(session.screen.modes == [1000, 1002, 1004, 1006, 2004])
        session.signal(signal)
        #expect(try session.waitForExit() == .status(status))
        #expect(session.traces == [])
    }

    @Test func controlCEndsIt() throws {
        let session = try Probe.echo()
        try session.send("\u{3}")
        #expect(try session.waitForExit() == .status(130))
        #expect(session.traces == [])
    }

    /// A Swift trap, `abort`, a real SEGV signal; each ends the process as it would without us.
    @Test(arguments: [("X", [SIGILL, SIGTRAP]), ("A", [SIGABRT]), ("S", [SIGSEGV])])
    func crashesLeaveNoTrace(key: String, signals: [Int32]) throws {
        let session = try Probe.echo()
        try session.send("M")
        try session.wait { $0.contains("mouse true") }
        try session.send(key)
        let exit = try session.waitForExit()
        #expect(signals.contains { .signal($0) == exit }, "\(exit)")
        #expect(session.traces == [])
        if key == "X" { #expect(session.screen.contains("the probe was told to crash")) }
    }

    @Test func leavingByExitLeavesNoTrace() throws {
        let session = try Probe.echo()
        try session.send("O")
        #expect(try session.waitForExit() == .status(7))
        #expect(session.traces == [])
    }

    /// A handler that hangs cannot take the terminal with it.
    @Test func aSecondInterruptEndsWhatHangs() throws {
        let session = try Probe.echo()
        try session.send("H")
        try session.wait { $0.contains("hangs") }
        var exit: PTYSession.Exit?
        for _ in 0..<200 where exit == nil {
            session.signal(SIGINT)
            exit = try? session.waitForExit(within: .milliseconds(50))
        }
        #expect(exit == .status(130))
        #expect(session.traces == [])
    }

    @Test func aClosedWindowEndsIt() throws {
        let session = try Probe.echo()
        session.hangUp()
        #expect(try session.waitForExit() == .status(129))
    }

    @Test func standardErrorWaitsForTheEnd() throws {
        let session = try Probe.echo()
        try session.send("E")
        try session.wait { $0.contains("1: character E") }
        #expect(!session.screen.contains("a line on standard error"))
        try session.send("q")
        #expect(try session.waitForExit() == .status(0))
        #expect(session.screen.contains("a line on standard error"))
        #expect(session.traces == [])
    }

    /// Ctrl-Z gives the shell its terminal; `fg` brings the picture back.
    @Test(arguments: ["\u{1A}", "Z"])
    func stoppedAndContinued(key: String) throws {
        let session = try PTYSession(
            "/bin/sh", ["-i"], environment: ["PS1": "ready> ", "TERM": "xterm-256color", "PATH": "/usr/bin:/bin"],
            columns: 100, rows: 24)
        try session.wait("prompt") { $0.contains("ready>") }
        let modes = session.modes
        try session.send("'\(PTYSession.builtProduct("terminal-probe"))' echo '\(Probe.descriptions)'\n")
        try session.wait("frame") { $0.contains("events 0 end") }
        try session.send("M")
        try session.wait("mouse") { $0.modes.contains(1000) && $0.contains("mouse true") }
        try session.send(key)
        try session.wait("shell") { !$0.alternate && $0.line($0.row).hasPrefix("ready>") && $0.cursorVisible }
        #expect(session.screen.modes.isEmpty)
        #expect(session.modes == modes)

        session.resize(columns: 90, rows: 20)
        try session.send("fg\n")
        try session.wait("frame again") {
            $0.alternate && $0.contains("size 90x20") && $0.line(19).hasPrefix("events") && $0.modes.contains(1000)
                && !$0.cursorVisible
        }
        try session.send("a")
        try session.wait("keys again") { $0.contains("character a") }
        try session.send("q")
        try session.wait("shell") { !$0.alternate && $0.line($0.row).hasPrefix("ready>") }
        #expect(session.modes == modes)
        try session.send("exit\n")
        #expect(try session.waitForExit() == .status(0))
    }

    /// Stopped by force and continued, as a shell's `fg` does after `kill -STOP`.
    @Test func continuedAfterAForcedStop() throws {
        let session = try Probe.echo()
        session.signal(SIGSTOP)
        session.signal(SIGCONT)
        try session.send("a")
        try session.wait { $0.alternate && $0.contains("1: character a") && $0.contains("events 1 end") }
        try session.send("q")
        #expect(try session.waitForExit() == .status(0))
        #expect(session.traces == [])
    }

    @Test func everySizeIsSurvived() throws {
        let session = try Probe.echo()
        for (columns, rows) in [(1, 1), (300, 100), (80, 1), (1, 50), (40, 12)] {
            session.resize(columns: columns, rows: rows)
            let first = String("size \(columns)x\(rows)".prefix(columns))
            let last = String("events 0 end".prefix(columns))
            try session.wait("size \(columns)x\(rows)") { screen in
                (rows == 1 || screen.line(0).hasPrefix(first)) && screen.line(rows - 1) == last
                    && screen.unknown.isEmpty
            }
        }
        // A storm: only the last size counts.
        for i in 0..<60 { session.resize(columns: 20 + i * 7 % 90, rows: 5 + i * 5 % 40) }
        session.resize(columns: 61, rows: 17)
        try session.wait("the storm's end") {
            $0.line(0).hasPrefix("size 61x17") && $0.line(16) == "events 0 end"
        }
        try session.send("q")
        #expect(try session.waitForExit() == .status(0))
        #expect(session.traces == [])
    }

    @Test func workersWakeTheLoop() throws {
        let session = try Probe.echo()
        try session.send("W")
        try session.wait { $0.contains("from a worker") }
        try session.send("q")
        try session.waitForExit()
    }

    @Test(arguments: [
        ("nonesuch", "TERM=nonesuch is not known"), ("", "TERM is not set"), ("dumb", "TERM=dumb cannot move the cursor"),
    ])
    func unusableTerminals(terminal: String, message: String) throws {
        let session = try Probe.start("echo", terminal: terminal, columns: 200)
        #expect(try session.waitForExit() == .status(1))
        #expect(session.screen.contains(message), "\(session.screen)")
        #expect(!session.output.contains(0x1B))
        #expect(session.modes == session.formerModes)
    }

    @Test func standardOutputElsewhere() throws {
        let session = try Probe.start("echo", standardOutput: "/dev/null")
        #expect(try session.waitForExit() == .status(1))
        #expect(session.screen.contains("standard output is not a terminal"))
        #expect(!session.output.contains(0x1B))
    }
}
