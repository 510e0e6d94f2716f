import Files
import Foundation
import TestSupport
import Testing
@testable import Text

@Suite struct TokenizerTests {
    @Test(arguments: TokenFixtures.names) func theLibrarysTokens(name: String) throws {
        let tokenizer = try TokenFixtures.tokenizer(name)
        let texts = try TokenFixtures.texts(), expected = try TokenFixtures.tokens(name)
        let skipped = try name == "open_clip" || name == "siglip_clean" ? TokenFixtures.skipped() : texts.map { _ in false }
        #expect(texts.count == 1000 && expected.count == 1000)
        var different = 0
        for index in texts.indices where !skipped[index] {
            let tokens = tokenizer.tokens(of: texts[index])
            guard tokens != expected[index] else { continue }
            different += 1
            if different <= 6 {
                Issue.record("\(name) \(index) \(texts[index].debugDescription): \(tokens) instead of \(expected[index])")
            }
        }
        #expect(different == 0)
        #expect(skipped.count { $0 } < 20)
        #expect(expected.allSatisfy { $0.allSatisfy { $0 < tokenizer.count } })
    }

    @Test func aContextCutsTheTextAndKeepsTheEnd() throws {
        let tokenizer = try TokenFixtures.tokenizer("open_clip")
        let long = tokenizer.tokens(of: String(repeating: "word ", count: 100), length: 77)
        #expect(long.isCut && long.tokens.count == 77 && long.tokens.first == 49406 && long.tokens.last == 49407)
        // As OpenCLIP's documentation has it.
        #expect(tokenizer.tokens(of: "a photo of a cat", length: 77).tokens == [49406, 320, 1125, 539, 320, 2368, 49407])
        #expect(tokenizer.tokens(of: "cat", length: 1).tokens == [49406])
        #expect(tokenizer.tokens(of: "", length: 0).tokens == [])
    }

    @Test(arguments: [
        (#"{"model":{"type":"WordPiece","vocab":{}}}"#, "the model \"WordPiece\" is not supported"),
        (#"{"model":{"type":"BPE","vocab":{"a":0},"merges":["a b"]}}"#, "\"model.merges\" must be pairs of the vocabulary; number 1 is not"),
        (#"{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"normalizer":{"type":"NFKC"}}"#, "the normalizer \"NFKC\" is not supported"),
        (#"{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"pre_tokenizer":{"type":"Digits"}}"#, "the pre-tokenizer \"Digits\" is not supported"),
        (#"{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"post_processor":{"type":"Odd"}}"#, "the post-processor \"Odd\" is not supported"),
        (#"{"model":{"type":"BPE","vocab":{"a":-1},"merges":[]}}"#, "\"model.vocab.a\" must be a token's number"),
        (#"{"version":1}"#, "has no \"model\": not a tokenizer"),
        (#"[1]"#, "must hold a JSON object"),
    ]) func whatIsNotSupportedIsNamed(text: String, reason: String) throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(text, "tokenizer.json")
        let error = #expect(throws: FileError.self) { try TokenizerFile(path: path) }
        #expect(error?.reason.hasPrefix(reason) == true, "\(error?.reason ?? "")")
    }

    @Test func lowerCaseKnowsTheFinalSigma() {
        #expect("ΟΔΥΣΣΕΥΣ ΣΑΣ.".loweredWithFinalSigma == "οδυσσευς σας.")
        #expect("ΟΔΥΣ".lowered == "οδυσ")
        #expect("İ".lowered.unicodeScalars.elementsEqual("i\u{307}".unicodeScalars))
    }

    /// Damaged files are refused in one line or read, never a trap.
    @Test(arguments: ["vocab.json", "merges.txt", "tokenizer-pairs.json", "tokenizer-unigrams.json", "spiece.model"], [4000])
    func mutatedFilesNeverTrap(name: String, times: Int) throws {
        let folder = try TemporaryFolder()
        var random = SplitMix(seed: 7)
        let original = try TextMutation.original(name)
        try folder.write(TextMutation.original("merges.txt"), "merges.txt")
        let path = folder.path + "/" + name
        var (read, refused) = (0, 0)
        for _ in 0..<times {
            // Not synced to the disk, which would take most of the time.
            try Data(TextMutation.mutated(original, &random)).write(to: URL(filePath: path))
            do throws(FileError) {
                let tokenizer = try TextMutation.tokenizer(path, merges: folder.path + "/merges.txt")
                for text in ["", "a photo of a Cat!", "né ﬁ 😀 \u{301}x ▁ \u{2581}\u{2581}"] { _ = tokenizer.tokens(of: text, length: 77) }
                read += 1
            } catch {
                refused += 1
                #expect(!error.description.contains("\n") && error.description.utf8.count < 3000)
            }
        }
        #expect(read > times / 100 && refused > times / 50 && read + refused == times, "\(read) read, \(refused) refused")
    }
}

/// Mutations of the small files that the fuzzer begins with, too.
enum TextMutation {
    static func original(_ name: String) throws -> [UInt8] {
        try [UInt8](Data(contentsOf: Fixtures.root.appending(path: "Tests/FuzzCheckpoints/corpus/" + name)))
    }

    /// The tokenizer at `path`, by its name.
    static func tokenizer(_ path: String, merges: String) throws(FileError) -> any Tokenizer {
        if path.hasSuffix("vocab.json") { return try CLIPTokenizer(vocabulary: path, merges: merges) }
        if path.hasSuffix("merges.txt") { return try CLIPTokenizer(merges: path) }
        if path.hasSuffix("spiece.model") { return try SentencePieceTokenizer(path: path) }
        return try TokenizerFile(path: path)
    }

    /// One to four changes.
    static func mutated(_ bytes: [UInt8], _ random: inout SplitMix) -> [UInt8] {
        var result = bytes
        for _ in 0..<Int.random(in: 1...4, using: &random) where !result.isEmpty {
            let place = Int.random(in: 0..<result.count, using: &random), length = min(Int.random(in: 1...12, using: &random), result.count - place)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: result[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 1: result[place] = UInt8.random(in: 0...255, using: &random)
            case 2: result[place] = Array("{}[]\",:0123456789-eE\\ua".utf8).randomElement(using: &random) ?? 0
            case 3: result.removeSubrange(place..<place + length)
            case 4: result.insert(contentsOf: result[place..<place + length], at: place)
            default: if Int.random(in: 0..<8, using: &random) == 0 { result.removeSubrange(place...) }
            }
        }
        return result
    }
}
