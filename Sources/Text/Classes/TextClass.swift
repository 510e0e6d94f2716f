import Files

/// A class given in words: a name, and prompts whose embeddings are averaged.
public struct TextClass: Sendable, Equatable {
    public var name: String
    /// At least one; `{}` stands for the name.
    public var prompts: [String]

    private static let (maximumBytes, maximumClasses, maximumPrompts) = (16 << 20, 100_000, 10_000)

    public init(name: String, prompts: [String]) { (self.name, self.prompts) = (name, prompts) }

    /// A class that is called what its one prompt says, `a photo of a cat`, or a line of a file of classes, `cat: a cat | a kitten`.
    ///
    /// - Returns: nil where it says nothing, or is called what no class may be: a number, or what a terminal cannot show.
    public init?(line: String) {
        var name = line[...], rest: Substring?
        if let colon = line.firstIndex(of: ":"), case let after = line.index(after: colon),
            after == line.endIndex || line[after].isWhitespace
        {
            (name, rest) = (line[..<colon], line[after...])
        }
        let prompts = (rest ?? name).split(separator: "|").map { String($0).trimmed() }.filter { !$0.isEmpty }
        self.name = rest == nil ? prompts.first ?? "" : String(name).trimmed()
        self.prompts = rest == nil ? prompts : prompts.isEmpty ? ["{}"] : prompts
        let text = self.name
        guard !text.isEmpty, Int(text) == nil, text == text.printable, self.prompts.count <= Self.maximumPrompts else { return nil }
    }

    /// The prompts with the class's name in place of `{}`, each in each template.
    public func texts(in templates: PromptTemplates) -> [String] {
        prompts.map { $0.replacing(bytes: "{}", with: name) }.flatMap { prompt in
            templates.lines.map { $0.replacing(bytes: "{}", with: prompt) }
        }
    }

    /// The classes of a file: `name: prompt | prompt` a line, or a text that is both; empty lines and those that begin with `#` count for
    /// nothing.
    ///
    /// - Throws: `FileError` with the line that is wrong, or where there are no classes.
    public static func read(path: String) throws(FileError) -> [TextClass] {
        var classes: [TextClass] = [], known: [Piece: Int] = [:]
        for (number, line) in try lines(path) {
            guard let found = TextClass(line: line) else {
                throw FileError(
                    .invalid, path: path, "line \(number): is no class: \"name: prompt | prompt\" or a text, and no number for a name")
            }
            if let first = known.updateValue(number, forKey: Piece(found.name)) {
                throw FileError(.invalid, path: path, "line \(number): the class \"\(found.name)\" stands in line \(first) already")
            }
            classes.append(found)
        }
        guard !classes.isEmpty, classes.count <= maximumClasses else {
            throw FileError(
                .invalid, path: path, classes.isEmpty ? "has no classes" : "has \(classes.count) classes; \(maximumClasses) are the most")
        }
        return classes
    }

    /// The lines that count, with their numbers from 1.
    static func lines(_ path: String) throws(FileError) -> [(number: Int, text: String)] {
        let file = try FileContent(path: path)
        guard file.bytes.count <= maximumBytes else { throw FileError(.invalid, path: path, "is too large for a list of texts") }
        guard let text = file.withBytes({ String(validating: $0, as: UTF8.self) }) else {
            throw FileError(.invalid, path: path, "is not UTF-8: not a list of texts")
        }
        return text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated()
            .map { ($0.offset + 1, String($0.element).trimmed()) }
            .filter { !$0.1.isEmpty && !$0.1.hasPrefix("#") }
    }
}
