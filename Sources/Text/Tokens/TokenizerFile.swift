import Checkpoints
import Files

/// A `tokenizer.json`, as far as the files of CLIP, SigLIP and SigLIP 2 go: what is done to a text, how it is cut into words, byte
/// pairs or unigrams, and what stands around it. Any other part is refused by its name.
public struct TokenizerFile: Tokenizer {
    /// SigLIP 2's has 256 000 pieces and twice as many merges.
    private static let maximumBytes = 128 << 20

    private enum Model: Sendable {
        case bytePairs(BytePairModel)
        case unigrams(UnigramModel)
    }

    private let before: SpecialTexts
    private let normalizers: [TextNormalizer]
    private let between: SpecialTexts
    private let cuts: [WordCut]
    private let model: Model
    private let cleaning: TextCleaning?
    public let opening: [Int]
    public let closing: [Int]
    public let padding: Int?
    public let count: Int
    public let title: String

    /// - Parameters:
    ///   - cleaning: what OpenCLIP does with a text before; nil as transformers has it.
    ///   - lowercases: puts texts in lower case first, as SigLIP 2 does where its file does not say so.
    /// - Throws: `FileError` when it cannot be read or holds what is not supported.
    public init(path: String, cleaning: TextCleaning? = nil, lowercases: Bool = false) throws(FileError) {
        let root = try JSONFields(path: path, limit: Self.maximumBytes)
        self.cleaning = cleaning
        guard let fields = try root.object("model") else { throw root.error("has no \"model\": not a tokenizer") }
        let vocabularySize: Int
        (model, vocabularySize) = try Self.model(fields)
        var normalizers: [TextNormalizer] = []
        if let part = try root.object("normalizer") { try TextNormalizer.read(part, into: &normalizers) }
        if lowercases, !normalizers.contains(where: \.isLowercase) { normalizers.insert(.lowercase, at: 0) }
        self.normalizers = normalizers
        var cuts: [WordCut] = []
        if let part = try root.object("pre_tokenizer") { try WordCut.read(part, into: &cuts) }
        self.cuts = cuts
        var (raw, plain): ([SpecialTexts.Special], [SpecialTexts.Special]) = ([], [])
        var largest = vocabularySize - 1
        for added in try root.objects("added_tokens") {
            guard let text = try added.string("content"), let token = try added.token("id") else {
                throw added.error("\"\(added.parent)content\" or its \"id\" is missing")
            }
            if try added.bool("single_word") == true { throw added.unsupported("added token of a single word", text) }
            let special = SpecialTexts.Special(
                text: text, token: token, takesLeft: try added.bool("lstrip") ?? false, takesRight: try added.bool("rstrip") ?? false)
            if try added.bool("normalized") ?? false { plain.append(special) } else { raw.append(special) }
            largest = max(largest, token)
        }
        before = SpecialTexts(raw)
        between = SpecialTexts(plain.map { special in
            var special = special
            special.text = normalizers.reduce(special.text) { $1($0) }
            return special
        })
        (opening, closing) = try Self.surroundings(root)
        let stated = try Self.paddingText(beside: path)
        let named = stated.flatMap { text in (raw + plain).first { $0.text.utf8.elementsEqual(text.utf8) }?.token }
        let numbered = try root.object("padding")?.token("pad_id")
        padding = named ?? numbered
        count = max(largest, opening.max() ?? 0, closing.max() ?? 0) + 1
        switch model {
        case .bytePairs: title = "byte pairs of tokenizer.json (\(vocabularySize) tokens)"
        case .unigrams: title = "unigrams of tokenizer.json (\(vocabularySize) tokens)"
        }
    }

    public func body(of given: String) -> [Int] {
        var tokens: [Int] = []
        for part in before.split(cleaning?(given) ?? given) {
            guard case .text(let text) = part else {
                if case .token(let token) = part { tokens.append(token) }
                continue
            }
            // Which part of the text is its beginning is asked by a prefix.
            let isFirst = tokens.isEmpty
            for part in between.split(normalizers.reduce(text) { $1($0) }) {
                switch part {
                case .token(let token): tokens.append(token)
                case .text(let text):
                    let words = cuts.reduce([text]) { words, cut in
                        words.enumerated().flatMap { cut.words(of: $1, isFirst: isFirst && $0 == 0 && tokens.isEmpty) }
                    }
                    for word in words { tokens += self.tokens(ofWord: word) }
                }
            }
        }
        return tokens
    }

    private func tokens(ofWord word: String) -> [Int] {
        switch model {
        case .bytePairs(let model): model.tokens(of: word)
        case .unigrams(let model): model.tokens(of: word)
        }
    }

    private static func model(_ fields: JSONFields) throws(FileError) -> (Model, Int) {
        let kind = try fields.string("type") ?? (fields.value("merges") == nil ? "Unigram" : "BPE")
        switch kind {
        case "BPE": return try bytePairs(fields)
        case "Unigram": return try unigrams(fields)
        default: throw fields.unsupported("model", kind)
        }
    }

