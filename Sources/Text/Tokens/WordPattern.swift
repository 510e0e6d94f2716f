/// The patterns by which byte-pair tokenizers cut a text into words, as far as CLIP's files have them.
enum WordPattern: Sendable, Equatable {
    /// CLIP's: contractions, runs of letters, single digits, runs of anything else; blanks fall out.
    case clip
    /// The same with names of two special tokens, which are words. `isCaseless` as OpenAI's own program has it.
    case clipWith(specials: [String], isCaseless: Bool)
    /// GPT-2's: a blank before a word belongs to it, and no character falls out.
    case gpt2

    /// The pattern a file of tokens states; nil where it is another.
    init?(regularExpression text: String) {
        let clip = #"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"#
        let specials = #"<\|startoftext\|>|<\|endoftext\|>|"#
        switch text {
        case clip: self = .clip
        case specials + clip: self = .clipWith(specials: ["<|startoftext|>", "<|endoftext|>"], isCaseless: false)
        case #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#: self = .gpt2
        default: return nil
        }
    }

    /// The words of `text` in order.
    func words(of text: String) -> [String] {
        let scalars = Array(text.unicodeScalars)
        var words: [String] = [], index = 0
        while index < scalars.count {
            let end = end(of: scalars, from: index)
            if end == index {
                index += 1
            } else {
                words.append(String(scalars[index..<end]))
                index = end
            }
        }
        return words
    }

    /// Where the word that begins at `start` ends; `start` where none does.
    private func end(of text: [Unicode.Scalar], from start: Int) -> Int {
        switch self {
        case .clip: return Self.clipEnd(text, start, isCaseless: false)
        case .clipWith(let specials, let isCaseless):
            for special in specials {
                let letters = Array(special.unicodeScalars)
                if start + letters.count <= text.count,
                    zip(letters, text[start...]).allSatisfy({ $0 == $1 || isCaseless && Self.folded($1) == $0 })
                {
                    return start + letters.count
                }
            }
            return Self.clipEnd(text, start, isCaseless: isCaseless)
        case .gpt2: return Self.gpt2End(text, start)
        }
    }

    private static func clipEnd(_ text: [Unicode.Scalar], _ start: Int, isCaseless: Bool) -> Int {
        if let end = contraction(text, start, isCaseless: isCaseless) { return end }
        let first = text[start]
        if first.isLetter { return run(text, start, \.isLetter) }
        if first.isNumber { return start + 1 }
        return run(text, start) { !$0.isBlank && !$0.isLetter && !$0.isNumber }
    }

    private static func gpt2End(_ text: [Unicode.Scalar], _ start: Int) -> Int {
        if let end = contraction(text, start, isCaseless: false) { return end }
        let word = text[start] == " " && start + 1 < text.count && !text[start + 1].isBlank ? start + 1 : start
        let first = text[word]
        if first.isLetter { return run(text, word, \.isLetter) }
        if first.isNumber { return run(text, word, \.isNumber) }
        if !first.isBlank { return run(text, word) { !$0.isBlank && !$0.isLetter && !$0.isNumber } }
        // Blanks; the last one before a word is left to it, or to stand alone.
        let end = run(text, start, \.isBlank)
        return end < text.count && end - start > 1 ? end - 1 : end
    }

    private static func run(_ text: [Unicode.Scalar], _ start: Int, _ belongs: (Unicode.Scalar) -> Bool) -> Int {
        text[start...].firstIndex { !belongs($0) } ?? text.count
    }

    private static func contraction(_ text: [Unicode.Scalar], _ start: Int, isCaseless: Bool) -> Int? {
        guard text[start] == "'" else { return nil }
        let letters = text[(start + 1)...].prefix(2).map { isCaseless ? folded($0) : $0 }
        guard let first = letters.first else { return nil }
        if first == "s" || first == "t" { return start + 2 }
        if letters.count == 2, (first == "r" || first == "v") && letters[1] == "e" { return start + 3 }
        if first == "m" { return start + 2 }
        if letters.count == 2, first == "l", letters[1] == "l" { return start + 3 }
        return first == "d" ? start + 2 : nil
    }

    /// As comparing without case sees the letter.
    private static func folded(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        // The long s and the sign of kelvin fold to ASCII letters.
        if scalar == "\u{17F}" { return "s" }
        return scalar.properties.lowercaseMapping.unicodeScalars.first ?? scalar
    }
}
