import Files

/// The lines of a text file that say something.
public enum TextLines {
    /// Every line without the blanks around it, and its number from 1; empty lines and lines that start with `#` are skipped.
    ///
    /// - Parameter holdsNames: whether the lines name files, whose bytes need not be UTF-8.
    /// - Throws: `FileError` for what is no text, and, unless it holds names, for text that is not UTF-8.
    public static func read(
        _ path: String, holdsNames: Bool = false
    ) throws(FileError) -> [(number: Int, text: String)] {
        let text = try FileContent(path: path).withBytes { bytes -> String? in
            if holdsNames { return bytes.contains(0) ? nil : String(pathBytes: bytes) }
            return String(validating: bytes, as: UTF8.self).map { String(pathBytes: $0.utf8) }
        }
        guard let text else { throw FileError(.invalid, path: path, holdsNames ? "is not text" : "is not UTF-8 text") }
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
