import Files
import Foundation

/// Data for standard output.
enum Output {
    /// Compact JSON with sorted keys, numbers with the digits that read back the same, and a line feed.
    static func printJSON(_ value: some Encodable) throws {
        try line(json(value))
    }

    /// The text of ``printJSON(_:)`` without the line feed.
    static func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self).withNamesForJSON
    }

    /// Writes a text as it is.
    static func write(_ text: String) throws { try write(Array(text.utf8)) }

    /// Writes a line.
    static func line(_ text: String) throws { try write(text + "\n") }

    /// Writes lines for programs, in which names have all their bytes.
    static func data(_ text: String) throws { try write(text.bytes) }

    private static func write(_ bytes: [UInt8]) throws { try AtomicFile.write(bytes, to: "/dev/stdout") }
}
