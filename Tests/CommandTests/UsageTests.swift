import PTYSupport
import TestSupport
import Testing

/// What is asked for wrongly: status 64, and no terminal touched.
@Suite struct UsageTests {
    @Test(arguments: [
        ["--bogus"], ["classify"], ["map"], ["classify", "--threads", "0", Fixtures.cat], ["classify", "--threads", "x", Fixtures.cat],
        ["--threads", "-1"], ["map", "--layers", "9-3", Fixtures.cat], ["map", "--layers", "3-", Fixtures.cat],
        ["map", "--layers", "-3", Fixtures.cat], ["map", "--layers", "1-2-3", Fixtures.cat],
        ["map", "--layers", "99999999999999999999", Fixtures.cat], ["map", "--opacity", "nan", Fixtures.cat],
        ["map", "--opacity", "2", Fixtures.cat], ["map", "--method", "magic", Fixtures.cat], ["--method", "magic"],
        ["map", "--colormap", "pink", Fixtures.cat], ["classify", "--top", "-1", Fixtures.cat], ["classify", "--size", "0", Fixtures.cat],
        ["classify", "--repeat", "0", Fixtures.cat], ["classify", "--resize", "crop", Fixtures.cat], ["--colors", "8"],
        ["classify", "--activation", "relu", Fixtures.cat], ["classify", Fixtures.cat, Fixtures.cat], ["help", "--bogus"],
    ])
    func wrongOptions(_ arguments: [String]) throws {
        let outcome = try Program.run(arguments)
        #expect(outcome.status == 64 && outcome.output.isEmpty && outcome.error.hasPrefix("Error: "), "\(outcome)")
        // The complaint, then at most what the parser says about the option and the usage.
        #expect(outcome.errorLines.count <= 4)
    }

    @Test(arguments: [
        (["map", Fixtures.cat, "-c", "6"], ["class 6 is out of range", "0 to 5"]),
        (["map", Fixtures.cat, "--class=-1"], ["class -1 is out of range"]),
        (["map", Fixtures.cat, "-c", "shep"], ["“shep”", "sheep"]), (["map", Fixtures.cat, "-c", "cat", "-c", "hors"], ["horse"]),
        (["map", Fixtures.cat, "-c", ""], ["nearest"]), (["map", Fixtures.cat, "-c", "a\u{1B}[1m\nb"], ["no class"]),
        (["map", Fixtures.cat, "--layers", "5-12"], ["layer 12 is out of range", "0 to 11"]),
        (["map", Fixtures.cat, "--layers", "12"], ["layer 12 is out of range"]),
        (["--start-layer", "12"], ["layer 12 is out of range"]), (["--start-layer=-1"], ["layer -1 is out of range"]),
    ])
    func outOfRange(arguments: [String], words: [String]) throws {
        let outcome = try Program.run(arguments)
        #expect(outcome.status == 64 && outcome.isOneLine, "\(outcome)")
        for word in words { #expect(outcome.error.contains(word), "\(outcome.error)") }
    }

    @Test(arguments: ["nope", "clasify", "~/cat.jpg", ""])
    func wordsThatAreNothing(_ word: String) throws {
        let outcome = try Program.run([word])
        #expect(outcome.status == 66 && outcome.isOneLine && outcome.error.contains("neither a command nor a picture"), "\(outcome)")
    }

    @Test func helpAndVersion() throws {
        for arguments in [["--help"], ["-h"], ["help"], ["help", "map"], ["map", "--help"], ["classify", "-h"], ["inspect", "--help"]] {
            let outcome = try Program.run(arguments)
            #expect(outcome.status == 0 && outcome.text.contains("USAGE") && outcome.error.isEmpty)
        }
        let version = try Program.run(["--version"])
        #expect(version.status == 0 && version.error.isEmpty && version.text.wholeMatch(of: /\d+\.\d+\.\d+\n/) != nil)
    }

    // MARK: In a terminal

    /// The program in a terminal of its own, run to its end.
    private func inTerminal(
        _ arguments: [String], _ environment: [String: String]
    ) throws -> (exit: PTYSession.Exit, output: String) {
        let session = try PTYSession(
            Program.path.get(), arguments, environment: Program.environment.merging(environment) { $1 })
        let exit = try session.waitForExit()
        #expect(!session.screen.alternate)
        return (exit, String(decoding: session.output, as: UTF8.self))
    }

    private static let terminals: [(environment: [String: String], words: String)] = [
        (["TERM": "nonsense"], "TERM=nonsense is not known"), ([:], "TERM is not set"), (["TERM": ""], "TERM is not set"),
        (["TERM": "dumb"], "TERM=dumb"), (["TERM": "../../etc/passwd"], "not known"),
    ]

    @Test(arguments: terminals)
    func terminalsThatCannotBeUsed(environment: [String: String], words: String) throws {
        let (exit, output) = try inTerminal([Fixtures.cat], environment)
        #expect(exit == .status(64))
        #expect(output.hasPrefix("getam: ") && output.hasSuffix("\r\n") && output.contains(words), "\(output)")
        let inside = output.dropLast().contains { $0.isNewline }
        #expect(!inside && !output.contains("\u{1B}"), "\(output.debugDescription)")
    }

    private static let mistakes: [(arguments: [String], status: Int32)] = [
        (["nope"], 66), ([Fixtures.path("images/hostile/text.png")], 65), ([Fixtures.cat, "-m", "/none"], 66),
        (["--start-layer", "12"], 64), ([Fixtures.root.appending(path: "Sources").path], 66),
    ]

    /// Found before any screen opens.
    @Test(arguments: mistakes)
    func mistakesInATerminal(arguments: [String], status: Int32) throws {
        let (exit, output) = try inTerminal(arguments, ["TERM": "xterm-256color"])
        #expect(exit == .status(status))
        let inside = output.dropLast().contains { $0.isNewline }
        #expect(output.hasPrefix("getam: ") && !output.contains("\u{1B}") && !inside, "\(output)")
    }

    /// Output in a terminal, input from elsewhere: there would be no keys.
    @Test func inputThatIsNoTerminal() throws {
        let session = try PTYSession(
            "/bin/sh", ["-c", "exec \"$0\" \"$@\" </dev/null", try Program.path.get(), Fixtures.cat],
            environment: Program.environment.merging(["TERM": "xterm-256color"]) { $1 })
        #expect(try session.waitForExit() == .status(64))
        let output = String(decoding: session.output, as: UTF8.self)
        #expect(output.hasPrefix("getam: standard input is not a terminal") && !output.contains("\u{1B}"), "\(output)")
    }

    /// A map drawn in the terminal is as wide as that, in the colors it has.
    @Test func mapInATerminal() throws {
        let session = try PTYSession(
            Program.path.get(), ["map", Fixtures.cat, "-c", "cat"],
            environment: Program.environment.merging(["TERM": "xterm-256color"]) { $1 }, columns: 50, rows: 20)
        #expect(try session.waitForExit() == .status(0))
        let output = String(decoding: session.output, as: UTF8.self)
        #expect(output.contains("38;5;") && output.contains("▀") && session.screen.contains("fused 6-11  cat  getam"))
        // Title, picture and prompt stay on the screen together.
        #expect(session.screen.row <= 19 && session.screen.line(0).contains("fused 6-11"), "\(session.screen)")
    }
}
