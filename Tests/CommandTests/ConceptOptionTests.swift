import Foundation
import TestSupport
import Testing

/// `--concept`: a class made of a folder's pictures, in every command that knows classes.
@Suite struct ConceptOptionTests {
    private let batch: BatchFolder

    init() throws {
        batch = try BatchFolder()
        for folder in ["beasts", "empty"] { try FileManager.default.createDirectory(atPath: batch.path(folder), withIntermediateDirectories: true) }
        for name in ["03-dog.jpg", "06-sheep.jpg"] {
            try FileManager.default.copyItem(atPath: batch.path("images/\(name)"), toPath: batch.path("beasts/\(name)"))
        }
    }

    private var concept: [String] { ["--concept", "beast=\(batch.path("beasts"))"] }

    @Test func itIsAClassLikeOthers() throws {
        let model = ["-m", Fixtures.model("bf16"), "--resize", "square"], picture = batch.path("images/03-dog.jpg")
        let classified = try Program.run(["classify", picture, "--top", "0"] + model + concept)
        #expect(classified.status == 0 && classified.text.contains("beast") && classified.text.contains("(class 5)"), "\(classified.error)")
        #expect(classified.error.contains("concept beast: made of 2 pictures"))
        let mapped = try Program.run(["map", picture, "-c", "beast", "--contrast", "auto", "-o", batch.path("beast.npy")] + model + concept)
        #expect(mapped.status == 0, "\(mapped.error)")
        let frame = try Program.run(["explore", picture, "--do", "class beast"] + model + concept)
        #expect(frame.status == 0 && frame.text.contains("beast"), "\(frame.error)")
        let inspected = try Program.run(["inspect", "-m", Fixtures.model("bf16")] + concept)
        #expect(inspected.status == 0 && inspected.text.contains("beast"), "\(inspected.text)")
        // Labels know it by its name, and other examples make another model.
        try batch.write("03-dog beast\n", "beast.txt")
        let label = ["label", picture, "--labels", batch.path("beast.txt"), "-o", batch.path("out"), "--preset", "pooled-head", "-m", Fixtures.model("bf16")]
        let labeled = try Program.run(label + concept)
        #expect(labeled.status == 0, "\(labeled.error)")
        #expect(try Program.run(label + concept + ["--resume"]).error.contains("1 were there"))
        unlink(batch.path("beasts/06-sheep.jpg"))
        #expect(try !Program.run(label + concept + ["--resume"]).error.contains("1 were there"))
        #expect(try Program.run(label).status == 64)
        // Written as a checkpoint it needs no examples any more.
        let exported = try Program.run(["export", "-m", Fixtures.model("bf16"), "-o", batch.path("with-beast")] + concept)
        #expect(exported.status == 0, "\(exported.error)")
        let again = try Program.run(["classify", picture, "--top", "0", "-m", batch.path("with-beast"), "--resize", "square"])
        #expect(try again.status == 0 && again.text == Program.run(["classify", picture, "--top", "0"] + model + concept).text, "\(again.text)")
    }

    @Test func aModelWithoutAHeadGetsOneOfConcepts() throws {
        let picture = batch.path("images/03-dog.jpg"), model = ["-m", Fixtures.model("dino_keys"), "--resize", "square"]
        let outcome = try Program.run(["classify", picture, "--concept", "cat=\(batch.path("images"))"] + model + concept)
        #expect(outcome.status == 0 && outcome.lines.count == 2 && outcome.text.contains("beast"), "\(outcome.error)")
        #expect(try Program.run(["map", picture, "-c", "beast", "--method", "getam"] + model + concept).status == 0)
    }

    @Test func theDecoderIsLeftOut() throws {
        let outcome = try Program.run(["classify", Fixtures.cat, "--concept", "ear=\(batch.path("beasts"))"])
        #expect(outcome.status == 0 && outcome.error.contains("the decoder knows nothing of concepts and is left out"), "\(outcome.error)")
    }

    @Test(arguments: [
        ("beast", "a folder of pictures"), ("=beasts", "a folder of pictures"), ("5=beasts", "a folder of pictures"), ("beast=nowhere", "is no folder of example pictures"),
        ("beast=empty", "has no pictures in it"), ("thing1=beasts", "has a class of this name"), ("beast=truth.txt", "is no folder of example pictures"),
    ]) func whatCannotBeIsRefused(_ word: String, _ reason: String) throws {
        try batch.write("x", "truth.txt")
        let parts = word.split(separator: "=", omittingEmptySubsequences: false)
        let value = parts.count == 2 ? "\(parts[0])=\(batch.path(String(parts[1])))" : word
        let outcome = try Program.run(["classify", Fixtures.cat, "-m", Fixtures.model("bf16"), "--concept", value])
        #expect(outcome.isOneLine && outcome.error.contains(reason) && [64, 65, 66].contains(outcome.status), "\(outcome.error)")
        let published = try Program.run(["classify", Fixtures.cat, "-m", Fixtures.path("published/acr")] + concept)
        #expect(published.status == 64 && published.isOneLine && published.error.contains("no concept can be a row of it"), "\(published.error)")
        let twice = try Program.run(["classify", Fixtures.cat, "-m", Fixtures.model("bf16")] + concept + concept)
        #expect(twice.status == 64 && twice.isOneLine, "\(twice.error)")
    }
}
