import Foundation

/// Data for standard output.
enum Output {
    /// Compact JSON with sorted keys, numbers with the digits that read back the same, and a line feed.
    static func printJSON(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var data = try encoder.encode(value)
        data.append(0x0A)
        FileHandle.standardOutput.write(data)
    }
}
