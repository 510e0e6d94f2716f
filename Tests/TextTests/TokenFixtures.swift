import Foundation
import Tensors
import TestSupport
@testable import Text

/// A thousand texts and their tokens, made by `Tests/Fixtures/make_tokens.py`.
enum TokenFixtures {
    static func path(_ name: String) -> String { Fixtures.path("tokens/" + name) }
    static let merges = Fixtures.root.appending(path: "assets/vocabularies/clip/merges.txt").path

    static func texts() throws -> [String] {
        try JSONDecoder().decode([String].self, from: Data(contentsOf: URL(filePath: path("texts.json"))))
    }

    /// The tokens that the library made of each text.
    static func tokens(_ name: String) throws -> [[Int]] {
        let arrays = try NumPyArchive.readFloats(path: path("tokens.npz"), names: [name, name + ".counts"])
        let all = (arrays[name]?.values ?? []).map { Int($0) }
        var start = 0
        return (arrays[name + ".counts"]?.values ?? []).map { count in
            defer { start += Int(count) }
            return Array(all[start..<start + Int(count)])
        }
    }

    /// Texts that ftfy mends by guessing.
    static func skipped() throws -> [Bool] {
        (try NumPyArchive.readFloats(path: path("tokens.npz"), names: ["skipped"])["skipped"]?.values ?? []).map { $0 != 0 }
    }

    /// A tokenizer by the name of its tokens.
    static func tokenizer(_ name: String) throws -> any Tokenizer {
        switch name {
        case "open_clip": try CLIPTokenizer(merges: merges)
        case "clip_files": try CLIPTokenizer(vocabulary: path("clip_files/vocab.json"), merges: path("clip_files/merges.txt"))
        case "siglip": try SentencePieceTokenizer(path: path("siglip/spiece.model"))
        case "siglip_clean": try TokenizerFile(path: path("siglip_json/tokenizer.json"), cleaning: .canonicalize)
        default: try TokenizerFile(path: path(name + "/tokenizer.json"))
        }
    }

    static let names = ["open_clip", "clip_files", "clip_json", "siglip", "siglip_json", "siglip_clean", "siglip2"]
}
