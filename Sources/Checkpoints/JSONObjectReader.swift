import Files

/// An object of a JSON file that is read field by field; an error names the field and what was expected.
package protocol JSONObjectReader {
    /// The field's value; nil where it is absent or null.
    func value(_ key: String) -> JSONValue?
    /// The error for a field whose value cannot be used.
    func malformed(_ key: String, _ expected: String) -> FileError
}

extension JSONObjectReader {
    package func string(_ key: String) throws(FileError) -> String? {
        switch value(key) {
        case nil: return nil
        case .string(let text)?: return text
        default: throw malformed(key, "text")
        }
    }

    package func bool(_ key: String) throws(FileError) -> Bool? {
        switch value(key) {
        case nil: return nil
        case .bool(let value)?: return value
        default: throw malformed(key, "true or false")
        }
    }
}
