/// Where the members of a JSON object stand in its text, which is known to be valid JSON.
struct JSONPlaces {
    /// The byte that each member's key begins at, by its name with those around it: `keys.z`.
    private(set) var keys: [[String]: Int] = [:]
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        value([])
    }

    /// The line and the column of a byte, counted from 1; columns are characters.
    static func place(_ offset: Int, in bytes: [UInt8]) -> (line: Int, column: Int) {
        let before = bytes.prefix(max(offset, 0))
        let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        return (before.count { $0 == UInt8(ascii: "\n") } + 1, String(decoding: before[start...], as: UTF8.self).count + 1)
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func value(_ path: [String]) {
        skip { " \t\r\n,:".utf8.contains($0) }
        switch next {
        case UInt8(ascii: "{"):
            position += 1
            while true {
                skip { " \t\r\n,".utf8.contains($0) }
                guard next == UInt8(ascii: "\"") else { break }
                let start = position, key = string()
                keys[path + [key]] = start
                value(path + [key])
            }
            position += 1
        case UInt8(ascii: "["):
            position += 1
            while true {
                skip { " \t\r\n,".utf8.contains($0) }
                guard let byte = next, byte != UInt8(ascii: "]") else { break }
                value(path + ["[]"])
            }
            position += 1
        case UInt8(ascii: "\""): _ = string()
        default: skip { !" \t\r\n,]}".utf8.contains($0) }
        }
    }

    /// The text of a string; escapes other than of quotes are left as they stand.
    private mutating func string() -> String {
        position += 1
        var text: [UInt8] = []
        while let byte = next, byte != UInt8(ascii: "\"") {
            if byte == UInt8(ascii: "\\"), position + 1 < bytes.count {
                position += 1
                if !"\"\\/".utf8.contains(bytes[position]) { text.append(byte) }
                text.append(bytes[position])
            } else {
                text.append(byte)
            }
            position += 1
        }
        position += 1
        return String(decoding: text, as: UTF8.self)
    }

    private mutating func skip(_ isSkipped: (UInt8) -> Bool) {
        while let byte = next, isSkipped(byte) { position += 1 }
    }
}
