import Foundation
import Images
import Labels
import TestSupport
import Testing

/// `getam tune`.
@Suite struct TuneTests {
    private let batch: BatchFolder

    /// Truths are labels that a preset of another level made of tiny models' maps, so that there is something to be found.
    init() throws {
        batch = try BatchFolder()
        var labels = ""
        for (place, name) in BatchFolder.names.enumerated() { labels += "\(name) thing\(place % 3),thing\(place % 3 + 1)\n" }
        try batch.write(labels, "labels.txt")
        try batch.write(preset(level: 0.25), "true.json")
        let made = try Program.run(
            ["label", "--images", path("images"), "-m", Fixtures.model("bf16"), "--labels", path("labels.txt"), "--preset", path("true.json"), "-o", path("truth")])
        #expect(made.status == 0, "\(made.error)")
        try batch.write(preset(level: 0.6), "start.json")
    }

    private func path(_ name: String) -> String { batch.path(name) }

    private func preset(level: Double) -> String {
        """
        {"version": 1, "size": 40, "normalization": "minimumMaximum", "completion": {"level": \(level), "cut": null, "opening": 0}}
        """
    }

    private func run(_ more: [String], output: String = "best.json") throws -> Outcome {
        try Program.run(
            ["tune", "--images", path("images"), "-m", Fixtures.model("bf16"), "--labels", path("labels.txt"), "--truth", path("truth"),
             "--preset", path("start.json"), "-o", path(output)] + more)
    }

    private struct Report: Decodable {
        struct Figures: Decodable { let tuned: Double, heldOut: Double }
        struct Step: Decodable { let evaluation: Int, knob: String, mIoU: Double }
        let tunedPictures: Int, heldOutPictures: Int, evaluations: Int, isDone: Bool
        let start: Figures, best: Figures
        let steps: [Step]
    }

    private func report(_ outcome: Outcome) throws -> Report { try JSONDecoder().decode(Report.self, from: Data(outcome.output)) }

    @Test func theLevelIsFoundAgain() throws {
        let outcome = try run(["--vary", "levels", "--json"]), found = try report(outcome)
        #expect(outcome.status == 0 && found.tunedPictures == 3 && found.heldOutPictures == 3 && found.isDone, "\(outcome.error)")
        #expect(found.best.tuned > 0.97 && found.best.heldOut > 0.9 && found.start.tuned < 0.9, "\(outcome.text)")
        let best = try Preset.read(path: path("best.json"))
        guard case .level(let level) = best.completion.background else { Issue.record("no level"); return }
        #expect(abs(level - 0.25) <= 0.026 && best.name == "best")
        // The figures are those of the labels that the preset makes.
        let names = BatchFolder.names.enumerated().filter { $0.offset % 2 == 1 }.map(\.element).joined(separator: "\n") + "\n"
        try batch.write(names, "held.txt")
        for (preset, expected) in [("best.json", found.best.heldOut), ("start.json", found.start.heldOut)] {
            let made = try Program.run(
                ["label", "--images", path("images"), "-m", Fixtures.model("bf16"), "--labels", path("labels.txt"), "--preset", path(preset), "-o", path("by-\(preset)")])
            #expect(made.status == 0)
            let judged = try Program.run(
                ["evaluate", "-m", Fixtures.model("bf16"), "--predictions", path("by-\(preset)"), "--truth", path("truth"), "--list", path("held.txt"), "--json"])
            struct Judged: Decodable { let mIoU: Double }
            #expect(try abs(JSONDecoder().decode(Judged.self, from: Data(judged.output)).mIoU - expected) < 1e-12, "\(judged.error)")
        }
        // The list says which are held out, too; the order of pictures changes nothing.
        let listed = try report(run(["--vary", "levels", "--held-out-list", path("held.txt"), "--jobs", "1", "--memory", "0", "--json"], output: "listed.json"))
        #expect(listed.best.heldOut == found.best.heldOut && listed.best.tuned == found.best.tuned && listed.evaluations == found.evaluations)
    }

    @Test func aRunThatIsGoneOnWithEndsAsOneThatWasNot() throws {
        let whole = try run(["--budget", "30", "--json"], output: "whole.json")
        #expect(whole.status == 0, "\(whole.error)")
        #expect(try run(["--budget", "7"], output: "part.json").status == 0)
        #expect(try report(whole).evaluations == 30)
        let refused = try run(["--budget", "30"], output: "part.json")
        #expect(refused.status == 73 && refused.isOneLine && refused.error.contains("--resume"), "\(refused.error)")
        // Half a line is what a killed run leaves.
        let log = path("part.csv")
        var text = try String(contentsOfFile: log, encoding: .utf8)
        #expect(text.split(separator: "\n").count == 8)
        text += "0.99,backg"
        try Data(text.utf8).write(to: URL(filePath: log))
        let resumed = try run(["--budget", "30", "--resume", "--json"], output: "part.json")
        #expect(resumed.status == 0 && resumed.output == whole.output, "\(resumed.error)")
        #expect(try String(contentsOfFile: log, encoding: .utf8) == String(contentsOfFile: path("whole.csv"), encoding: .utf8))
        let presets = try ["whole.json", "part.json"].map { try Preset.read(path: path($0)).nameless }
        #expect(presets[0] == presets[1])
    }

    @Test(arguments: [
        (["--vary", "levls"], 64, "did you mean “levels”?"), (["--budget", "0"], 64, "from 1"), (["--held-out", "0"], 64, "both parts need some"),
        (["--held-out", "1"], 64, "both parts need some"), (["--preset", "getm"], 66, "did you mean “getam”?"), (["--preset", "getam-official"], 64, "saliency from files"),
        (["--shard", "0/2"], 64, "--shard"), (["--log", "-"], 64, "--log needs a file"),
    ]) func whatCannotBeIsRefused(_ arguments: [String], _ status: Int32, _ reason: String) throws {
        let outcome = try run(arguments)
        #expect(outcome.status == status && outcome.isOneLine && outcome.error.contains(reason), "\(outcome.error)")
        #expect(!FileManager.default.fileExists(atPath: path("best.json")))
    }

    @Test func pictureWithoutTruthOrClassesIsTold() throws {
        unlink(path("truth/03-dog.png"))
        let missing = try run([])
        #expect(missing.status == 66 && missing.isOneLine && missing.error.contains("no true label map of this name"), "\(missing.error)")
        try batch.folder.write(PNGEncoder.encode(IndexedImage(width: 4, height: 4, indices: Array(repeating: 1, count: 16))), "truth/03-dog.png")
        let other = try run([])
        #expect(other.status == 65 && other.isOneLine && other.error.contains("is 4×4 pixels, but the picture is"), "\(other.error)")
        let over = try Program.run(
            ["tune", "--images", path("images"), "-m", Fixtures.model("bf16"), "--labels", path("labels.txt"), "--truth", path("truth"), "-o", path("labels.txt")])
        #expect(over.status == 64 && over.isOneLine && over.error.contains("is an input"), "\(over.error)")
    }
}
