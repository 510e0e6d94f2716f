import Files
import Foundation

/// What goes to standard output; every write is checked.
enum Output {
    /// Writes a text as it is: what comes out of files must have been made `printable`.
    static func write(_ text: String) throws(FileError) { try StandardStream.output.write(text) }

    /// Writes a line.
    static func line(_ text: String) throws(FileError) { try write(text + "\n") }

    /// Writes lines for programs, in which names have all their bytes; on a terminal, whose reader is a person, without what
    /// would steer it.
    static func data(_ text: String) throws(FileError) {
        guard StandardStream.output.isTerminal else { return try write(text) }
        try write(text.split(separator: "\n", omittingEmptySubsequences: false).map { String($0).printable }.joined(separator: "\n"))
    }

    /// Writes a line of JSON.
    static func printJSON(_ value: some Encodable) throws { try line(json(value)) }

    /// Compact JSON with sorted keys, and numbers with the digits that read back the same. Where standard output is a
    /// terminal, characters that would steer it are escaped.
    static func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let text = String(decoding: try encoder.encode(value), as: UTF8.self).withNamesForJSON
        return StandardStream.output.isTerminal ? text.escapedForTerminal : text
    }

    /// To be called when all is written.
    static func finish() throws(FileError) { try StandardStream.output.finish() }
}

extension String {
    /// JSON text with the characters that are not printable as `\u` escapes.
    fileprivate var escapedForTerminal: String {
        guard unicodeScalars.contains(where: \.isUnprintable) else { return self }
        return unicodeScalars.map { scalar in
            scalar.isUnprintable
                ? String(scalar).utf16.map { String(format: "\\u%04x", Int($0)) }.joined() : String(scalar)
        }.joined()
    }
}
