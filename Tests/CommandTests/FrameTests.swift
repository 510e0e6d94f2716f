import TestSupport
import Testing

/// The explorer with its output in a pipe: one frame.
@Suite struct FrameTests {
    @Test func oneFrameAsText() throws {
        for environment in [[:], ["TERM": "nonsense"], ["TERM": "xterm-256color", "COLORTERM": "truecolor", "NO_COLOR": "1"]] {
            let outcome = try Program.run([Fixtures.cat], environment: environment)
            #expect(outcome.status == 0 && outcome.error.isEmpty, "\(outcome.error)")
            #expect(!outcome.output.contains(0x1B))
            #expect(outcome.lines.count == 24 && outcome.lines.allSatisfy { $0.count <= 80 })
            let status = try #require(outcome.lines.last)
            #expect(outcome.lines[0].contains("01-cat.jpg"), "\(outcome.lines[0])")
            for word in ["fused 6-11", "cat", "getam", "1/1"] { #expect(status.contains(word), "\(status)") }
            #expect(outcome.text.contains("99.9%") && outcome.text.contains("23×17 patches"))
        }
    }

    @Test func subcommandAndDefaultAreTheSame() throws {
        #expect(try Program.run(["explore", Fixtures.cat]).output == Program.run([Fixtures.cat]).output)
        let bundled = try Program.run([])
        #expect(bundled.status == 0 && bundled.text.contains("1/10"))
    }

    @Test func optionsReachTheFrame() throws {
        let model = Fixtures.root.appending(path: "assets/models/animals").path
        let outcome = try Program.run([Fixtures.cat, "--start-layer", "9", "-m", model])
        #expect(outcome.status == 0 && outcome.lines.last?.contains("fused 9-11") == true)
        let wide = try Program.run([Fixtures.cat], environment: ["COLUMNS": "200", "LINES": "60"])
        #expect(wide.lines.count == 60 && wide.lines.contains { $0.count > 100 } && wide.lines.allSatisfy { $0.count <= 200 })
        let small = try Program.run([Fixtures.cat], environment: ["COLUMNS": "40", "LINES": "12"])
        #expect(small.status == 0 && small.lines.count == 12 && small.lines.allSatisfy { $0.count <= 40 })
    }

    /// Lines as they are typed come before the frame, each once the one before has its answer.
    @Test func linesMakeTheFrame() throws {
        let lines = ["layer 3", "head 1", "pane add", "quantity lens", "grid layersxclasses", "grid 4 2"].flatMap { ["--do", $0] }
        let outcome = try Program.run([Fixtures.cat] + lines, environment: ["COLUMNS": "120", "LINES": "40"])
        #expect(outcome.status == 0 && outcome.error.isEmpty, "\(outcome.error)")
        #expect(outcome.text.contains("grid · layers × classes"), "\(outcome.text)")
        let wrong = try Program.run([Fixtures.cat, "--do", "layer 3", "--do", "layer 30", "--do", "layer 4"])
        #expect(wrong.status == 64 && wrong.output.isEmpty && wrong.errorLines.count == 1)
        #expect(wrong.error.contains("--do “layer 30”: no layer 30: layers go from 0 to 11"), "\(wrong.error)")
    }

    @Test(arguments: [("24bit", ";2;"), ("256", "8;5;"), ("16", "\u{1B}[")])
    func colorsOnRequest(depth: String, sequence: String) throws {
        let outcome = try Program.run([Fixtures.cat, "--colors", depth], environment: ["NO_COLOR": "1"])
        #expect(outcome.status == 0 && outcome.text.contains(sequence) && outcome.text.contains(where: "▀▁▓▒░".contains))
    }

    /// A model without classes has nothing to map, and says so in its frame.
    @Test func modelWithoutHead() throws {
        let outcome = try Program.run([Fixtures.cat, "-m", Fixtures.model("dino_keys")])
        #expect(outcome.status == 0 && !outcome.output.isEmpty && outcome.errorLines.count == 1)
    }
}
