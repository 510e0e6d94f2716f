import Foundation
import PTYSupport
import TestSupport
import Testing

/// What a shell offers: by the real one, where it is there.
@Suite(.enabled(if: FileManager.default.isExecutableFile(atPath: "/bin/bash"), "bash is not installed"))
struct CompletionTests {
    private let folder: TemporaryFolder

    /// A folder of pictures and others, and a file that makes bash complete a line as at its end.
    init() throws {
        folder = try TemporaryFolder()
        for name in ["ten", "ten b"] {
            try FileManager.default.createDirectory(atPath: folder.path + "/" + name, withIntermediateDirectories: true)
        }
        for name in ["ten/2007_01.jpg", "ten/2007_02.PNG", "ten/2007_a b'c.jpeg", "ten/2007.txt", "mine.json", "my preset.json", "names.txt"] {
            try folder.write("x", name)
        }
        let script = try Program.run(["--generate-completion-script", "bash"])
        #expect(script.status == 0 && script.error.isEmpty)
        try folder.write(
            script.text + #"""

            COMP_LINE="$1" COMP_POINT=${#1}
            read -ra COMP_WORDS <<< "$1"
            [[ "$1" == *" " ]] && COMP_WORDS+=("")
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            complete -p getam > /dev/null
            handler=$(complete -p getam) handler=${handler##*-F } handler=${handler%% *}
            "$handler" getam "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
            printf '%s\n' "${COMPREPLY[@]}"
            """#, "complete.bash")
    }

    /// The candidates for a line, sorted.
    private func candidates(_ line: String) throws -> [String] {
        let bin = (try Program.path.get() as NSString).deletingLastPathComponent
        let outcome = try Program.run(
            ["--norc", "--noprofile", "complete.bash", line], environment: ["PATH": bin + ":/usr/bin:/bin"],
            executable: "/bin/bash", folder: folder.path)
        #expect(outcome.error.isEmpty, "\(line): \(outcome.error)")
        return outcome.lines.filter { !$0.isEmpty }.sorted()
    }

    @Test(arguments: ["map", "classify", "explore", "segment -o x", ""])
    func pictures(_ command: String) throws {
        let words = command.isEmpty ? "getam " : "getam \(command) "
        #expect(try candidates(words + "ten/2007_0") == ["ten/2007_01.jpg", "ten/2007_02.PNG"])
        #expect(try candidates(words + "ten/2007_a") == ["ten/2007_a b'c.jpeg"])
        #expect(try candidates(words + "ten/2007").count == 3)
        #expect(try candidates(words + "te") == ["ten", "ten b"])
        #expect(try candidates(words + "ten/2007_01.jpg --thq").isEmpty)
    }

    /// Every option that takes a path, as the parser lists them.
    @Test func everyPathOption() throws {
        let dump = try Program.run(["--experimental-dump-help"])
        let grammar = try JSONDecoder().decode(Grammar.self, from: Data(dump.output))
        var seen = 0
        for command in grammar.command.subcommands ?? [] {
            for argument in command.arguments ?? [] where ["dir", "path", "file", "list", "name|file", "png"].contains(argument.valueName) {
                guard argument.kind == "option", let name = argument.names?.first(where: { $0.kind == "long" })?.name else { continue }
                #expect(try candidates("getam \(command.commandName) --\(name) te") == ["ten", "ten b"], "\(command.commandName) --\(name)")
                seen += 1
            }
        }
        #expect(seen > 20)
    }

    private struct Grammar: Decodable {
        struct Name: Decodable { let kind: String, name: String }
        struct Argument: Decodable { let kind: String, valueName: String?, names: [Name]? }
        struct Command: Decodable { let commandName: String, arguments: [Argument]?, subcommands: [Command]? }
        let command: Command
    }

    private static let six = ["cat", "cow", "dog", "horse", "person", "sheep"]
    private static let names: [(line: String, candidates: [String])] = [
        ("getam cla", ["classify"]), ("getam map --method ro", ["rollout"]), ("getam --method grad-", ["grad-attention", "grad-squared"]),
        ("getam map --colormap m", ["magma"]), ("getam label --preset acr", ["acr"]), ("getam label --preset mi", ["mine.json"]), ("getam label --preset my", ["my preset.json"]),
        ("getam explore --preset getam-", ["getam-official"]), ("getam evaluate --preset po", ["pooled-head"]),
        ("getam label --class-list v", ["voc"]), ("getam evaluate --class-list n", ["names.txt"]), ("getam --truth-list mod", ["model"]),
        ("getam train --class-list co", ["coco"]), ("getam train --recipe pl", ["plain"]), ("getam train --set warm", ["warmup="]),
        ("getam map -c ", six), ("getam -c ho", ["horse"]), ("getam explore --class s", ["sheep"]),
        ("getam map -m \(Fixtures.model("bf16")) -c thing1", ["thing1"]),
        ("getam map --layers 1", ["1", "10", "11"]), ("getam map --layers 9-", ["9-10", "9-11", "9-9"]), ("getam --layer 8", ["8"]),
        ("getam map --ablate 11.", ["11.0", "11.1", "11.2"]), ("getam classify -m \(Fixtures.model("bf16")) --ablate 3", ["3.0", "3.1", "3.2"]),
        ("getam evaluate --only c", ["cat", "cow"]), ("getam evaluate --only pre", ["present"]),
        ("getam evaluate --class-list voc --only cat,d", ["cat,diningtable", "cat,dog"]),
        ("getam compare --methods getam,roll", ["getam,rollout"]), ("getam compare --metrics a", ["all", "average-drop"]),
        ("getam --view r", ["refined"]),
        ("getam evaluate --over c", ["cut"]), ("getam evaluate --missing s", ["skip"]), ("getam map --resize s", ["square"]),
        ("getam map --form", ["--format"]), ("getam --start", ["--start-layer"]), ("getam ten/2007_01.jpg --sta", ["--start-layer"]),
        ("getam figure --rows la", ["layers"]), ("getam figure --method entr", ["entropy"]), ("getam figure --method lens", ["lens", "lens-class", "lens-curve"]),
        ("getam map -c zebra", []), ("getam map --text 'red:car' --text table -c ", ["red:car", "table"]),
        ("getam map --concept beast=ten -c b", ["beast"]), ("getam map --contrast s", ["sheep", "soft-max"]),
        ("getam map --background-texts de", ["default"]), ("getam map --templates cl", ["clip-es"]), ("getam label --preset we", ["weaktr", "weclip"]),
    ]

    @Test(arguments: names)
    func namesOfThings(line: String, candidates expected: [String]) throws {
        #expect(try candidates(line) == expected, "\(line)")
    }

    /// Class names that the shell could take for its own words.
    /// Presets that the settings name stand beside the built-in ones.
    @Test func presetsOfTheSettings() throws {
        try folder.write("{\"presets\": {\"meadow\": \"m.json\", \"field\": \"f.json\"}}", "mine.json")
        #expect(try candidates("getam explore --config mine.json --preset me") == ["meadow"])
        #expect(try candidates("getam --config mine.json --preset fi") == ["field"])
        #expect(try candidates("getam explore --config names.txt --preset fi").isEmpty)
    }

    @Test func namesWithQuotesAndSpaces() throws {
        let names = ["jack-o'-lantern", "tea pot", "a$HOME", "`id`", "x\\y"]
        try folder.write(names.joined(separator: "\n"), "odd.txt")
        let found = try candidates("getam evaluate --class-list odd.txt --only ")
        #expect(found == (names + ["present"]).sorted())
    }

    /// A key on the terminal.
    @Test func tabInATerminal() throws {
        let bin = (try Program.path.get() as NSString).deletingLastPathComponent
        let script = try Program.run(["--generate-completion-script", "bash"])
        try folder.write(script.text, "getam.bash")
        let session = try PTYSession(
            "/bin/bash", ["--norc", "--noprofile", "-c", "cd '\(folder.path)' && exec bash --norc --noprofile -i"],
            environment: Program.environment.merging(["TERM": "xterm", "PATH": bin + ":/usr/bin:/bin", "PS1": "% "]) { $1 }, columns: 100, rows: 20)
        try session.send("source ./getam.bash; echo read''y\r")
        try session.wait { $0.contains("ready") }
        try session.send("getam map ten/2007_01\t")
        try session.wait { $0.contains("getam map ten/2007_01.jpg") }
        try session.send("--method roll\t")
        try session.wait { $0.contains("--method rollout") }
        try session.send("\u{15}exit\r")
        _ = try session.waitForExit()
    }

    /// The other shells' scripts are there, and say the same of explore's words.
    @Test func otherShells() throws {
        let zsh = try Program.run(["--generate-completion-script", "zsh"])
        #expect(zsh.status == 0 && zsh.text.hasPrefix("#compdef getam\n") && zsh.text.contains("compdef __getam_line getam"))
        let fish = try Program.run(["--generate-completion-script=fish"])
        #expect(fish.status == 0 && fish.text.contains("set tokens $tokens[1] explore"))
        for (shell, text) in [("/usr/bin/zsh", zsh.text), ("/usr/bin/fish", fish.text)] where FileManager.default.isExecutableFile(atPath: shell) {
            try folder.write(text, "script")
            let outcome = try Program.run(["-n", "script"], executable: shell, folder: folder.path)
            #expect(outcome.status == 0 && outcome.error.isEmpty, "\(outcome.error)")
        }
    }
}
