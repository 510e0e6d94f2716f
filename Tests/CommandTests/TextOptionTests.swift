import Foundation
import TestSupport
import Testing

/// `--text`, `--texts` and `--templates`: classes in words, and `getam embed`.
@Suite struct TextOptionTests {
    private let batch: BatchFolder
    private let clip = Fixtures.path("texts/clip")

    init() throws { batch = try BatchFolder() }

    private var picture: String { batch.path("images/03-dog.jpg") }

    @Test func classesInWordsAreClassesLikeOthers() throws {
        try batch.write("# animals\ndog: a photo of a {} | a puppy\n", "words.txt")
        let words = ["--text", "cat: a cat | a kitten", "--texts", batch.path("words.txt"), "--templates", "photo"]
        let classified = try Program.run(["classify", picture, "--top", "0", "-m", clip, "--resize", "square"] + words)
        #expect(classified.status == 0 && classified.text.contains("cat") && classified.text.contains("dog"), "\(classified.error)")
        let mapped = try Program.run(["map", picture, "-c", "dog", "-m", clip, "--resize", "square", "-o", batch.path("dog.npy")] + words)
        #expect(mapped.status == 0, "\(mapped.error)")
        let frame = try Program.run(["explore", picture, "--do", "class dog", "-m", clip, "--resize", "square"] + words)
        #expect(frame.status == 0 && frame.text.contains("dog"), "\(frame.error)")
        // As embeddings in a file they are the same head.
        let written = try Program.run(["embed", "-m", clip, "-o", batch.path("head.npy")] + words)
        #expect(written.status == 0, "\(written.error)")
        #expect(try String(contentsOfFile: batch.path("head.txt"), encoding: .utf8) == "cat\ndog\n")
        let again = try Program.run(["classify", picture, "--top", "0", "-m", clip, "--resize", "square", "--head", batch.path("head.npy")])
        #expect(again.status == 0 && again.text == classified.text, "\(again.error)")
    }

    /// They take part in soft-maxes and in nothing else: no command lists, predicts or labels them.
    @Test func wordsOfTheBackground() throws {
        let words = ["-m", clip, "--resize", "square", "--text", "cat", "--text", "dog"], background = ["--background-texts", "ground, sky, Dog"]
        let classified = try Program.run(["classify", picture, "--top", "0"] + words)
        let beside = try Program.run(["classify", picture, "--top", "0"] + words + background)
        #expect(beside.status == 0 && beside.text == classified.text && beside.error.contains("Dog: the model has such a class; left out"), "\(beside.error)")
        let inspected = try Program.run(["inspect"] + words.filter { $0 != "--resize" && $0 != "square" } + background)
        #expect(inspected.status == 0 && inspected.text.contains("2 words for soft-maxes") && !inspected.text.contains("class 2"), "\(inspected.text)")
        func map(_ options: [String], _ name: String) throws -> Data {
            let outcome = try Program.run(["map", picture, "-c", "dog", "-o", batch.path(name)] + words + options)
            #expect(outcome.status == 0, "\(outcome.error)")
            return try Data(contentsOf: URL(fileURLWithPath: batch.path(name)))
        }
        let plain = try map([], "plain.npy"), withoutUse = try map(background, "unused.npy")
        #expect(plain == withoutUse)
        let (alone, all) = (try map(["--contrast", "soft-max"], "alone.npy"), try map(["--contrast", "soft-max"] + background, "all.npy"))
        #expect(Set([plain, alone, all]).count == 3)
        for preset in ["clip-es", "weclip"] {
            let label = ["label", picture, "--predict", "0", "--preset", preset, "--class-list", "model", "-o", batch.path(preset), "-m", clip, "--text", "cat", "--text", "dog"]
            let labeled = try Program.run(label + background)
            #expect(labeled.status == 0 && !labeled.text.contains("sky"), "\(labeled.error)")
            // Other words make other labels.
            #expect(try Program.run(label + background + ["--resume"]).error.contains("1 were there"))
            #expect(try !Program.run(label + ["--resume"]).error.contains("1 were there"))
        }
        let frame = try Program.run(["explore", picture, "--do", "against soft-max"] + words + background)
        #expect(frame.status == 0 && frame.text.contains("by soft-max") && !frame.text.contains("ground"), "\(frame.error)")
    }

