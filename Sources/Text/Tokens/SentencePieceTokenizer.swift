import Files

/// A SentencePiece model (`spiece.model`) of the unigram kind, and what SigLIP does with a text before it.
public struct SentencePieceTokenizer: Tokenizer {
    private static let maximumBytes = 64 << 20
    private static let blank = "\u{2581}"

    private let model: UnigramModel
    private let characters: CharacterMap
    private let userDefined: PieceTree
    private let addsPrefix: Bool
    private let removesExtraBlanks: Bool
    private let escapesBlanks: Bool
    private let specials: SpecialTexts
    /// The text of the token for what is unknown.
    private let unknownText: String
    private var unknownLength: Int
    public let opening: [Int] = []
    public let closing: [Int]
    public let padding: Int?
    public let count: Int
    public let title: String

    /// What the file says, field by field.
    private struct Content {
        var pieces: [(text: String, score: Float, kind: Int)] = []
        var kind = 1
        var (unknown, end, padding) = (0, 2, -1)
        var hasByteFallback = false
        var suffixesBlanks = false
        var characters: [UInt8] = []
        var (addsPrefix, removesExtraBlanks, escapesBlanks) = (true, true, true)
    }

    /// Kinds of pieces.
    private enum Kind {
        static let normal = 1, unknown = 2, control = 3, userDefined = 4, unused = 5, byte = 6
    }

    /// - Throws: `FileError` when it cannot be read, is damaged, or is of a kind that is not supported.
    public init(path: String) throws(FileError) {
        let file = try FileContent(path: path)
        guard file.bytes.count <= Self.maximumBytes else { throw FileError(.invalid, path: path, "is too large for a tokenizer") }
        let content: Content
        do throws(ProtocolBuffer.Damaged) {
            content = try Self.content(file.withBytes { Array($0) })
        } catch {
            throw FileError(.invalid, path: path, "is no SentencePiece model, or damaged")
        }
        func invalid(_ reason: String) -> FileError { FileError(.invalid, path: path, reason) }
        guard !content.pieces.isEmpty, content.pieces.count < 1 << 24 else { throw invalid("is no SentencePiece model: it has no pieces") }
        guard content.kind == 1 else {
            let kinds = [2: "byte pairs (BPE)", 3: "words", 4: "characters"]
            throw invalid(
                "is a SentencePiece model of \(kinds[content.kind] ?? "kind \(content.kind)"), which is not supported; "
                    + "unigram is, and tokenizer.json beside it")
        }
        guard !content.suffixesBlanks else {
            throw invalid("writes blanks after words (treat_whitespace_as_suffix), which is not supported")
        }
        guard let characters = CharacterMap(content.characters) else { throw invalid("has a damaged table of characters") }
        let pieces = content.pieces
        guard let unknown = pieces.firstIndex(where: { $0.kind == Kind.unknown }) else { throw invalid("has no piece for what is unknown") }
        guard pieces.allSatisfy({ $0.score.isFinite }) else { throw invalid("has a piece whose score is no number") }

        var entries: [UnigramModel.Entry] = []
        var userDefined = PieceTree(), bytes: [Int: Int] = [:]
        for (token, piece) in pieces.enumerated() {
            switch piece.kind {
            case Kind.normal, Kind.userDefined:
                let isUserDefined = piece.kind == Kind.userDefined
                entries.append(.init(piece: piece.text, score: Double(piece.score), token: token, isUserDefined: isUserDefined))
                if isUserDefined { userDefined.insert(piece.text.utf8, token) }
            case Kind.byte:
                if piece.text.utf8.count == 6, let byte = UInt8(piece.text.dropFirst(3).dropLast(), radix: 16) { bytes[Int(byte)] = token }
            default: break
            }
        }
        let ofBytes = content.hasByteFallback && bytes.count == 256 ? (0..<256).map { bytes[$0] ?? unknown } : nil
        model = UnigramModel(
            entries, scored: pieces.filter { $0.kind == Kind.normal }.map { Double($0.score) }, unknown: unknown, bytes: ofBytes,
            precision: .single)
        self.characters = characters
        self.userDefined = userDefined
        (addsPrefix, removesExtraBlanks, escapesBlanks) = (content.addsPrefix, content.removesExtraBlanks, content.escapesBlanks)
        unknownText = pieces[unknown].text
        let end = pieces.firstIndex { $0.text.utf8.elementsEqual("</s>".utf8) }
            ?? (pieces.indices.contains(content.end) ? content.end : nil)
        closing = end.map { [$0] } ?? []
        specials = SpecialTexts(([unknown] + closing).map { .init(text: pieces[$0].text, token: $0, takesLeft: true, takesRight: true) })
        // SigLIP fills up with the end.
        padding = end
        count = pieces.count
        title = "SentencePiece (\(pieces.count) pieces)"
        unknownLength = 0
        unknownLength = pieceTokens(of: unknownText).count
    }

