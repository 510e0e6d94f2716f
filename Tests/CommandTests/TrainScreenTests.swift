import Files
import Foundation
import PTYSupport
import TestSupport
import Testing

/// `getam train` on a terminal, and what it says where there is none.
@Suite struct TrainScreenTests {
    private let data: TrainFolder
    init() throws { data = try TrainFolder() }

    private func launch(_ output: String, _ more: [String] = [], terminal: String = "xterm-256color") throws -> PTYSession {
        try PTYSession(
            Program.path.get(), data.arguments(output, more),
            environment: Program.environment.merging(["TERM": terminal]) { $1 }, columns: 100, rows: 30)
    }

    /// A run that nobody waits the end of.
    private let long = ["--set", "steps=200000"]

    private func expectRestored(_ session: PTYSession, _ place: SourceLocation = #_sourceLocation) {
        let screen = session.screen
        #expect(!screen.alternate && screen.cursorVisible && screen.modes.isEmpty && !screen.isInFrame, sourceLocation: place)
        #expect(session.modes == session.formerModes, sourceLocation: place)
    }

    private func steps(_ run: String) throws -> Int { try data.table("\(run)/log.csv").count - 1 }

    /// Watched to its end, a run leaves the bytes of one that nobody watched.
    @Test func watchingChangesNothing() throws {
        let settings = ["--set", "steps=150", "--set", "augment=standard", "--set", "ema=0.9", "--set", "keepEvery=60"]
        #expect(try data.run("alone", settings).status == 0)
        let session = try launch("watched", settings)
        #expect(try session.waitForExit() == .status(0))
        expectRestored(session)
        #expect(session.screen.contains("being watched took of the time: screen") && session.screen.contains("150 steps on 8 pictures"))
        #expect(try data.files("watched") == data.files("alone"))
    }

    @Test func itShowsHowTheRunGoes() throws {
        let session = try launch("run", long + ["--set", "segmentationStart=0", "--set", "labels.every=0"])
        try session.wait("steps") { $0.alternate && $0.line(0).contains("/200000") && $0.line(0).contains("pictures a second") }
        for text in ["loss", "softMargin", "segmentation", "learningRate", "picture", "map of red", "pseudo label", "decoder", "p0 · red"] {
            try session.wait(text) { $0.contains(text) }
        }
        // What the screen and the probe pictures cost.
        try session.wait("the cost") { $0.line(29).contains("screen 0.") && $0.line(29).contains("probes ") }
        try session.send("h")
        try session.wait("a layer") { $0.line(29).hasPrefix(" layer ") }
        try session.send("j")
        try session.wait("another class") { $0.contains("class 2 of each picture") }
        session.resize(columns: 80, rows: 24)
        try session.wait("the new size") { $0.line(23).hasPrefix(" layer ") }
        try session.send("\u{3}")
        #expect(try session.waitForExit() == .status(130))
        expectRestored(session)
        #expect(session.screen.contains("interrupted after step"))
    }

    @Test func pauseSaveAndStop() throws {
        let session = try launch("run", long + ["--set", "saveEvery=100000"])
        try session.wait("steps") { $0.alternate && $0.line(0).contains("/200000") }
        try session.send(" ")
        try session.wait("the pause") { $0.line(29).contains("paused") }
        let paused = try steps("run")
        Thread.sleep(forTimeInterval: 0.3)
        #expect(try steps("run") == paused)
        // Saved while it is paused: model and state of that step.
        #expect(!FileManager.default.fileExists(atPath: data.path("run/model.safetensors")))
        try session.send("s")
        try session.wait("the saved model") { $0.contains("saved after step \(paused)") }
        let inspected = try Program.run(["inspect", "-m", data.path("run")])
        #expect(inspected.status == 0, "\(inspected.error)")
        let states = try FileManager.default.contentsOfDirectory(atPath: data.path("run/state"))
        #expect(states.contains { Int($0.dropFirst(5).prefix(9)) == paused }, "\(states)")
        try session.send(" ")
        try session.wait("more steps") { $0.line(29).contains("training") && !$0.line(0).contains("step \(paused)/") }
        // Asked first, then stopped.
        try session.send("q")
        try session.wait("the question") { $0.contains("Stop after this step?") }
        try session.send("n")
        try session.wait("no question") { !$0.contains("Stop after this step?") }
        try session.send("qy")
        #expect(try session.waitForExit() == .status(0))
        expectRestored(session)
        let stopped = try steps("run")
        #expect(session.screen.contains("stopped after step \(stopped) of 200000; go on with --resume") && stopped > paused)
        // Gone on with, the curves begin with the steps before.
        let resumed = try launch("run", long + ["--set", "saveEvery=100000", "--resume"])
        try resumed.wait("steps") { $0.alternate && $0.line(0).contains("/200000") && $0.contains("from 0 to") }
        resumed.signal(SIGTERM)
        #expect(try resumed.waitForExit() == .status(143))
        expectRestored(resumed)
        #expect(try steps("run") > stopped)
    }

    /// A terminal that goes away ends the run as a signal does, the state saved.
    @Test func aClosedTerminalSavesTheState() throws {
        let session = try launch("run", long + ["--set", "saveEvery=100000"])
        try session.wait("steps") { $0.alternate && $0.line(0).contains("/200000") }
        session.hangUp()
        #expect(try session.waitForExit(reading: false) == .status(128 + SIGHUP))
        #expect(try FileManager.default.contentsOfDirectory(atPath: data.path("run/state")).isEmpty == false)
    }

    // MARK: Without the screen

    @Test(arguments: ["dumb", "nothing-known"]) func aPoorTerminalHasLines(_ terminal: String) throws {
        let session = try launch("run-\(terminal)", terminal: terminal)
        #expect(try session.waitForExit() == .status(0))
        #expect(!session.output.contains(0x1B) && session.screen.contains("6 steps on 8 pictures"))
    }

    /// `--plain` and a pipe: a line every so often, the first after two seconds.
    @Test func linesComeEverySoOften() throws {
        let session = try launch("plain", long + ["--plain"])
        try session.wait("two lines") { screen in screen.lines.count { $0.hasPrefix("step ") && $0.contains(" left") } >= 2 }
        #expect(!session.screen.alternate && !session.output.contains(0x1B))
        session.signal(SIGINT)
        #expect(try session.waitForExit() == .status(130))
        let piped = try Program.run(
            ["-c", "\"$@\" 2>\"$0\" & pid=$!; sleep 3; kill -INT $pid; wait $pid", data.path("log"), "/usr/bin/env", "--default-signal=INT",
                try Program.path.get()] + data.arguments("piped", long), executable: "/bin/bash")
        let lines = try String(contentsOfFile: data.path("log"), encoding: .utf8).split(separator: "\n")
        #expect(piped.status == 130 && lines.count == 2 && lines.first?.hasPrefix("step ") == true, "\(lines)")
    }
}
