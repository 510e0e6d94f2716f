import Explorer
import Files
import GETAM

extension Preset {
    /// The preset that `--preset` names: a built-in one, else one of the user's settings, else a file: as in the explorer.
    static func chosen(_ name: String) throws -> Preset {
        try named(name) ?? chosen(name, own: ownNames())
    }

    /// - Parameter own: the files of presets that the user's settings name.
    static func chosen(_ name: String, own: [String: ExplorerSettings.Value]) throws -> Preset {
        if let known = named(name) { return known }
        if let file = own[name] {
            let path = ShellWord.homeResolved(file.text)
            guard AtomicFile.exists(path) else {
                throw CommandFailure(.missingInput, "--preset \(name): the settings say that it is in \(path), which is not there")
            }
            return try read(path: path)
        }
        guard AtomicFile.exists(name) else {
            let names = builtIn.map(\.name), ownNames = own.keys.sorted()
            throw CommandFailure(
                .missingInput, "--preset \(name): neither a built-in preset (\(names.joined(separator: ", "))) "
                    + (ownNames.isEmpty ? "" : "nor one of your settings (\(ownNames.joined(separator: ", "))) ")
                    + "nor a file that is there" + NearestNames.question(name, among: names + ownNames))
        }
        return try read(path: name)
    }

    /// The file that holds the preset `--preset` names; nil for a built-in one.
    static func file(_ name: String) -> String? {
        if named(name) != nil { return nil }
        return ownNames()[name].map { ShellWord.homeResolved($0.text) } ?? name
    }

    /// What the user's settings name; what is wrong in them is of no concern here.
    private static func ownNames() -> [String: ExplorerSettings.Value] {
        ConfigurationOption.usualPath.flatMap { path in AtomicFile.exists(path) ? try? ExplorerSettings(path: path) : nil }?.presets ?? [:]
    }
}
