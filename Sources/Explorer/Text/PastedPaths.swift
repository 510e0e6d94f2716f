import Files

/// The paths in a text that was pasted, or dropped on the terminal: as they are, quoted or escaped for a shell, or as URIs.
enum PastedPaths {
    /// How the text may be read, the most literal first.
    static func readings(of text: String) -> [[String]] {
        let lines = text.split(whereSeparator: \.isNewline).map { trimmed(String($0)) }.filter { !$0.isEmpty }
        guard !lines.isEmpty else { return [] }
        var readings = [lines.map(plain)]
        // A list of URIs may hold remarks.
        if lines.contains(where: { $0.hasPrefix("file:") }) {
            readings = [lines.filter { !$0.hasPrefix("#") }.map(plain)] + readings
        }
        readings.append(lines.flatMap(words).map(plain))
        return readings
    }

    /// A path or `file:` URI as a path.
    private static func plain(_ text: String) -> String {
        guard text.hasPrefix("file:") else { return text }
        var rest = text.dropFirst(5)
        if rest.hasPrefix("//") {
            // Whose file it is: there is no other machine to ask.
            rest = rest.dropFirst(2).drop { $0 != "/" }
        }
        return decoded(String(rest))
    }

    /// With `%20` and the like as the bytes they stand for.
    private static func decoded(_ text: String) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(pathBytes: bytes)
    }

    /// The words of a line as a shell takes them apart.
    private static func words(_ line: String) -> [String] {
        var words: [String] = []
        var word: String?
        var quote: Character?
        var rest = line[...]
        while let character = rest.popFirst() {
            switch (character, quote) {
            case ("\\", nil): word = (word ?? "") + (rest.popFirst().map(String.init) ?? "")
            case ("\\", "\""):
                let next = rest.first.map { "\\\"$`".contains($0) } ?? false
                word = (word ?? "") + (next ? rest.popFirst().map(String.init) ?? "" : "\\")
            case (_, let open?) where character == open: quote = nil
            case ("'", nil), ("\"", nil):
                quote = character
                word = word ?? ""
            case (" ", nil), ("\t", nil):
                if let whole = word { words.append(whole) }
                word = nil
            default: word = (word ?? "") + String(character)
            }
        }
        if let whole = word { words.append(whole) }
        return words
    }

    private static func trimmed(_ text: String) -> String {
        var text = text[...]
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        // A blank that is escaped belongs to the name.
        while let last = text.last, last == " " || last == "\t", text.dropLast().last != "\\" { text.removeLast() }
        return String(text)
    }
}
