import Foundation
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
        #expect(outcome.status == 64 && outcome.isOneLine && Self.isInOneVoice(outcome.error), "\(outcome)")
    }

    /// After the program's name lower case or an option, no quotes but “x”, no full stop.
    private static func isInOneVoice(_ error: String) -> Bool {
        let text = error.dropFirst("getam: ".count).dropLast()
        return text.first?.isUppercase == false && text.firstMatch(of: /(^|\s)'/) == nil && text.last != "."
    }

    /// What the parser and the program refuse, with what was probably meant.
    @Test(arguments: [
        (["clasify"], "did you mean “classify”?"), (["clasify", Fixtures.cat, "--top", "3"], "did you mean “classify”?"),
        (["mpa", Fixtures.cat], "did you mean “map”?"), (["explor"], "did you mean “explore”?"),
        (["evaluate-", "--truth", "x"], "did you mean “evaluate”?"), (["label", "--hlep"], "unknown option “--hlep”; did you mean “--help”?"),
        (["label", "--imags", "x", "-o", "y"], "did you mean “--images”?"), (["map", "--perlayer", Fixtures.cat], "“--per-layer”"),
        (["map", "--quiet", Fixtures.cat], "unknown option “--quiet”; see getam map --help"),
        (["map", "--method", "atention", Fixtures.cat], "did you mean “attention”?"), (["--method", "rolout"], "did you mean “rollout”?"),
        (["map", "--colormap", "virids", Fixtures.cat], "did you mean “viridis”?"), (["--view", "lable"], "did you mean “label”?"),
        (["classify", "--activation", "softmx", Fixtures.cat], "did you mean “softmax”?"), (["map", "-c", "hores", Fixtures.cat], "horse"),
        (["explore", "-c", "hores", Fixtures.cat], "horse"), (["map", "--layers", "-3", Fixtures.cat], "counted from 0"),
        (["map", "--layers", "3", "-c", "-1", Fixtures.cat], "counted from 0"), (["--start-layer", "-1"], "counted from 0"),
        (["map", "--layers", "9-3", Fixtures.cat], "such as 6-11"), (["--layers", "3-7"], "write 3-11"), (["--layers", "12"], "0 to 11"),
        (["--layer", "12"], "0 to 11"), (["--layers", "6-11", "--start-layer", "6"], "give one"), (["map", "--opacity", "140%", Fixtures.cat], "percentage"),
        (["--predict", "x"], "percentage"), (["label", "--images", "x", "-o", "y", "--predict", "101%"], "percentage"), (["label"], "--output dir is missing"),
        (["map"], "image"), (["map", "-o"], "needs a value"), (["classify", "--json=x", Fixtures.cat], "does not take any value"),
        (["--generate-completion-script", "tcsh"], "bash, zsh, fish"), (["map", "--format", "png", Fixtures.cat], "-o"),
        (["map", "-o", "x.npy", "--format", "png", Fixtures.cat], "otherwise"), (["evaluate", "--truth", "x", "--predictions", "y", "--missing", "skp"], "“skip”"),
        (["map", "--ablate", "3", Fixtures.cat], "such as 11.2"), (["map", "--ablate", "12.0", Fixtures.cat], "--ablate: layer 12"),
        (["classify", "--ablate", "0.3:half", Fixtures.cat], "such as 11.2"), (["classify", "--ablate", "0.9", Fixtures.cat], "--ablate: head 9"),
        (["classify", "--remove", "3", Fixtures.cat], "such as 3,4-6,7"), (["classify", "--keep", "0,0-99,0", Fixtures.cat], "--keep: 0,0-99,0 is no box"),
        (["evaluate", "--truth", "x", "--cams", "y", "--sweep", "--steps", "1"], "0:0.9:0.1"), (["segment", "--shard", "3/3", "-o", "x", "y"], "i/n"),
    ])
    func whatWasMeant(_ arguments: [String], _ words: String) throws {
        let outcome = try Program.run(arguments)
        #expect(outcome.status == 64 && outcome.isOneLine && outcome.error.contains(words), "\(outcome)")
        #expect(Self.isInOneVoice(outcome.error), "\(outcome.error)")
    }

    /// A word that is a file is one, whatever it is called.
    @Test func filesAreNoMistypedCommands() throws {
        let folder = try TemporaryFolder()
        try FileManager.default.copyItem(atPath: Fixtures.cat, toPath: folder.path + "/clasify")
        let outcome = try Program.run(["clasify"], folder: folder.path)
        #expect(outcome.status == 0 && outcome.text.contains("clasify"), "\(outcome.error)")
    }

    /// Percentages are numbers from 0 to 1.
    @Test func percentages() throws {
        let half = try Program.run(["map", "--opacity", "50%", "-o", "-", "--format", "png", Fixtures.cat])
        #expect(half.status == 0 && half.output.starts(with: [0x89, 0x50]))
        #expect(try Program.run(["map", "--opacity", "0.5", "-o", "-", "--format", "png", Fixtures.cat]).output == half.output)
        #expect(try Program.run(["map", "-o", "-", "--format", "png", Fixtures.cat]).output != half.output)
        #expect(try Program.run(["--predict", "50%", "--opacity", "85%", Fixtures.cat]).output == Program.run([Fixtures.cat]).output)
    }

    /// `-` is standard input and output.
    @Test func dashes() throws {
        let folder = try TemporaryFolder()
        let file = try Program.run(["map", Fixtures.cat, "-o", folder.path + "/cat.npy"])
        let path = try Program.path.get()
        let piped = try Program.run(
            ["-c", "\"$0\" map - -o - < \"$1\" && \"$0\" classify --json - < \"$1\" >&2", path, Fixtures.cat], executable: "/bin/sh")
        #expect(file.status == 0 && piped.status == 0, "\(piped.error)")
        #expect(Data(piped.output) == (try Data(contentsOf: URL(filePath: folder.path + "/cat.npy"))))
        #expect(piped.error.hasPrefix("{\"classes\":[{"))
    }

    /// A command line is a bookmark.
    @Test func whatTheExplorerShowsFirst() throws {
        let frame = try Program.run(["explore", Fixtures.picture("09-cow-and-sheep.jpg"), "-c", "sheep", "--layer", "9", "--opacity", "80%"])
        #expect(frame.status == 0 && frame.text.contains("layer 9  sheep") && frame.text.contains("80%"), "\(frame.text)")
        let fused = try Program.run(["explore", Fixtures.cat, "--layers", "4-11", "-c", "cow", "-c", "dog"])
        #expect(fused.text.contains("fused 4-11  cow") && fused.text.contains("●2"), "\(fused.text)")
        #expect(try Program.run(["explore", Fixtures.cat, "--layers", "7"]).text.contains("layer 7  cat"))
        #expect(try Program.run(["--start-layer", "4", Fixtures.cat]).output == Program.run(["--layers", "4-11", Fixtures.cat]).output)
        let label = try Program.run(["explore", Fixtures.cat, "--view", "label"])
        #expect(label.status == 0 && label.text.contains("label"), "\(label.text)")
        let none = try Program.run(["explore", Fixtures.cat, "--view", "decoder", "-m", Fixtures.model("bf16")])
        #expect(none.status == 64 && none.isOneLine && none.error.contains("decoder"), "\(none.error)")
    }

    @Test(arguments: [
        (["map", Fixtures.cat, "-c", "6"], ["class 6 is out of range", "0 to 5"]),
        (["map", Fixtures.cat, "--class=-1"], ["class -1 is out of range"]),
        (["map", Fixtures.cat, "-c", "shep"], ["“shep”", "sheep"]), (["map", Fixtures.cat, "-c", "cat", "-c", "hors"], ["horse"]),
        (["map", Fixtures.cat, "-c", ""], ["nearest"]), (["map", Fixtures.cat, "-c", "a\u{1B}[1m\nb"], ["no class"]),
        (["map", Fixtures.cat, "--layers", "5-12"], ["layer 12 is out of range", "0 to 11"]),
        (["map", Fixtures.cat, "--layers", "12"], ["layer 12 is out of range"]), (["--layer", "12"], ["layer 12 is out of range"]),
        (["--start-layer", "12"], ["layer 12 is out of range"]), (["--start-layer=-1"], ["layer -1 is out of range"]),
    ])
    func outOfRange(arguments: [String], words: [String]) throws {
        let outcome = try Program.run(arguments)
        #expect(outcome.status == 64 && outcome.isOneLine, "\(outcome)")
        for word in words { #expect(outcome.error.contains(word), "\(outcome.error)") }
    }

    @Test(arguments: ["nope", "~/cat.jpg", "folder/clasify", ""])
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
