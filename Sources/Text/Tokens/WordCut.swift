import Files

/// One step of a `tokenizer.json`'s pre-tokenizer: how a text becomes words.
enum WordCut: Sendable {
    /// Matches of a pattern; what lies between falls out.
    case words(WordPattern)
    /// GPT-2's alphabet of bytes, after its pattern where `cuts`.
    case bytes(cuts: Bool, addsBlank: Bool)
    /// At blanks, which fall out.
    case blanks
    /// After each `text`, which stays with what stands before it.
    case after(String)
    /// SentencePiece's form: blanks as `mark`, one in front; words begin with one.
    case marks(String, Prefix, cuts: Bool)

    enum Prefix: String, Sendable { case always, first, never }

    func words(of text: String, isFirst: Bool) -> [String] {
        switch self {
        case .words(let pattern): return pattern.words(of: text)
        case .bytes(let cuts, let addsBlank):
            let text = addsBlank && text.utf8.first != 0x20 ? " " + text : text
            return (cuts ? WordPattern.gpt2.words(of: text) : [text]).map(ByteAlphabet.spelled)
        case .blanks: return text.unicodeScalars.split(whereSeparator: \.isBlank).map { String(Substring($0)) }
        case .after(let end): return Self.cut(text, at: end, isBefore: false)
        case .marks(let mark, let prefix, let cuts):
            var marked = text.replacing(bytes: " ", with: mark)
            let adds = prefix == .always || prefix == .first && isFirst
            if adds, !marked.utf8.starts(with: mark.utf8) { marked = mark + marked }
            return cuts ? Self.cut(marked, at: mark, isBefore: true) : [marked]
        }
    }

    /// Pieces of `text`, cut before or after each `mark`.
    private static func cut(_ text: String, at mark: String, isBefore: Bool) -> [String] {
        let bytes = Array(text.utf8), mark = Array(mark.utf8)
        guard !mark.isEmpty else { return [text] }
        var words: [String] = [], start = 0, index = 0
        func end(_ place: Int) {
            if place > start { words.append(String(decoding: bytes[start..<place], as: UTF8.self)) }
            start = place
        }
        while index < bytes.count {
            guard bytes[index...].starts(with: mark) else {
                index += 1
                continue
            }
            if isBefore { end(index) }
            index += mark.count
            if !isBefore { end(index) }
        }
        end(bytes.count)
        return words
    }

    /// Adds the steps that `part` stands for.
    ///
    /// - Throws: `FileError` that names what is not supported.
    static func read(_ part: JSONFields, into cuts: inout [WordCut], depth: Int = 0) throws(FileError) {
        switch try part.string("type") ?? "" {
        case "Sequence":
            guard depth < 8 else { throw part.unsupported("pre-tokenizer", "Sequence in Sequence") }
            for inner in try part.objects("pretokenizers") { try read(inner, into: &cuts, depth: depth + 1) }
        case "ByteLevel":
            cuts.append(.bytes(cuts: try part.bool("use_regex") ?? true, addsBlank: try part.bool("add_prefix_space") ?? true))
        case "WhitespaceSplit": cuts.append(.blanks)
        case "Metaspace":
            let mark = try part.string("replacement") ?? "\u{2581}"
            guard mark.unicodeScalars.count == 1 else { throw part.malformed("replacement", "one character") }
            let older = try part.bool("add_prefix_space") == false ? "never" : "always"
            let scheme = try part.string("prepend_scheme") ?? older
            guard let prefix = Prefix(rawValue: scheme) else { throw part.malformed("prepend_scheme", "always, first or never") }
            cuts.append(.marks(mark, prefix, cuts: try part.bool("split") ?? true))
        case "Split":
            let behavior = try part.string("behavior") ?? "", inverts = try part.bool("invert") ?? false
            let pattern = try part.object("pattern")
            if let text = try pattern?.string("String") {
                guard behavior == "MergedWithPrevious", !inverts, !text.isEmpty else {
                    throw part.unsupported("behavior of a split", behavior)
                }
                cuts.append(.after(text))
            } else {
                let expression = try pattern?.string("Regex") ?? ""
                guard let known = WordPattern(regularExpression: expression) else {
                    throw part.unsupported("pattern of a split", expression)
                }
                guard behavior == "Removed", inverts else { throw part.unsupported("behavior of a split", behavior) }
                cuts.append(.words(known))
            }
        case let kind: throw part.unsupported("pre-tokenizer", kind)
        }
    }
}
