import Files
import Foundation
import PTYSupport
import TestSupport
import Testing

/// `getam explore RUN`: a training run's folder.
@Suite struct RunExploreTests {
    private let data: TrainFolder
    private let wide = ["COLUMNS": "200", "LINES": "40"]
    init() throws { data = try TrainFolder() }

    private func train(_ more: String...) throws {
        let outcome = try data.run("run", ["--set", "keepEvery=2"] + more)
        #expect(outcome.status == 0, "\(outcome.error)")
    }

    private func launch(_ arguments: [String]) throws -> PTYSession {
        let session = try PTYSession(
            Program.path.get(), arguments, environment: Program.environment.merging(["TERM": "xterm-256color"]) { $1 }, columns: 120,
            rows: 40)
        try session.wait("the first maps") { $0.alternate && $0.line(39).contains("…") && !$0.contains("waiting for") }
        return session
    }

    /// One frame without a terminal: the newest checkpoint on the run's probe pictures, wherever the run lies.
    @Test func itsProbePicturesAreShown() throws {
        try train()
        let words = ["p0.png", "run step 6", "1/4"]
        for arguments in [["explore", data.path("run")], [data.path("run")], ["explore", data.path("run/")]] {
            let outcome = try Program.run(arguments, environment: wide)
            #expect(outcome.status == 0, "\(outcome.error)")
            for word in words { #expect(outcome.text.contains(word), "\(word): \(outcome.text)") }
        }
        // Pictures that are named are taken in their place.
        let named = try Program.run(["explore", data.path("run"), data.path("images/p5.png")], environment: wide)
        #expect(named.text.contains("p5.png") && named.text.contains("1/1") && named.text.contains("run step 6"), "\(named.text)")
        // Both may be moved together; without the pictures the bundled ones are there.
        try FileManager.default.createDirectory(atPath: data.path("there"), withIntermediateDirectories: true)
        for name in ["run", "images"] { try FileManager.default.moveItem(atPath: data.path(name), toPath: data.path("there/\(name)")) }
        #expect(try Program.run(["explore", data.path("there/run")]).text.contains("1/4"))
        try FileManager.default.removeItem(atPath: data.path("there/images"))
        let bundled = try Program.run(["explore", data.path("there/run")])
        #expect(bundled.status == 0 && bundled.error.contains("none of the run's probe pictures is there"), "\(bundled.error)")
    }

    @Test func aKeptCheckpointIsAModelForEveryCommand() throws {
        try train()
        let kept = data.path("run/weights/step-000000002.safetensors")
        let answer = try Program.run(["classify", data.path("images/p1.png"), "-m", kept, "--json"])
        #expect(answer.status == 0 && TrainFolder.classes.allSatisfy { answer.text.contains("\"\($0)\"") }, "\(answer.error)")
        let frame = try Program.run(
            ["explore", data.path("run"), "--do", "checkpoint 2"], environment: wide)
        #expect(frame.status == 0 && frame.text.contains("run step 2"), "\(frame.error)\(frame.text)")
    }

    @Test func checkpointsAreSteppedThroughAndReadAgain() throws {
        try train("--set", "keepEvery=1")
        let session = try launch(["explore", data.path("run")])
        #expect(session.screen.contains("run step 6") && session.screen.contains("kept after 1, 2, 3, 4, 5, 6"))
        try session.send("{")
        try session.wait("the one before") { $0.contains("run: step 5;") && $0.line(0).contains("run step 5") }
        // Beside it in another pane the one before that.
        try session.send("|{")
        try session.wait("two panes") { $0.contains("1 · run step 5") && $0.contains("2 · run step 4") }
        try session.send("X:checkpoint newest\r")
        try session.wait("the newest") { $0.line(0).contains("run step 6") }
        // What takes the newest one's place is read again: here an older one.
        let bytes = try MappedFile(path: data.path("run/weights/step-000000003.safetensors")).withBytes { Array($0) }
        try AtomicFile.write(bytes, to: data.path("run/model.safetensors"))
        try session.wait("what was written") { $0.contains("the run has written a newer checkpoint, step 3") }
        try session.wait("its maps") { $0.line(0).contains("run step 3") && $0.line(39).contains("…") && !$0.contains("no map yet") }
        // A checkpoint that cannot be read is told; the last one stays.
        try AtomicFile.write(Array("no model".utf8), to: data.path("run/model.safetensors"))
        try session.wait("the failure") { $0.contains("model.safetensors") && $0.contains("safetensors file") }
        #expect(session.screen.line(0).contains("run step 3"))
        try session.send("q")
        #expect(try session.waitForExit() == .status(0))
        #expect(session.modes == session.formerModes && !session.screen.alternate)
    }

    @Test func whatIsNoRunIsTold() throws {
        try train()
        func expect(_ status: Int32, _ word: String, _ arguments: [String]) throws {
            let outcome = try Program.run(["explore"] + arguments)
            #expect(outcome.status == status && outcome.isOneLine, "\(arguments): \(outcome.status) \(outcome.error)")
            #expect(outcome.error.contains(word), "\(arguments): \(outcome.error)")
        }
        try FileManager.default.copyItem(atPath: data.path("run"), toPath: data.path("other"))
        try expect(64, "-m \(data.path("other"))", [data.path("run"), data.path("other")])
        try FileManager.default.removeItem(atPath: data.path("other/model.safetensors"))
        try expect(66, "no checkpoint yet", [data.path("other")])
        try data.write("{}", "other/recipe.json")
        try expect(66, "has no pictures", [data.path("other")])
        // Another's newest checkpoint beside it.
        let kept = data.path("run/weights/step-000000002.safetensors")
        let outcome = try Program.run(["explore", data.path("run"), "-m", kept, "--do", "model 2"], environment: wide)
        #expect(outcome.status == 0 && outcome.text.contains("run step 2"), "\(outcome.error)")
    }
}