    private static func bytePairs(_ fields: JSONFields) throws(FileError) -> (Model, Int) {
        guard let vocabulary = try fields.object("vocab")?.vocabulary() else { throw fields.malformed("vocab", "an object of tokens") }
        for key in ["dropout", "continuing_subword_prefix"] {
            switch fields.value(key) {
            case nil, .string(""), .integer(0), .number(0): break
            default: throw fields.unsupported("setting", key)
            }
        }
        if try fields.bool("ignore_merges") == true { throw fields.unsupported("setting", "ignore_merges") }
        var merges: [(Piece, Piece)] = []
        for (index, value) in try fields.list("merges").enumerated() {
            switch value {
            case .string(let text):
                let parts = text.utf8.split(separator: 0x20, omittingEmptySubsequences: false)
                guard parts.count == 2 else { throw fields.malformed("merges", "pairs of pieces; number \(index + 1) is none") }
                merges.append((Piece(String(Substring(parts[0]))), Piece(String(Substring(parts[1])))))
            case .array(let pair):
                guard pair.count == 2, case .string(let a) = pair[0], case .string(let b) = pair[1] else {
                    throw fields.malformed("merges", "pairs of pieces; number \(index + 1) is none")
                }
                merges.append((Piece(a), Piece(b)))
            default: throw fields.malformed("merges", "pairs of pieces; number \(index + 1) is none")
            }
        }
        var unknown = BytePairModel.Unknown()
        if let text = try fields.string("unk_token"), !text.isEmpty {
            guard let token = vocabulary[Piece(text)] else { throw fields.malformed("unk_token", "one of the vocabulary") }
            unknown.token = token
        }
        unknown.isFused = try fields.bool("fuse_unk") ?? false
        if try fields.bool("byte_fallback") == true { unknown.bytes = bytes { vocabulary[Piece($0)] } }
        let (model, failed) = BytePairModel.make(
            vocabulary: vocabulary, merges: merges, wordEnd: try fields.string("end_of_word_suffix") ?? "", unknown: unknown)
        guard let model else { throw fields.malformed("merges", "pairs of the vocabulary; number \(failed + 1) is not") }
        return (.bytePairs(model), (vocabulary.values.max() ?? 0) + 1)
    }

    private static func unigrams(_ fields: JSONFields) throws(FileError) -> (Model, Int) {
        var entries: [UnigramModel.Entry] = []
        for (token, value) in try fields.list("vocab").enumerated() {
            guard case .array(let pair) = value, pair.count == 2, case .string(let piece) = pair[0] else {
                throw fields.malformed("vocab", "a list of pieces and scores; number \(token + 1) is none")
            }
            switch pair[1] {
            case .number(let score): entries.append(.init(piece: piece, score: score, token: token))
            case .integer(let score): entries.append(.init(piece: piece, score: Double(score), token: token))
            default: throw fields.malformed("vocab", "a list of pieces and scores; number \(token + 1) has no score")
            }
        }
        guard let unknown = try fields.token("unk_id"), unknown < entries.count else {
            throw fields.malformed("unk_id", "one of the vocabulary")
        }
        var ofBytes: [Int]?
        if try fields.bool("byte_fallback") == true {
            let tokens = Dictionary(entries.map { (Piece($0.piece), $0.token) }, uniquingKeysWith: { $1 })
            ofBytes = bytes { tokens[Piece($0)] }
        }
        let model = UnigramModel(entries, scored: entries.map(\.score), unknown: unknown, bytes: ofBytes, precision: .double)
        return (.unigrams(model), entries.count)
    }

    /// The tokens of the 256 bytes, written `<0x41>`; nil where one is missing.
    private static func bytes(_ token: (String) -> Int?) -> [Int]? {
        let digits = Array("0123456789ABCDEF")
        let tokens = (0..<256).compactMap { token("<0x\(digits[$0 >> 4])\(digits[$0 & 15])>") }
        return tokens.count == 256 ? tokens : nil
    }

    /// The token that fills up, in words, as `tokenizer_config.json` beside the file has it.
    private static func paddingText(beside path: String) throws(FileError) -> String? {
        let config = path.folder.appending(part: "tokenizer_config.json")
        guard AtomicFile.exists(config) else { return nil }
        let fields = try JSONFields(path: config, limit: maximumBytes)
        if case .members = fields.value("pad_token") { return try fields.object("pad_token")?.string("content") }
        return try fields.string("pad_token")
    }

    /// What the post-processor puts around a text.
    private static func surroundings(_ root: JSONFields) throws(FileError) -> (opening: [Int], closing: [Int]) {
        guard let part = try root.object("post_processor") else { return ([], []) }
        return try surroundings(part: part)
    }

    private static func surroundings(part: JSONFields, depth: Int = 0) throws(FileError) -> (opening: [Int], closing: [Int]) {
        switch try part.string("type") ?? "" {
        case "ByteLevel": return ([], [])
        case "RobertaProcessing", "BertProcessing":
            func token(_ key: String) throws(FileError) -> Int {
                let pair = try part.list(key)
                guard pair.count == 2, let token = JSONFields.token(pair[1]) else { throw part.malformed(key, "a text and its token") }
                return token
            }
            return ([try token("cls")], [try token("sep")])
        case "TemplateProcessing":
            var around: (opening: [Int], closing: [Int]) = ([], [])
            var isAfter = false
            let specials = try part.object("special_tokens")
            for piece in try part.objects("single") {
                if let special = try piece.object("SpecialToken"), let name = try special.string("id") {
                    let tokens = try specials?.object(name)?.list("ids").map { JSONFields.token($0) } ?? []
                    guard !tokens.isEmpty, !tokens.contains(nil) else { throw part.malformed("special_tokens", "an object with \(name)") }
                    if isAfter { around.closing += tokens.compactMap(\.self) } else { around.opening += tokens.compactMap(\.self) }
                } else {
                    isAfter = true
                }
            }
            return around
        case "Sequence":
            var around: (opening: [Int], closing: [Int]) = ([], [])
            for inner in try part.objects("processors") {
                guard depth < 8 else { throw part.unsupported("post-processor", "Sequence") }
                let more = try surroundings(part: inner, depth: depth + 1)
                around = (more.opening + around.opening, around.closing + more.closing)
            }
            return around
        case let kind: throw part.unsupported("post-processor", kind)
        }
    }
}
