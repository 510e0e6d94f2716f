/// A strict reader of JSON texts (RFC 8259) that also refuses repeated keys.
///
/// Headers of weight files are hostile input: two readers that disagree on which of two equal keys counts see two
/// different files, so here the second is an error.
package struct JSONParser {
    /// What is wrong and at which byte.
    package struct Failure: Error, Sendable, Equatable, CustomStringConvertible {
        package let offset: Int
        package let reason: String
        package var description: String { "\(reason) at byte \(offset)" }
    }

    /// Nesting beyond this is refused, so that no text can exhaust the stack.
    private static let maximumDepth = 64

    private let bytes: UnsafeRawBufferPointer
    private let keepsOrder: Bool
    private var position = 0

    private init(_ bytes: UnsafeRawBufferPointer, keepsOrder: Bool) { (self.bytes, self.keepsOrder) = (bytes, keepsOrder) }

    /// Reads the one value that `bytes` hold in UTF-8, with blanks around it.
    ///
    /// - Parameter keepsOrder: objects are ``JSONValue/members(_:)``, whose keys may stand there twice: for vocabularies, in which
    ///   texts are told apart by their bytes, and are no names of files.
    package static func parse(_ bytes: UnsafeRawBufferPointer, keepsOrder: Bool = false) throws(Failure) -> JSONValue {
        var parser = JSONParser(bytes, keepsOrder: keepsOrder)
        let value = try parser.value(depth: 0)
        parser.skipBlanks()
        guard parser.position == bytes.count else { throw parser.failure("unexpected text after the value") }
        return value
    }

    private func failure(_ reason: String) -> Failure { Failure(offset: position, reason: reason) }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipBlanks() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func value(depth: Int) throws(Failure) -> JSONValue {
        guard depth < Self.maximumDepth else { throw failure("nested too deeply") }
        skipBlanks()
        switch next {
        case nil: throw failure("the text ends too early")
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func word(_ text: StaticString, _ value: JSONValue) throws(Failure) -> JSONValue {
        let end = position + text.utf8CodeUnitCount
        guard end <= bytes.count else { throw failure("the text ends too early") }
        for offset in 0..<text.utf8CodeUnitCount where bytes[position + offset] != text.utf8Start[offset] {
            throw failure("not a JSON value")
        }
        position = end
        return value
    }

    private mutating func object(depth: Int) throws(Failure) -> JSONValue {
        var members: [String: JSONValue] = [:], ordered: [JSONValue.Member] = []
        position += 1
        skipBlanks()
        if next == UInt8(ascii: "}") {
            position += 1
            return keepsOrder ? .members(ordered) : .object(members)
        }
        while true {
            skipBlanks()
            guard next == UInt8(ascii: "\"") else { throw failure("a key in quotes was expected") }
            let start = position
            let key = try string()
            skipBlanks()
            guard next == UInt8(ascii: ":") else { throw failure("\":\" was expected") }
            position += 1
            let member = try value(depth: depth + 1)
            if keepsOrder {
                ordered.append(.init(key: key, value: member))
            } else if members.updateValue(member, forKey: key) != nil {
                throw Failure(offset: start, reason: "the key \"\(key.prefix(80))\" stands there twice, again")
            }
            skipBlanks()
            switch next {
            case UInt8(ascii: ","): position += 1
            case UInt8(ascii: "}"):
                position += 1
                return keepsOrder ? .members(ordered) : .object(members)
            case nil: throw failure("the text ends too early")
            default: throw failure("\",\" or \"}\" was expected")
            }
        }
    }

    private mutating func array(depth: Int) throws(Failure) -> JSONValue {
        var values: [JSONValue] = []
        position += 1
        skipBlanks()
        if next == UInt8(ascii: "]") {
            position += 1
            return .array(values)
        }
        while true {
            values.append(try value(depth: depth + 1))
            skipBlanks()
            switch next {
            case UInt8(ascii: ","): position += 1
            case UInt8(ascii: "]"):
                position += 1
                return .array(values)
            case nil: throw failure("the text ends too early")
            default: throw failure("\",\" or \"]\" was expected")
            }
        }
    }

    private mutating func number() throws(Failure) -> JSONValue {
        let start = position
        var isInteger = true
        if next == UInt8(ascii: "-") { position += 1 }
        let firstDigit = position
        guard skipDigits() > 0 else {
            position = start
            throw failure("not a JSON value")
        }
        guard bytes[firstDigit] != UInt8(ascii: "0") || position == firstDigit + 1 else {
            throw failure("a number with a leading zero")
        }
        if next == UInt8(ascii: ".") {
            isInteger = false
            position += 1
            guard skipDigits() > 0 else { throw failure("a digit was expected") }
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            isInteger = false
            position += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
            guard skipDigits() > 0 else { throw failure("a digit was expected") }
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isInteger, let value = Int(text) { return .integer(value) }
        guard let value = Double(text), value.isFinite else { throw failure("a number out of range") }
        return .number(value)
    }

    private mutating func skipDigits() -> Int {
        let start = position
        while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        return position - start
    }

    private mutating func string() throws(Failure) -> String {
        position += 1
        let start = position
        var unescaped: [UInt8]?
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: bytes[start..<position], as: UTF8.self) else {
                    throw failure("text that is not UTF-8")
                }
                position += 1
                if keepsOrder {
                    guard let unescaped else { return text }
                    guard let whole = String(validating: unescaped, as: UTF8.self) else { throw failure("text that is not UTF-8") }
                    return whole
                }
                // Names keep their bytes: see the other half of this in `escape`.
                return unescaped.map { String(pathBytes: $0) } ?? (text.utf8.contains(0xEE) ? String(pathBytes: text.utf8) : text)
            case UInt8(ascii: "\\"):
                var text = unescaped ?? Array(bytes[start..<position])
                position += 1
                try escape(into: &text)
                unescaped = text
            case 0..<0x20: throw failure("a control character inside a string")
            default:
                unescaped?.append(byte)
                position += 1
            }
        }
        throw failure("the text ends inside a string")
    }

    private mutating func escape(into text: inout [UInt8]) throws(Failure) {
        guard let byte = next else { throw failure("the text ends inside a string") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            var code = try hexadecimal()
            if (0xD800..<0xDC00).contains(code) {
                guard next == UInt8(ascii: "\\") else { throw failure("half of a surrogate pair") }
                position += 1
                guard next == UInt8(ascii: "u") else { throw failure("half of a surrogate pair") }
                position += 1
                let low = try hexadecimal()
                guard (0xDC00..<0xE000).contains(low) else { throw failure("half of a surrogate pair") }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            // Python's json writes a byte of a name that is not UTF-8 as half of a surrogate pair.
            if (0xDC80...0xDCFF).contains(code) {
                text.append(UInt8(code & 0xFF))
                return
            }
            guard let scalar = Unicode.Scalar(code) else { throw failure("half of a surrogate pair") }
            text.append(contentsOf: Array(String(Character(scalar)).utf8))
        default: throw failure("an unknown escape")
        }
    }

    private mutating func hexadecimal() throws(Failure) -> UInt32 {
        guard position + 4 <= bytes.count else { throw failure("the text ends inside a string") }
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue else {
                throw failure("four hexadecimal digits were expected")
            }
            code = code << 4 | UInt32(digit)
            position += 1
        }
        return code
    }
}
