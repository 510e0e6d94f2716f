import ArgumentParser
import Explorer
import Files

/// `--config`: the user's file of settings.
struct ConfigurationOption: ParsableArguments {
    @Option(
        help: ArgumentHelp("Settings: keys, looks, defaults, presets. (default: ~/.config/getam/config.json)", valueName: "file"),
        completion: .endings(["json"]))
    var config: String?

    /// Where it is looked for unless it is named, as the XDG Base Directory Specification says; nil without a home.
    static var usualPath: String? {
        let base = Environment.value("XDG_CONFIG_HOME").flatMap { $0.hasPrefix("/") ? $0 : nil }
            ?? Environment.value("HOME").map { $0 + "/.config" }
        return base.map { $0 + "/getam/config.json" }
    }

    /// The settings; none where there is no file. A named one must be there, any other that cannot be read is told.
    func settings() throws -> ExplorerSettings {
        if let config { return try ExplorerSettings(path: config) }
        guard let path = Self.usualPath, AtomicFile.exists(path) else { return ExplorerSettings() }
        do { return try ExplorerSettings(path: path) } catch {
            Notes.add("\(error); no settings are used")
            return ExplorerSettings()
        }
    }

    /// The settings that options of the command line go before.
    static func given(_ arguments: [String]) -> Set<String> {
        func isGiven(_ option: String) -> Bool { arguments.contains { $0 == option || $0.hasPrefix(option + "=") } }
        let names = ["colormap", "blend", "opacity", "predict", "view", "theme", "graphics", "colors", "model", "preset", "class-list"]
        var given = Set(names.filter { isGiven("--" + $0) })
        if arguments.contains(where: { $0.hasPrefix("-m") && !$0.hasPrefix("--") }) { given.insert("model") }
        if isGiven("--no-mouse") { given.insert("mouse") }
        if isGiven("--no-sync") { given.insert("sync") }
        // A view that is restored brings its own.
        let restored = ["colormap", "blend", "opacity", "predict", "view", "fill", "palette", "sampling", "scale", "histogram", "preset"]
        if isGiven("--from") { given.formUnion(restored) }
        return given
    }
}
