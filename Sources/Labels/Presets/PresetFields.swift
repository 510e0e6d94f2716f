import Checkpoints
import Files

/// The members of one JSON object of a preset, of strokes or of a line of a review, taken one by one; what is left at the end is unknown.
struct PresetFields {
    private let path: String
    /// The object's own name, dotted; nil for the whole file.
    private let name: String?
    private var members: [String: JSONValue]
    private var known: [String] = []

    init(_ value: JSONValue, path: String, name: String?) throws(FileError) {
        guard case .object(let members) = value else {
            throw FileError(.invalid, path: path, name.map { "\"\($0)\" must be an object" } ?? "must hold a JSON object")
        }
        self.path = path
        self.name = name
        self.members = members
    }

    /// The error for a member.
    func failure(_ key: String, _ reason: String) -> FileError {
        FileError(.invalid, path: path, "\"\(qualified(key))\" \(reason)")
    }

    private func qualified(_ key: String) -> String { name.map { "\($0).\(key)" } ?? key }

    private mutating func take(_ key: String) -> JSONValue? {
        known.append(key)
        let value = members.removeValue(forKey: key)
        return value == .null ? nil : value
    }

    /// Whether a member stands there as null; it stays for the accessor of its kind.
    func isNull(_ key: String) -> Bool { members[key] == .null }

    mutating func text(_ key: String) throws(FileError) -> String? {
        switch take(key) {
        case nil: return nil
        case .string(let text)?: return text
        default: throw failure(key, "must be text")
        }
    }

    /// A member whatever it holds; `nil` where it is not there, or null.
    mutating func value(_ key: String) -> JSONValue? { take(key) }

    mutating func texts(_ key: String) throws(FileError) -> [String]? {
        guard let value = take(key) else { return nil }
        guard case .array(let values) = value else { throw failure(key, "must be a list of texts") }
        let texts = values.compactMap { value -> String? in if case .string(let text) = value { text } else { nil } }
        guard texts.count == values.count else { throw failure(key, "must be a list of texts") }
        return texts
    }

    mutating func text(_ key: String, oneOf choices: [String]) throws(FileError) -> String? {
        guard let text = try text(key) else { return nil }
        guard choices.contains(text) else {
            throw failure(key, "must be one of \(choices.joined(separator: ", ")), not \"\(text.prefix(40))\"")
        }
        return text
    }

    mutating func choice<Choice: RawRepresentable & CaseIterable>(
        _ key: String
    ) throws(FileError) -> Choice? where Choice.RawValue == String {
        try text(key, oneOf: Choice.allCases.map(\.rawValue)).flatMap { Choice(rawValue: $0) }
    }

    mutating func integer(_ key: String) throws(FileError) -> Int? {
        switch take(key) {
        case nil: return nil
        case .integer(let number)?: return number
        default: throw failure(key, "must be a whole number")
        }
    }

    mutating func number(_ key: String) throws(FileError) -> Double? {
        guard let value = take(key) else { return nil }
        guard let number = Self.number(value) else { throw failure(key, "must be a number") }
        return number
    }

    /// A number, or one of some names in its place.
    enum NumberOr<Choice> {
        case number(Double), choice(Choice)
    }

    mutating func number<Choice: RawRepresentable & CaseIterable>(
        _ key: String, or choices: Choice.Type
    ) throws(FileError) -> NumberOr<Choice>? where Choice.RawValue == String {
        guard let value = take(key) else { return nil }
        if let number = Self.number(value) { return .number(number) }
        if case .string(let name) = value, let choice = Choice(rawValue: name) { return .choice(choice) }
        throw failure(key, "must be a number, or one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
    }

    mutating func numbers(_ key: String) throws(FileError) -> [Double]? {
        guard let value = take(key) else { return nil }
        guard case .array(let values) = value else { throw failure(key, "must be a list of numbers") }
        let numbers = values.compactMap { Self.number($0) }
        guard numbers.count == values.count else { throw failure(key, "must be a list of numbers") }
        return numbers
    }

    private static func number(_ value: JSONValue) -> Double? {
        switch value {
        case .integer(let number): Double(number)
        case .number(let number): number
        default: nil
        }
    }

    mutating func bool(_ key: String) throws(FileError) -> Bool? {
        switch take(key) {
        case nil: return nil
        case .bool(let value)?: return value
        default: throw failure(key, "must be true or false")
        }
    }

    mutating func object(_ key: String) throws(FileError) -> PresetFields? {
        guard let value = take(key) else { return nil }
        return try PresetFields(value, path: path, name: qualified(key))
    }

    mutating func objects(_ key: String) throws(FileError) -> [PresetFields]? {
        guard let value = take(key) else { return nil }
        guard case .array(let values) = value else { throw failure(key, "must be a list of objects") }
        var objects: [PresetFields] = []
        for (index, value) in values.enumerated() {
            objects.append(try PresetFields(value, path: path, name: "\(qualified(key))[\(index)]"))
        }
        return objects
    }

    /// Throws where a member was not asked for.
    func finish() throws(FileError) {
        guard let unknown = members.keys.sorted().first else { return }
        throw failure(unknown, "is not a setting; known are \(known.sorted().joined(separator: ", "))")
    }
}
