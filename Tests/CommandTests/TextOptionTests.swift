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

    @Test func aClassIsAddedInTheExplorer() throws {
        let frame = try Program.run(
            ["explore", picture, "--do", "class add a small cow", "-m", clip, "--resize", "square", "--text", "cat", "--text", "dog"])
        #expect(frame.status == 0 && frame.text.contains("a small cow"), "\(frame.error)")
    }

    @Test(arguments: [
        (["--text", "7"], 64, "--text"), (["--text", "cat", "--text", "cat: kitten"], 64, "given twice"),
        (["--templates", "photo"], 64, "--templates goes with"), (["--text", "cat", "--head", "x.npy"], 64, "give one of them"),
        (["--text", "cat", "--templates", "no-such"], 66, "is neither a file of templates"), (["--texts", "nowhere.txt"], 66, "nowhere.txt"),
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
