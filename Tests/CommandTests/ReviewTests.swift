import Files
import Foundation
import Images
import TestSupport
import Testing

/// `getam review`.
@Suite struct ReviewTests {
    private func line(_ picture: String, _ decision: String, hour: Int = 1, _ more: String = "") -> String {
        "{\"decision\":\"\(decision)\",\"picture\":\"\(picture)\",\"time\":\"2026-01-31T0\(hour):00:00.000Z\"\(more)}\n"
    }

    @Test func countsWhatWasDecided() throws {
        let folder = try TemporaryFolder()
        try folder.write(
            line("a", "accept", ",\"seconds\":30,\"label\":\"file\"") + line("b", "flag", ",\"note\":\"paw\",\"seconds\":90") + line("a", "reject") + "{\"pict",
            "review.jsonl")
        let outcome = try Program.run(["review", folder.path])
        #expect(outcome.status == 0, "\(outcome.error)")
        #expect(outcome.lines == [
            "\(folder.path)/review.jsonl: 2 pictures", "accepted    0", "rejected    1", "flagged     1", "undecided   0", "noted       1", "changed     0",
            "1:30 spent, 0:45 a decision", "the last line was cut short and does not count",
        ])
        let json = try Program.run(["review", folder.path + "/review.jsonl", "--json"])
        #expect(json.text.hasPrefix("{\"accepted\":0,\"changed\":0,\"flagged\":1,\"noted\":1,\"pictures\":2,\"rejected\":1,\"seconds\":90"))
    }

    private func line(_ picture: String, _ decision: String, _ more: String) -> String { line(picture, decision, hour: 1, more) }

    @Test func mergesTwoPeople() throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: folder.path + "/b", withIntermediateDirectories: true)
        let a = try folder.write(line("x", "accept", hour: 1) + line("y", "accept", hour: 3), "a.jsonl")
        try folder.write(line("x", "reject", hour: 2) + line("z", "flag"), "b/review.jsonl")
        let out = folder.path + "/c.jsonl"
        let outcome = try Program.run(["review", "merge", a, folder.path + "/b", "-o", out])
        #expect(outcome.status == 0)
        #expect(outcome.lines == ["x: accepted 2026-01-31T01:00:00.000Z, rejected 2026-01-31T02:00:00.000Z"])
        #expect(outcome.errorLines == ["getam: \(out): 3 pictures, 1 conflict, the later counts"])
        #expect(try String(contentsOfFile: out, encoding: .utf8) == line("x", "reject", hour: 2) + line("y", "accept", hour: 3) + line("z", "flag"))
        let flagged = try Program.run(["review", "merge", a, folder.path + "/b", "-o", out, "--flag-conflicts", "--json"])
        #expect(flagged.text.hasPrefix("{\"conflicts\":[{\"picture\":\"x\",\"text\":\"x: accepted"))
        #expect(try String(contentsOfFile: out, encoding: .utf8).contains("\"decision\":\"flag\",\"note\":\"two decisions: accepted, rejected\",\"picture\":\"x\""))
    }

    @Test func refusesInOneLine() throws {
        let folder = try TemporaryFolder(), path = try folder.write(line("a", "accept"), "review.jsonl")
        let wrong = try folder.write("{}\n", "wrong.jsonl")
        for (arguments, status, words) in [
            ([folder.path + "/none.jsonl"], 66, "none.jsonl"), ([wrong], 65, "wrong.jsonl:1: \"picture\" is missing"),
            (["merge", path], 64, "two reviews or more"), (["merge", path, wrong], 64, "-o"), ([path, wrong], 64, "merge A B"),
            (["merge", path, wrong, "-o", path], 64, "is one of those that are merged"), ([path, "-o", "x"], 64, "goes with merge"),
            ([path, "--report", "x.html"], 64, "go with --accepted"), ([path, "--accepted", "o", "--export", "coco=x.json"], 64, "needs --images"),
            ([path, "--accepted", folder.path], 64, "would lie among"),
        ] as [([String], Int32, String)] {
            let outcome = try Program.run(["review"] + arguments)
            #expect(outcome.status == status && outcome.error.contains(words), "\(arguments): \(outcome.status) \(outcome.error)")
            #expect(outcome.isOneLine, "\(outcome.error)")
        }
    }

    /// Labels made in a batch, accepted and delivered; the batch leaves them alone then.
    @Test func deliversAndIsLeftAlone() throws {
        let batch = try BatchFolder()
        #expect(try batch.run("out").status == 0)
        let names = BatchFolder.names
        try batch.write(
            names.prefix(3).map { line($0, "accept", ",\"label\":\"file\"") }.joined() + line(names[3], "reject"), "out/review.jsonl")
        let outcome = try Program.run([
            "review", batch.path("out"), "--accepted", batch.path("final"), "--images", batch.path("images"), "--class-list", "voc",
            "--export", "coco=\(batch.path("coco.json"))", "--report", batch.path("report.html"),
        ])
        #expect(outcome.status == 0, "\(outcome.error)")
        #expect(outcome.lines == ["\(batch.path("final")): 3 of 6 pictures delivered; 1 rejected, 2 undecided"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: batch.path("final")).sorted() == names.prefix(3).map { $0 + ".png" })
        for name in names.prefix(3) {
            #expect(FileManager.default.contentsEqual(atPath: batch.path("out/\(name).png"), andPath: batch.path("final/\(name).png")))
        }
        let coco = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: batch.path("coco.json")))) as? [String: Any])
        #expect((coco["images"] as? [[String: Any]])?.compactMap { $0["file_name"] as? String } == names.prefix(3).map { $0 + ".jpg" })
        #expect(try String(contentsOfFile: batch.path("report.html"), encoding: .utf8).ranges(of: "<figure ").count == 6)
        // Another run would make accepted labels anew, a resumed one leaves them.
        let again = try batch.run("out", ["--preset", "getam"])
        #expect(again.status == 64 && again.error.contains("3 of its labels were accepted in a review"), "\(again.error)")
        let before = try Data(contentsOf: URL(filePath: batch.path("out/\(names[0]).png")))
        try FileManager.default.removeItem(atPath: batch.path("out/\(names[4]).png"))
        let resumed = try batch.run("out", ["--resume"])
        #expect(resumed.status == 0 && resumed.error.contains("1 of 6 pictures labeled"), "\(resumed.error)")
        #expect(try Data(contentsOf: URL(filePath: batch.path("out/\(names[0]).png"))) == before)
    }
}
