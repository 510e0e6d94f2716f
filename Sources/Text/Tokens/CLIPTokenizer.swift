import Files

/// CLIP's tokenizer: byte pairs over words in lower case, with a token at the start and one at the end.
///
/// Source: A. Radford et al., *Learning Transferable Visual Models From Natural Language Supervision*, 2021, and the program
/// published with it.
public struct CLIPTokenizer: Tokenizer {
    /// Whose texts it takes in which form.
    enum Form: Sendable {
        /// OpenAI's program and OpenCLIP: mended, entities read, blanks made single.
        case openCLIP(TextCleaning)
        /// Hugging Face's: composed, blanks made single.
        case huggingFace
    }

    private static let maximumBytes = 64 << 20

    let model: BytePairModel
    let pattern: WordPattern
    let form: Form
    let specials: [(text: String, token: Int)]
    private let cut: SpecialTexts
    public let opening: [Int]
    public let closing: [Int]
    public let padding: Int?
    public let count: Int
    public let title: String

    /// CLIP's own vocabulary, which follows from the list of merges: bytes, bytes at a word's end, merges, start and end.
    ///
    /// - Parameter path: two pieces a line; a first line that begins with `#version` is passed over.
    /// - Throws: `FileError` when it cannot be read or is no such list.
    public init(merges path: String, cleaning: TextCleaning = .lower) throws(FileError) {
        let merges = try Self.merges(path)
        var pieces = ByteAlphabet.numbered.map { String(Character($0)) }
        pieces += pieces.map { $0 + "</w>" }
        pieces += merges.map { $0.0.text + $0.1.text }
        let specials = ["<start_of_text>", "<end_of_text>"]
        pieces += specials
        var vocabulary: [Piece: Int] = [:]
        vocabulary.reserveCapacity(pieces.count)
        for (token, piece) in pieces.enumerated() { vocabulary[Piece(piece)] = token }
        model = try Self.model(vocabulary, merges, unknown: .init(), path)
        pattern = .clipWith(specials: specials, isCaseless: true)
        form = .openCLIP(cleaning)
        self.specials = [(specials[0], pieces.count - 2), (specials[1], pieces.count - 1)]
        cut = SpecialTexts([])
        (opening, closing, padding, count) = ([pieces.count - 2], [pieces.count - 1], 0, pieces.count)
        title = "CLIP's byte pairs (\(pieces.count) tokens)"
    }

    /// Hugging Face's CLIP files: `vocab.json`, tokens by pieces, and `merges.txt`.
    ///
    /// - Throws: `FileError` when one cannot be read, or they do not belong together.
    public init(vocabulary path: String, merges mergesPath: String) throws(FileError) {
        let root = try JSONFields(path: path, limit: Self.maximumBytes)
        let vocabulary = try root.vocabulary()
        let merges = try Self.merges(mergesPath)
        let names = ["<|startoftext|>", "<|endoftext|>"]
        guard let start = vocabulary[Piece(names[0])], let end = vocabulary[Piece(names[1])] else {
            throw FileError(.invalid, path: path, "is no vocabulary of CLIP's: it has no \(names[0]) or no \(names[1])")
        }
        model = try Self.model(vocabulary, merges, unknown: .init(token: end), mergesPath)
        pattern = .clipWith(specials: names, isCaseless: false)
        form = .huggingFace
        specials = [(names[0], start), (names[1], end)]
        cut = SpecialTexts(specials.map { .init(text: $0.text, token: $0.token) })
        count = (vocabulary.values.max() ?? 0) + 1
        (opening, closing, padding) = ([start], [end], end)
        title = "byte pairs of vocab.json (\(vocabulary.count) tokens)"
    }

    public func body(of text: String) -> [Int] {
        switch form {
        case .openCLIP(let cleaning):
            return pattern.words(of: cleaning(text)).flatMap { word in
                specials.first { $0.text.utf8.elementsEqual(word.utf8) }.map { [$0.token] } ?? model.tokens(of: ByteAlphabet.spelled(word))
            }
        case .huggingFace:
            return cut.split(text).flatMap { part -> [Int] in
                switch part {
                case .token(let token): return [token]
                case .text(let text):
                    let plain = text.composed.replacingBlanks(with: " ").lowered
                    // Byte by byte of GPT-2's pattern, as the library's file has both.
                    return pattern.words(of: plain).flatMap(WordPattern.gpt2.words).flatMap { model.tokens(of: ByteAlphabet.spelled($0)) }
                }
            }
        }
    }

    private static func model(
        _ vocabulary: [Piece: Int], _ merges: [(Piece, Piece)], unknown: BytePairModel.Unknown, _ path: String
    ) throws(FileError) -> BytePairModel {
        let (model, failed) = BytePairModel.make(vocabulary: vocabulary, merges: merges, wordEnd: "</w>", unknown: unknown)
        guard let model else {
            throw FileError(
                .invalid, path: path, "merge \(failed + 1) joins what is not in the vocabulary: the files do not belong together")
        }
        return model
    }

    private static func merges(_ path: String) throws(FileError) -> [(Piece, Piece)] {
        let file = try FileContent(path: path)
        guard file.bytes.count <= maximumBytes else { throw FileError(.invalid, path: path, "is too large for a list of merges") }
        guard let text = file.withBytes({ String(validating: $0, as: UTF8.self) }) else {
            throw FileError(.invalid, path: path, "is not UTF-8: not a list of merges")
        }
        var merges: [(Piece, Piece)] = []
        for (index, line) in text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            let parts = line.split(whereSeparator: { $0 == 0x20 || $0 == 0x0D })
            if parts.isEmpty || index == 0 && line.starts(with: "#version".utf8) { continue }
            guard parts.count == 2 else {
                throw FileError(.invalid, path: path, "line \(index + 1) is no merge: two pieces with a blank between them")
            }
            merges.append((Piece(String(Substring(parts[0]))), Piece(String(Substring(parts[1])))))
        }
        guard !merges.isEmpty else { throw FileError(.invalid, path: path, "holds no merges") }
        return merges
    }
}

extension String {
    /// Runs of `\s` replaced.
    func replacingBlanks(with replacement: String) -> String {
        var result = "", isBlank = false
        for scalar in unicodeScalars {
            if !scalar.isBlank { result.unicodeScalars.append(scalar) } else if !isBlank { result += replacement }
            isBlank = scalar.isBlank
        }
        return result
    }
}
