import Checkpoints
import Files

/// An object of a tokenizer's JSON file, read field by field; an error names the field and what was expected.
struct JSONFields: JSONObjectReader {
    let path: String
    /// The dotted name of this object within the file, with a dot at its end; empty for the whole.
    let parent: String
    private let members: [JSONValue.Member]

    /// - Throws: `FileError` when the file cannot be read, has more than `limit` bytes, or holds no JSON object.
    init(path: String, limit: Int) throws(FileError) {
        let value = try JSONValue.read(path: path, of: "tokenizer", limit: limit, keepsOrder: true)
        guard case .members(let members) = value else { throw FileError(.invalid, path: path, "must hold a JSON object") }
        self.init(path: path, parent: "", members: members)
    }

    private init(path: String, parent: String, members: [JSONValue.Member]) {
        (self.path, self.parent, self.members) = (path, parent, members)
    }

    /// The field's value; nil where it is absent or null. The last one counts, as in Python.
    func value(_ key: String) -> JSONValue? {
        guard let value = members.last(where: { $0.key.utf8.elementsEqual(key.utf8) })?.value, value != .null else { return nil }
        return value
    }

    func error(_ reason: String) -> FileError { FileError(.invalid, path: path, reason) }

    /// The error for a field whose value cannot be used.
    func malformed(_ key: String, _ expected: String) -> FileError { error("\"\(parent)\(key)\" must be \(expected)") }

    /// The error for a part of a tokenizer that is not supported.
    func unsupported(_ kind: String, _ name: String) -> FileError {
        error("the \(kind) \"\(name.prefix(60))\" is not supported (\(parent.isEmpty ? "" : String(parent.dropLast())))")
    }

    func object(_ key: String) throws(FileError) -> JSONFields? {
        switch value(key) {
        case nil: return nil
        case .members(let members)?: return JSONFields(path: path, parent: parent + key + ".", members: members)
        default: throw malformed(key, "an object")
        }
    }

    /// The objects of a list; none where it is absent.
    func objects(_ key: String) throws(FileError) -> [JSONFields] {
        var objects: [JSONFields] = []
        for (index, value) in try list(key).enumerated() {
            guard case .members(let members) = value else { throw malformed(key, "a list of objects") }
            objects.append(JSONFields(path: path, parent: "\(parent)\(key)[\(index)].", members: members))
        }
        return objects
    }

    func list(_ key: String) throws(FileError) -> [JSONValue] {
        switch value(key) {
        case nil: return []
        case .array(let values)?: return values
        default: throw malformed(key, "a list")
        }
    }

    /// A token: a whole number from 0, below 2²⁴.
    func token(_ key: String) throws(FileError) -> Int? {
        guard let value = value(key) else { return nil }
        guard let token = Self.token(value) else { throw malformed(key, "a token's number") }
        return token
    }

    static func token(_ value: JSONValue) -> Int? {
        if case .integer(let number) = value, (0..<1 << 24).contains(number) { number } else { nil }
    }

    /// This object's fields as pieces and their tokens.
    func vocabulary() throws(FileError) -> [Piece: Int] {
        var vocabulary: [Piece: Int] = [:]
        vocabulary.reserveCapacity(members.count)
        for member in members {
            guard let token = Self.token(member.value) else { throw malformed(String(member.key.prefix(60)), "a token's number") }
            vocabulary[Piece(member.key)] = token
        }
        guard !vocabulary.isEmpty else { throw error("\(parent.isEmpty ? "the vocabulary" : parent + "vocab") is empty") }
        return vocabulary
    }
}
