import Checkpoints
import Files
import Labels

/// Recipes as JSON files: `"version"` is 1, `"name"` any text, and the keys of ``RecipeField/all``. A key that is left out keeps
/// its default; one that is not known is an error that names it and where it stands.
extension Recipe {
    /// The recipe in the file at `path`.
    public static func read(path: String) throws(FileError) -> Recipe { try decode(try JSONValue.read(path: path), path: path) }

    static func decode(_ value: JSONValue, path: String) throws(FileError) -> Recipe {
        func failure(_ reason: String) -> FileError { FileError(.invalid, path: path, reason) }
        guard case .object(var members) = value else { throw failure("must hold a JSON object") }
        guard case .integer(let version)? = members.removeValue(forKey: "version") else {
            throw failure("is not a recipe: it has no \"version\"")
        }
        guard version == Self.version else {
            throw failure("is a recipe of version \(version); this program reads version \(Self.version)")
        }
        var recipe = Recipe()
        if let name = members.removeValue(forKey: "name") {
            guard case .string(let text) = name else { throw failure("\"name\" must be text") }
            recipe.name = text
        }
        for (key, value) in flat(members, under: nil) {
            if let reason = recipe.set(key, value) { throw failure(reason) }
        }
        return recipe
    }

    /// Members with dotted names, in their order.
    private static func flat(_ members: [String: JSONValue], under parent: String?) -> [(String, JSONValue)] {
        members.sorted { $0.key < $1.key }.flatMap { key, value -> [(String, JSONValue)] in
            let path = parent.map { "\($0).\(key)" } ?? key
            if case .object(let inner) = value { return flat(inner, under: path) }
            return [(path, value)]
        }
    }

    /// Sets one key by its dotted path.
    ///
    /// - Returns: what is wrong; nil where nothing is.
    private mutating func set(_ path: String, _ value: JSONValue) -> String? {
        guard let field = RecipeField.all.first(where: { $0.path == path }) else {
            let known = RecipeField.all.map(\.path)
            let meant = NearestNames.question(path, among: known)
            return "\"\(path)\" is not a setting" + (meant.isEmpty ? "; known are \(known.joined(separator: ", "))" : meant)
        }
        return field.read(&self, value) ? nil : "\"\(path)\" must be \(field.range)"
    }

    /// Sets one key from a text `KEY=VALUE`.
    ///
    /// - Returns: what is wrong; nil where nothing is.
    public mutating func set(_ assignment: String) -> String? {
        guard let equals = assignment.firstIndex(of: "=") else { return "must be KEY=VALUE, such as steps=1000" }
        let key = String(assignment[..<equals]), text = String(assignment[assignment.index(after: equals)...])
        let value: JSONValue = text == "null" ? .null : Int(text).map { .integer($0) } ?? Double(text).map { .number($0) } ?? .string(text)
        return set(key, value)
    }

    /// The whole recipe as an indented JSON text that ``read(path:)`` reads back to an equal one.
    public var json: String {
        var members: [String: JSONValue] = ["version": .integer(Self.version), "name": .string(name)]
        var objects: [String: [String: JSONValue]] = [:]
        for field in RecipeField.all {
            guard let dot = field.path.firstIndex(of: ".") else {
                members[field.path] = field.write(self)
                continue
            }
            objects[String(field.path[..<dot]), default: [:]][String(field.path[field.path.index(after: dot)...])] = field.write(self)
        }
        for (name, inner) in objects { members[name] = .object(inner) }
        return JSONValue.object(members).text(indented: true) + "\n"
    }
}
