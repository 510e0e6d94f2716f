import Files

/// The lines of a text file that say something.
public enum TextLines {
    /// Every line without the blanks around it, and its number from 1; empty lines and lines that start with `#` are skipped.
    ///
    /// - Throws: `FileError`, also for text that is not UTF-8.
    public static func read(_ path: String) throws(FileError) -> [(number: Int, text: String)] {
        let text = try MappedFile(path: path).withBytes { String(validating: $0, as: UTF8.self) }
        guard let text else { throw FileError(.invalid, path: path, "is not UTF-8 text") }
        var lines: [(number: Int, text: String)] = []
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            var line = line.drop(while: \.isWhitespace)
            while line.last?.isWhitespace == true { line.removeLast() }
            if line.first == "\u{FEFF}" { line.removeFirst() }
            if !line.isEmpty, line.first != "#" { lines.append((index + 1, String(line))) }
        }
        return lines
    }
}