    /// Classes by example pictures and in words in one run.
    @Test func examplesBesideWords() throws {
        try FileManager.default.createDirectory(atPath: batch.path("beasts"), withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: picture, toPath: batch.path("beasts/03-dog.jpg"))
        let both = ["-m", clip, "--resize", "square", "--text", "cat", "--concept", "beast=\(batch.path("beasts"))"]
        let classified = try Program.run(["classify", picture, "--top", "0"] + both)
        #expect(classified.status == 0 && classified.text.contains("cat") && classified.text.contains("beast"), "\(classified.error)")
        let frame = try Program.run(["explore", picture, "--do", "class add a small cow"] + both)
        #expect(frame.status == 0 && frame.text.contains("a small cow") && frame.text.contains("beast"), "\(frame.error)")
    }

    @Test func aClassIsAddedInTheExplorer() throws {
        let frame = try Program.run(
            ["explore", picture, "--do", "class add a small cow", "-m", clip, "--resize", "square", "--text", "cat", "--text", "dog"])
        #expect(frame.status == 0 && frame.text.contains("a small cow"), "\(frame.error)")
    }

    /// Another model has the words of the options and those that were added, by its own text tower.
    @Test func wordsGoAlongToAnotherModel() throws {
        let words = ["-m", clip, "--resize", "square", "--text", "cat", "--text", "dog", "--background-texts", "ground, sky"]
        let frame = try Program.run(["explore", picture, "--do", "class add a small cow", "--do", "model \(clip)"] + words)
        #expect(frame.status == 0 && frame.text.contains("a small cow") && !frame.text.contains("left behind"), "\(frame.error)")
        // The same where the models are named at the start; one without a text tower is read without them, which a note says.
        let both = try Program.run(["explore", picture, "--do", "model 2", "-m", clip] + words)
        #expect(both.status == 0 && both.text.contains("cat") && both.text.contains("dog"), "\(both.error)")
        let other = Fixtures.path("families/timm_siglip")
        let plain = try Program.run(["explore", picture, "-m", clip, "-m", other, "--resize", "square", "--text", "cat", "--text", "dog"])
        #expect(plain.status == 0 && plain.error.contains("the session's words are left behind: "), "\(plain.error)")
        #expect(plain.error.contains("has no text tower"))
    }

    @Test(arguments: [
        (["--text", "7"], 64, "--text"), (["--text", "cat", "--text", "cat: kitten"], 64, "given twice"),
        (["--templates", "photo"], 64, "--templates goes with"), (["--text", "cat", "--head", "x.npy"], 64, "give one of them"),
        (["--text", "cat", "--templates", "no-such"], 66, "is neither a file of templates"), (["--texts", "nowhere.txt"], 66, "nowhere.txt"),
        (["--text", "cat", "--background-texts", "nowhere.txt"], 66, "is neither default, a file of texts"),
        (["--background-texts", "default"], 64, "give classes by --text"),
    ]) func whatIsWrongIsSaid(options: [String], status: Int32, reason: String) throws {
        let outcome = try Program.run(["classify", picture, "-m", clip] + options)
        #expect(outcome.status == status && outcome.isOneLine && outcome.error.contains(reason), "\(outcome.error)")
    }

    @Test func aModelWithoutATextTowerIsRefused() throws {
        let outcome = try Program.run(["classify", picture, "--text", "cat"])
        #expect(outcome.status == 65 && outcome.isOneLine && outcome.error.contains("has no text tower"), "\(outcome.error)")
        let embed = try Program.run(["embed", "-m", clip, "-o", batch.path("words.txt"), "--text", "cat"])
        #expect(embed.status == 64 && embed.isOneLine && embed.error.contains(".npy"), "\(embed.error)")
    }
}
