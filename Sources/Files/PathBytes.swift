import Glibc

/// Names of files are bytes; in this program they are `String`s that lose none of them.
///
/// Valid UTF-8 is itself. A byte that is not part of it is kept as one of the 128 code points U+EF80…U+EFFF, as Python's
/// `surrogateescape` (PEP 383) keeps it as U+DC80…U+DCFF, which Swift's strings cannot hold. What looks like such a code
/// point in a name is kept as the three bytes that it is made of, so that no two names become one. Whatever enters the
/// program as text (arguments, names in folders, lines of lists, JSON) enters in this form; ``bytes`` gives the bytes back.
extension String {
    /// The text of these bytes.
    package init(pathBytes bytes: some Collection<UInt8>) {
        let escaping: UInt8 = 0xEE
        if !bytes.contains(escaping), let text = String(validating: bytes, as: UTF8.self) {
            self = text
            return
        }
        let bytes = Array(bytes)
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count + 16)
        var position = 0
        while position < bytes.count {
            let length = Self.scalarLength(bytes[position...])
            if length == 0 || Self.isEscape(bytes[position..<position + length]) {
                // Of U+EF00 + byte in UTF-8, the last two bytes hold the byte.
                text += [escaping, 0xBC | bytes[position] >> 6, 0x80 | bytes[position] & 0x3F]
                position += 1
            } else {
                text += bytes[position..<position + length]
                position += length
            }
        }
        self.init(decoding: text, as: UTF8.self)
    }

    /// The text of a name that the system gave.
    package init(path: UnsafePointer<CChar>) {
        self.init(pathBytes: UnsafeRawBufferPointer(start: path, count: strlen(path)))
    }

    /// The bytes that this name is made of.
    package var bytes: [UInt8] {
        var text = Array(utf8)
        guard text.contains(0xEE) else { return text }
        var read = 0, written = 0
        while read < text.count {
            if Self.isEscape(text[read...].prefix(3)) {
                text[written] = text[read + 1] << 6 | text[read + 2] & 0x3F
                read += 3
            } else {
                text[written] = text[read]
                read += 1
            }
            written += 1
        }
        text.removeSubrange(written...)
        return text
    }

    /// Calls `body` with the name as the system takes it. One that holds a NUL names nothing, as "" does.
    package func withPath<R>(_ body: (UnsafePointer<CChar>) throws -> R) rethrows -> R {
        guard utf8.contains(where: { $0 == 0xEE || $0 == 0 }) else { return try withCString(body) }
        let bytes = bytes
        return try ((bytes.contains(0) ? [] : bytes) + [0]).map(CChar.init(bitPattern:)).withUnsafeBufferPointer {
            try body($0.baseAddress!)
        }
    }

    /// The name for a reader: U+FFFD stands for bytes that are not UTF-8, all else is as it was.
    package var repaired: String { utf8.contains(0xEE) ? String(decoding: bytes, as: UTF8.self) : self }

    /// Whether these are a byte's code point, in UTF-8.
    private static func isEscape(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.count == 3 && bytes[bytes.startIndex] == 0xEE && bytes[bytes.startIndex + 1] >= 0xBE
    }

    /// How many bytes the scalar at the start takes; 0 where there is none (Unicode's table 3-7).
    private static func scalarLength(_ bytes: ArraySlice<UInt8>) -> Int {
        guard let first = bytes.first else { return 0 }
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch first {
        case 0...0x7F: return 1
        case 0xC2...0xDF: length = 2
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: length = 3
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: length = 4
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: return 0
        }
        let rest = bytes.dropFirst().prefix(length - 1)
        guard rest.count == length - 1, let next = rest.first, second.contains(next),
            rest.dropFirst().allSatisfy({ $0 & 0xC0 == 0x80 })
        else { return 0 }
        return length
    }
}

extension String {
    /// A JSON text whose strings hold names, for readers elsewhere: a byte that is not UTF-8 becomes `\udc80` to `\udcff`, as
    /// Python's json writes and reads it (`os.fsencode` gives the byte back).
    package var withNamesForJSON: String {
        let text = Array(utf8)
        guard text.contains(0xEE) else { return self }
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var position = 0
        while position < text.count {
            var run: [UInt8] = []
            while Self.isEscape(text[position...].prefix(3)) {
                run.append(text[position + 1] << 6 | text[position + 2] & 0x3F)
                position += 3
            }
            if run.isEmpty {
                result.append(text[position])
                position += 1
            }
            var rest = run[...]
            while let byte = rest.first {
                let length = Self.scalarLength(rest)
                if length == 0 {
                    result += "\\udc\(String(byte, radix: 16))".utf8
                } else {
                    result += rest.prefix(length)
                }
                rest = rest.dropFirst(max(length, 1))
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
