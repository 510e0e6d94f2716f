import Files

extension JSONValue {
    /// The value in the file at `path`.
    ///
    /// - Parameters:
    ///   - kind: what the file is, where it may hold no more than `limit` bytes.
    ///   - keepsOrder: whether objects are lists of members in the file's order.
    package static func read(
        path: String, of kind: String = "file", limit: Int = .max, keepsOrder: Bool = false
    ) throws(FileError) -> JSONValue {
        let file = try FileContent(path: path)
        guard file.bytes.count <= limit else {
            throw FileError(.invalid, path: path, "is too large for a \(kind): \(file.bytes.count) bytes")
        }
        do throws(JSONParser.Failure) {
            return try file.withBytes { (bytes) throws(JSONParser.Failure) in try JSONParser.parse(bytes, keepsOrder: keepsOrder) }
        } catch {
            throw FileError(.invalid, path: path, "is not valid JSON: \(error)")
        }
    }

    /// This value as JSON: keys sorted, numbers with shortest round-trip digits, no blanks but after `indent`ed line breaks.
    /// Bytes of names that are not UTF-8 are written as Python's json writes them, `\udc80` to `\udcff`.
    ///
    /// - Parameter indented: one member a line, two blanks a level; lists of numbers stay on one line.
    package func text(indented: Bool = false) -> String {
        var text = ""
        write(to: &text, indent: indented ? 0 : nil)
        return text.withNamesForJSON
    }

    private func write(to text: inout String, indent: Int?) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .integer(let value): text += "\(value)"
        case .number(let value):
            // JSON knows no infinities.
            if !value.isFinite {
                text += "null"
            } else if value == value.rounded(), abs(value) < 1e15 {
                text += "\(Int(value))"
            } else {
                text += "\(value)"
            }
        case .string(let value): Self.write(value, to: &text)
        case .array(let values):
            let isFlat = values.allSatisfy {
                switch $0 {
                case .array, .object, .members: false
                default: true
                }
            }
            Self.write(values, "[", "]", to: &text, indent: isFlat ? nil : indent, separator: isFlat && indent != nil ? ", " : ",") {
                $0.write(to: &$1, indent: $2)
            }
        case .object(let members):
            Self.write(members.sorted { $0.key < $1.key }.map { Member(key: $0.key, value: $0.value) }, to: &text, indent: indent)
        case .members(let members): Self.write(members, to: &text, indent: indent)
        }
    }

    private static func write(_ members: [Member], to text: inout String, indent: Int?) {
        write(members, "{", "}", to: &text, indent: indent, separator: ",") {
            write($0.key, to: &$1)
            $1 += $2 == nil ? ":" : ": "
            $0.value.write(to: &$1, indent: $2)
        }
    }

    private static func write<Element>(
        _ elements: [Element], _ open: String, _ close: String, to text: inout String, indent: Int?, separator: String,
        _ body: (Element, inout String, Int?) -> Void
    ) {
        text += open
        let inner = indent.map { $0 + 2 }
        for (index, element) in elements.enumerated() {
            if index > 0 { text += separator }
            if let inner { text += "\n" + String(repeating: " ", count: inner) }
            body(element, &text, inner)
        }
        if let indent, !elements.isEmpty { text += "\n" + String(repeating: " ", count: indent) }
        text += close
    }

    private static func write(_ string: String, to text: inout String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                text += "\\u" + String(hexadecimal: scalar.value, digits: 4)
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
