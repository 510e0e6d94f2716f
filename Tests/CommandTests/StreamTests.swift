import Foundation
import Attribution
import Images
import Labels
import PTYSupport
import TestSupport
import Testing

/// Standard output and standard error that cannot be written.
@Suite struct StreamTests {
    private let folder: TemporaryFolder

    /// Two labels of one pixel, which are truth and prediction, and class maps of the same size.
    init() throws {
        folder = try TemporaryFolder()
        for name in ["truth", "cams"] { try FileManager.default.createDirectory(atPath: path(name), withIntermediateDirectories: true) }
        try folder.write(PNGEncoder.encode(IndexedImage(width: 2, height: 1, indices: [0, 1])), "truth/p.png")
        let maps = PixelMaps(classes: [0], height: 1, width: 2, values: [0.1, 0.9])
        try folder.write(#require(ClassMapDump(keys: [0], maps: maps).npz), "cams/p.npz")
    }

    private func path(_ name: String) -> String { folder.path + "/" + name }

    /// Every command that prints, in each of its forms.
    private var printing: [[String]] {
        let evaluations = [[], ["--json"], ["--csv"]].flatMap { form in
            [
                ["evaluate", "--predictions", path("truth"), "--truth", path("truth"), "--class-list", "voc"] + form,
                ["evaluate", "--cams", path("cams"), "--truth", path("truth"), "--class-list", "voc", "--sweep"] + form,
            ]
        }
        return evaluations + [
            ["--help"], ["--version"], ["label", "--help"], ["--generate-completion-script", "bash"],
            ["--generate-completion-script", "zsh"], ["--experimental-dump-help"], ["inspect"], ["inspect", "--json"],
            ["inspect", "--system"], ["inspect", "--system", "--json"], ["classify", Fixtures.cat],
            ["classify", "--json", Fixtures.cat], ["classify", "--timings", Fixtures.cat], ["map", Fixtures.cat],
            ["map", "--colors", "24bit", Fixtures.cat], ["map", "-o", "/dev/stdout", "--method", "rollout", Fixtures.cat],
            [Fixtures.cat],
        ]
    }

    /// Runs the program with bash's redirections.
    private func run(_ arguments: [String], _ redirection: String, before: String = "") throws -> Outcome {
        try Program.run(
            ["-c", "\(before) \"$@\" \(redirection)", "bash", try Program.path.get()] + arguments, executable: "/bin/bash")
    }

    @Test func aFullOrClosedOutputIsAnError() throws {
        for arguments in printing {
            let whole = try Program.run(arguments)
            try #require(whole.status == 0 && !whole.output.isEmpty, "\(arguments): \(whole.error)")
            for (redirection, reason) in [(">/dev/full", "no space left on device"), (">&-", "it is closed")] {
                let outcome = try run(arguments, redirection)
                // Times are told before what follows from them.
                let lines = outcome.errorLines.filter { !$0.hasPrefix("{\"") }
                let expected =
                    arguments.contains("/dev/stdout")
                    ? "getam: /dev/stdout: cannot be written: " : "getam: standard output: cannot be written: \(reason)"
                #expect(
                    outcome.status == 73 && lines.count == 1 && lines.first?.hasPrefix(expected) == true,
                    "\(arguments) \(redirection): \(outcome.status) \(outcome.error)")
            }
        }
    }

    /// A reader that goes away, also where the parent ignores SIGPIPE: 141, and no word.
    @Test func aClosedPipeIsQuiet() throws {
        for arguments in printing {
            for trap in ["", "trap '' PIPE;"] {
                let script = "{ sleep 0.1; \(trap) \"$@\" 2>/dev/null; echo \"status $?\" >&2; } | true"
                let outcome = try Program.run(
                    ["-c", script, "bash", try Program.path.get()] + arguments, executable: "/bin/bash")
                #expect(outcome.error.hasSuffix("status 141\n"), "\(arguments): \(outcome.error)")
            }
            let quiet = try run(arguments, "| true")
            #expect(quiet.status == 0 && quiet.errorLines.allSatisfy { $0.hasPrefix("{\"") }, "\(arguments): \(quiet.error)")
        }
    }

    /// A pipe that does not block and is read slowly still gets every byte.
    @Test func aSlowPipeGetsEverything() throws {
        let size = ["COLUMNS": "200", "LINES": "60"]
        let arguments = ["map", "--per-layer", "--layers", "0-11", "--colors", "24bit", Fixtures.cat]
        let whole = try Program.run(arguments, environment: size)
        #expect(whole.output.count > 1 << 18)
        let process = Process(), pipe = Pipe()
        process.executableURL = URL(filePath: try Program.path.get())
        process.arguments = arguments
        process.environment = Program.environment.merging(size) { $1 }
        process.standardOutput = pipe
        let writing = pipe.fileHandleForWriting.fileDescriptor
        _ = fcntl(writing, F_SETFL, fcntl(writing, F_GETFL) | O_NONBLOCK)
        try process.run()
        try pipe.fileHandleForWriting.close()
        var received: [UInt8] = []
        while let part = try pipe.fileHandleForReading.read(upToCount: 50_000), !part.isEmpty {
            received += part
            usleep(20_000)
        }
        process.waitUntilExit()
        #expect(process.terminationStatus == 0 && received == whole.output)
    }

    /// Nothing can be said on standard error: the work is done and its status stays.
    @Test(arguments: ["2>/dev/full", "2>&-", "2>&- >&-", "<&- 2>&-"]) func standardErrorIsNoReasonToStop(_ redirection: String) throws {
        let pictures = Fixtures.root.appending(path: "assets/pictures").path
        let made = try run(["label", "--predict", "0.5", "--images", pictures, "-o", path("out")], redirection)
        #expect(made.status == 0 && made.output.isEmpty)
        // What stands there is a label, not what was meant for standard error.
        for name in BatchFolder.names { _ = try ImageFile.readIndices(path: path("out/\(name).png")) }
        #expect(try run(["classify", "-m", "missing", Fixtures.cat], redirection).status == 66)
        #expect(try run(["classify", "--nonsense", Fixtures.cat], redirection).status == 64)
        if !redirection.contains(">&- >&-") {
            let timed = try run(["classify", "--timings", Fixtures.cat], redirection)
            #expect(timed.status == 0 && timed.text.hasPrefix("cat "))
        }
    }

    /// The terminal is gone in the middle of a batch whose parent ignores the hangup.
    @Test func aTerminalThatIsGoneEndsNothing() throws {
        let batch = try BatchFolder()
        let session = try PTYSession(
            "/bin/sh", ["-c", "trap '' HUP; exec \"$0\" \"$@\"", try Program.path.get()] + batch.arguments("out", ["--jobs", "1"]),
            environment: Program.environment.merging(["TERM": "xterm"]) { $1 })
        try session.wait("a bar") { $0.contains("/6") }
        session.hangUp()
        #expect(try session.waitForExit() == .status(0))
        #expect(try batch.entries("out").count == BatchFolder.names.count)
    }
}