    private static func content(_ bytes: [UInt8]) throws(ProtocolBuffer.Damaged) -> Content {
        var content = Content()
        func text(_ bytes: ArraySlice<UInt8>) throws(ProtocolBuffer.Damaged) -> String {
            guard let text = String(validating: bytes, as: UTF8.self) else { throw .init() }
            return text
        }
        var message = ProtocolBuffer(bytes[...])
        while let (field, value) = try message.next() {
            guard (1...3).contains(field) else { continue }
            guard let inner = value.bytes else { throw .init() }
            var part = ProtocolBuffer(inner)
            var piece = (text: "", score: Float(0), kind: Kind.normal)
            while let (name, value) = try part.next() {
                switch (field, name) {
                case (1, 1): piece.text = try text(value.bytes ?? [])
                case (1, 2): piece.score = value.float ?? .nan
                case (1, 3): piece.kind = value.int ?? 0
                case (2, 3): content.kind = value.int ?? 0
                case (2, 24): content.suffixesBlanks = value.flag ?? false
                case (2, 35): content.hasByteFallback = value.flag ?? false
                case (2, 42): content.end = value.int ?? -1
                case (3, 2): content.characters = Array(value.bytes ?? [])
                case (3, 3): content.addsPrefix = value.flag ?? true
                case (3, 4): content.removesExtraBlanks = value.flag ?? true
                case (3, 5): content.escapesBlanks = value.flag ?? true
                default: break
                }
            }
            if field == 1 { content.pieces.append(piece) }
        }
        return content
    }

    /// SigLIP's text: in lower case, without punctuation, blanks made single; its tokens are those after the text of the unknown
    /// token, which keeps the first blank from being taken for a prefix.
    public func body(of text: String) -> [Int] {
        specials.split(Self.blank + text.replacing(bytes: Self.blank, with: " ")).flatMap { part -> [Int] in
            switch part {
            case .token(let token): return [token]
            case .text(let text):
                let canonical = TextCleaning.canonical(text).replacingPythonBlanks.trimmed()
                let tokens = pieceTokens(of: unknownText + canonical)
                return tokens.count >= unknownLength ? Array(tokens.dropFirst(unknownLength)) : tokens
            }
        }
    }

    /// The tokens of a text as the model alone cuts it.
    func pieceTokens(of text: String) -> [Int] { model.tokens(of: normalized(text)) }

    /// SentencePiece's normalization: characters replaced, blanks made single and visible, one put in front.
    private func normalized(_ text: String) -> String {
        var rest = Array(text.utf8)[...]
        let space = UInt8(ascii: " "), blank = escapesBlanks ? Array(Self.blank.utf8) : [space]
        func prefix() -> (length: Int, text: ArraySlice<UInt8>) {
            var known = 0
            userDefined.forEachPrefix(of: rest) { known = $1 }
            if known > 0 { return (known, rest.prefix(known)) }
            if let mapped = characters.longest(rest) { return mapped }
            let length = rest.dropFirst().prefix { $0 & 0xC0 == 0x80 }.count + 1
            return (length, rest.prefix(length))
        }
        if removesExtraBlanks {
            while !rest.isEmpty, case let (length, text) = prefix(), text.elementsEqual([space]) { rest = rest.dropFirst(length) }
        }
        guard !rest.isEmpty else { return "" }
        var result: [UInt8] = addsPrefix ? blank : []
        var isAfterBlank = removesExtraBlanks
        while !rest.isEmpty {
            let (length, found) = prefix()
            var text = found
            if isAfterBlank { text = text.drop { $0 == space } }
            if !text.isEmpty {
                for byte in text { if byte == space { result += blank } else { result.append(byte) } }
                isAfterBlank = removesExtraBlanks && text.last == space
            }
            rest = rest.dropFirst(max(1, length))
        }
        while removesExtraBlanks, result.suffix(blank.count).elementsEqual(blank) { result.removeLast(blank.count) }
        return String(decoding: result, as: UTF8.self)
    }
}

extension String {
    /// Runs of what Python's `\s` means, each made one blank.
    fileprivate var replacingPythonBlanks: String {
        var result = "", isBlank = false
        for scalar in unicodeScalars {
            if !scalar.isPythonBlank { result.unicodeScalars.append(scalar) } else if !isBlank { result += " " }
            isBlank = scalar.isPythonBlank
        }
        return result
    }
}
