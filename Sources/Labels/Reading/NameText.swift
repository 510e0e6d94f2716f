import Images

/// Names in a line of text, which may hold blanks and commas: in quotes, with backslashes, or because they are known.
///
/// A text is in quotes where it begins with `"` or `'` and the same mark ends it, followed by a separator or nothing; inside,
/// the mark itself is written twice or after a backslash. A mark that nothing closes is part of the name.
public enum NameText {
    /// The picture's name at the front of a line, and what follows it, without the blanks between.
    ///
    /// In this order: a name in quotes; the longest beginning of the line, up to another path, that is a picture's name, where it
    /// has an extension or the first word is none; the first word, where it is a picture's name or has a picture's extension; what
    /// stands before a tab; words that backslashes join; words up to one with a picture's extension; the first word.
    ///
    /// - Parameters:
    ///   - line: without blanks at its ends.
    ///   - isPicture: whether a text is a picture's name, with or without folder and extension.
    public static func picture(
        in line: String, isPicture: (String) -> Bool
    ) -> (name: String, rest: Substring) {
        if let (name, end) = quoted(line[...], endsAt: \.isWhitespace) { return (name, trimmed(line[end...])) }
        var ends = wordEnds(line)
        func split(_ end: String.Index) -> (name: String, rest: Substring) { (String(line[..<end]), trimmed(line[end...])) }
        guard let first = ends.first, ends.count > 1 else { return (line, "") }
        let word = String(line[..<first]), isKnown = isPicture(word), isFile = ImageFile.isPicture(word)
        // Another path is no part of a name.
        let other = line[first...].indices.first {
            line[$0] == "/" && (isFile || line[line.index(before: $0)].isWhitespace)
        }
        if let other { ends = ends.filter { $0 <= other } }
        for end in ends.dropFirst().reversed() {
            let name = String(line[..<end])
            if !isKnown || ImageFile.isPicture(name), isPicture(name) { return split(end) }
        }
        if isKnown || isFile { return split(first) }
        if let tab = line.firstIndex(of: "\t"), !line[..<tab].contains(","), trimmed(line[tab...]).first != "," {
            return (String(trimmed(line[..<tab])), trimmed(line[tab...]))
        }
        if word.last == "\\" {
            var name = "", position = line.startIndex
            while position < line.endIndex, !line[position].isWhitespace {
                let next = line.index(after: position)
                if line[position] == "\\", next < line.endIndex, line[next].isWhitespace { position = next }
                name.append(line[position])
                position = line.index(after: position)
            }
            return (name, trimmed(line[position...]))
        }
        for end in ends.dropFirst() where ImageFile.isPicture(String(line[..<end])) && !line[..<end].contains(",") { return split(end) }
        return split(first)
    }

    /// The names in a list separated by commas; nil where one is empty.
    ///
    /// - Parameter known: names with commas in them, each of which is one name where it stands in the list.
    public static func list(_ text: some StringProtocol, known: CommaNames = CommaNames([])) -> [String]? {
        var pieces: [(text: String, isQuoted: Bool)] = []
        var rest = trimmed(Substring(text))
        while true {
            if let (name, end) = quoted(rest, endsAt: { $0 == "," }) {
                pieces.append((name, true))
                rest = rest[end...]
            } else {
                let piece = rest.prefix { $0 != "," }
                pieces.append((String(trimmed(piece)), false))
                rest = rest[piece.endIndex...]
            }
            guard rest.first == "," else { break }
            rest = trimmed(rest.dropFirst())
        }
        guard pieces.allSatisfy({ !$0.text.isEmpty }) else { return nil }
        var names: [String] = [], position = 0
        while position < pieces.count {
            let plain = pieces[position...].prefix { !$0.isQuoted }.map(\.text)
            if let (name, count) = known.longest(at: plain) {
                names.append(name)
                position += count
            } else {
                names.append(pieces[position].text)
                position += 1
            }
        }
        return names
    }

    /// A text that is in quotes as a whole without them; any other as it is.
    public static func unquoted(_ text: String) -> String {
        guard let (name, end) = quoted(text[...], endsAt: { _ in false }), end == text.endIndex, !name.isEmpty else { return text }
        return name
    }

    /// The text in quotes at the front, and where it ends, the blanks behind it passed; nil where there is none, or what
    /// follows is neither the end nor a separator.
    private static func quoted(
        _ text: Substring, endsAt isSeparator: (Character) -> Bool
    ) -> (text: String, end: String.Index)? {
        guard let mark = text.first, mark == "\"" || mark == "'" else { return nil }
        var name = "", position = text.index(after: text.startIndex)
        while position < text.endIndex {
            let next = text.index(after: position), following = next < text.endIndex ? text[next] : nil
            if text[position] == "\\", let following, following == mark || following == "\\" {
                name.append(following)
                position = text.index(after: next)
            } else if text[position] != mark {
                name.append(text[position])
                position = next
            } else if following == mark {
                name.append(mark)
                position = text.index(after: next)
            } else {
                if let following, isSeparator(following) { return (name, next) }
                let rest = trimmed(text[next...])
                return rest.isEmpty || isSeparator(rest.first ?? " ") ? (name, rest.startIndex) : nil
            }
        }
        return nil
    }

    /// Where the words of a line end.
    private static func wordEnds(_ line: String) -> [String.Index] {
        var ends: [String.Index] = []
        var isWord = false
        for index in line.indices {
            let isBlank = line[index].isWhitespace
            if isWord, isBlank { ends.append(index) }
            isWord = !isBlank
        }
        return isWord ? ends + [line.endIndex] : ends
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text.drop(while: \.isWhitespace)
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}

/// Class names that hold commas, such as ImageNet's "tench, Tinca tinca".
public struct CommaNames: Sendable {
    /// By the first part: all parts and the name, those of most parts first. Parts are without blanks around, lower case.
    private let names: [String: [(parts: [String], name: String)]]

    /// - Parameter names: any; those without a comma are left out.
    public init(_ names: [String]) {
        let split = names.filter { $0.contains(",") }.map { name in
            (parts: name.split(separator: ",", omittingEmptySubsequences: false).map(Self.folded), name: name)
        }
        self.names = Dictionary(grouping: split) { $0.parts[0] }.mapValues { $0.sorted { $0.parts.count > $1.parts.count } }
    }

    /// The longest name that the parts of a list begin with, and how many of them it takes.
    func longest(at parts: [String]) -> (name: String, count: Int)? {
        guard let first = parts.first, let known = names[Self.folded(first)] else { return nil }
        return known.first { $0.parts.count <= parts.count && zip($0.parts, parts).allSatisfy { $0 == Self.folded($1) } }
            .map { ($0.name, $0.parts.count) }
    }

    private static func folded(_ text: some StringProtocol) -> String {
        text.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}
