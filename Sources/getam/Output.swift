import Foundation

/// Data for standard output.
enum Output {
    /// Compact JSON with sorted keys, numbers with the digits that read back the same, and a line feed.
    static func printJSON(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let text = String(decoding: try encoder.encode(value), as: UTF8.self).withNamesForJSON
        FileHandle.standardOutput.write(Data("\(text)\n".utf8))
    }
}
