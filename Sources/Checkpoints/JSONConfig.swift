import Files

/// A JSON object read from a configuration file; every accessor names the field when its value is of the wrong kind.
///
/// A field that is absent or null is nil.
struct JSONConfig: JSONObjectReader, Sendable {
    /// Far above any real configuration; what is read takes many times the memory of its text.
    private static let maximumLength = 16 << 20

    let path: String
    private let members: [String: JSONValue]
    /// The dotted name of this object within the file, with a dot at its end; empty for the whole file.
    private let parent: String

    /// The names of all fields, sorted.
    var keys: [String] { members.keys.sorted() }

    /// - Throws: `FileError` when the file cannot be read or does not hold one JSON object.
    init(path: String) throws(FileError) {
        guard case .object(let members) = try JSONValue.read(path: path, of: "configuration", limit: Self.maximumLength) else {
            throw FileError(.invalid, path: path, "must hold a JSON object")
        }
        self.init(path: path, members: members, parent: "")
    }

    private init(path: String, members: [String: JSONValue], parent: String) {
        self.path = path
        self.members = members
        self.parent = parent
    }

    /// The name of the field `key` from the top of the file.
    func qualified(_ key: String) -> String { parent + key }

    /// The error for a field whose value cannot be used.
    func malformed(_ key: String, _ expected: String) -> FileError {
        FileError(
            .invalid, path: path, "\"\(parent)\(key)\" must be \(expected), not \((members[key] ?? .null).summary)")
    }

    func value(_ key: String) -> JSONValue? {
        guard let value = members[key], value != .null else { return nil }
        return value
    }

    func object(_ key: String) throws(FileError) -> JSONConfig? {
        switch value(key) {
        case nil: return nil
        case .object(let members)?: return JSONConfig(path: path, members: members, parent: parent + key + ".")
        default: throw malformed(key, "an object")
        }
    }

    /// A whole number from `minimum` to a million, which every size in a configuration fits.
    func integer(_ key: String, from minimum: Int = 1) throws(FileError) -> Int? {
        switch value(key) {
        case nil: return nil
        case .integer(let value)? where (minimum...1_000_000).contains(value): return value
        default: throw malformed(key, "a whole number from \(minimum)")
        }
    }

    func number(_ key: String) throws(FileError) -> Double? {
        switch value(key) {
        case nil: return nil
        case .integer(let value)?: return Double(value)
        case .number(let value)?: return value
        default: throw malformed(key, "a number")
        }
    }

    /// What is added to a variance: a number from 0, below 1.
    func epsilon(_ key: String) throws(FileError) -> Float? {
        guard let number = try number(key) else { return nil }
        guard number >= 0, number < 1 else { throw malformed(key, "a number from 0, below 1") }
        return Float(number)
    }

    /// A number above 0.
    func positive(_ key: String) throws(FileError) -> Float? {
        guard let number = try number(key) else { return nil }
        guard number > 0, number < 1e9 else { throw malformed(key, "a number above 0") }
        return Float(number)
    }

    func strings(_ key: String) throws(FileError) -> [String]? {
        guard let value = value(key) else { return nil }
        guard case .array(let values) = value else { throw malformed(key, "a list of texts") }
        var texts: [String] = []
        for value in values {
            guard case .string(let text) = value else { throw malformed(key, "a list of texts") }
            texts.append(text)
        }
        return texts
    }

    func numbers(_ key: String) throws(FileError) -> [Double]? {
        guard let value = value(key) else { return nil }
        guard case .array(let values) = value else { throw malformed(key, "a list of numbers") }
        var numbers: [Double] = []
        for value in values {
            switch value {
            case .integer(let number): numbers.append(Double(number))
            case .number(let number): numbers.append(number)
            default: throw malformed(key, "a list of numbers")
            }
        }
        return numbers
    }

    /// A height and a width: one number for both, or a list that ends with the two (`[3, 224, 224]`).
    func size(_ key: String) throws(FileError) -> ModelConfiguration.Size? {
        switch value(key) {
        case nil: return nil
        case .integer(let side)? where (1...1_000_000).contains(side): return .init(height: side, width: side)
        case .array(let values)? where values.count == 2 || values.count == 3:
            let sides = values.suffix(2).compactMap { value -> Int? in
                if case .integer(let side) = value, (1...1_000_000).contains(side) { side } else { nil }
            }
            guard sides.count == 2 else { throw malformed(key, "one or two whole numbers from 1") }
            return .init(height: sides[0], width: sides[1])
        default: throw malformed(key, "one or two whole numbers from 1")
        }
    }

    /// Three finite numbers, one a color channel; with `positive`, all above 0.
    func channelValues(_ key: String, positive: Bool = false) throws(FileError) -> [Float]? {
        guard let numbers = try numbers(key) else { return nil }
        let values = numbers.map { Float($0) }
        guard values.count == 3, values.allSatisfy({ $0.isFinite && (!positive || $0 > 0) }) else {
            throw malformed(key, positive ? "three numbers above 0" : "three numbers")
        }
        return values
    }
}
