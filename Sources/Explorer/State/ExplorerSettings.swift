import Checkpoints
import Files

/// What the user's file of settings says. What it says wrongly is told and left out: it keeps nothing from starting.
public struct ExplorerSettings: Sendable, Equatable {
    /// A value, as it would be typed, and where it stands.
    public struct Value: Sendable, Equatable {
        public let text: String
        let place: Place
    }

    /// Lines and columns from 1.
    struct Place: Sendable, Equatable {
        let line: Int
        let column: Int
    }

    /// How a setting takes effect.
    enum Kind: Sendable, Equatable {
        /// Its value is the argument of the command of its name.
        case command
        /// It stands for an option of the command line, which may have these values; any, where there are none.
        case option([String])
    }

    struct Setting: Sendable {
        let name: String
        let kind: Kind
    }

    /// Every setting but `keys` and `presets`.
    static let known: [Setting] = [
        "colormap", "blend", "opacity", "fill", "palette", "glyphs", "sampling", "scale", "predict", "sort", "view", "histogram", "mouse", "sync",
    ].map { Setting(name: $0, kind: .command) } + [
        Setting(name: "theme", kind: .option(ThemeChoice.allCases.map(\.rawValue))),
        Setting(name: "graphics", kind: .option(GraphicsChoice.allCases.map(\.rawValue))),
        Setting(name: "colors", kind: .option(["auto", "24bit", "256", "16", "mono"])),
        Setting(name: "model", kind: .option([])), Setting(name: "preset", kind: .option([])), Setting(name: "class-list", kind: .option([])),
    ]

    /// The file, as it is told.
    public private(set) var path = ""
    public private(set) var values: [String: Value] = [:]
    /// What keys of the user's own do, as command lines.
    public private(set) var keys: [Key: Value] = [:]
    /// The files of presets with names of the user's own.
    public private(set) var presets: [String: Value] = [:]
    /// What was ignored, and why: `4:3: …`.
    public private(set) var remarks: [String] = []

    public init() {}

    /// Reads the file at a path.
    ///
    /// - Throws: `FileError` where it is not there or cannot be read; what is wrong in it is in ``remarks``.
    public init(path: String) throws(FileError) {
        self.path = path
        let content = try FileContent(path: path)
        let bytes = content.withBytes { Array($0) }
        read(bytes)
    }

    /// - Parameter text: as the file has it.
    init(text: String, path: String = "config.json") {
        self.path = path
        read(Array(text.utf8))
    }

    private mutating func read(_ bytes: [UInt8]) {
        let value: JSONValue
        do throws(JSONParser.Failure) {
            value = try bytes.withUnsafeBytes { bytes in Result { () throws(JSONParser.Failure) in try JSONParser.parse(bytes) } }.get()
        } catch {
            let place = JSONPlaces.place(error.offset, in: bytes)
            return remarks.append("\(place.line):\(place.column): is not valid JSON: \(error.reason); all of it is ignored")
        }
        guard case .object(let members) = value else { return remarks.append("1:1: must hold a JSON object; all of it is ignored") }
        let places = JSONPlaces(bytes)
        func place(_ path: [String]) -> Place {
            let place = JSONPlaces.place(places.keys[path] ?? 0, in: bytes)
            return Place(line: place.line, column: place.column)
        }
        for (name, value) in members.sorted(by: { (places.keys[[$0.key]] ?? 0) < (places.keys[[$1.key]] ?? 0) }) {
            if name == "keys" || name == "presets" {
                guard case .object(let inner) = value else {
                    ignore(place([name]), "“\(name)” must be an object")
                    continue
                }
                for (key, value) in inner.sorted(by: { (places.keys[[name, $0.key]] ?? 0) < (places.keys[[name, $1.key]] ?? 0) }) {
                    take(key, value, in: name, place([name, key]))
                }
            } else {
                take(name, value, place([name]))
            }
        }
    }

    mutating func ignore(_ place: Place, _ reason: String) {
        remarks.append("\(place.line):\(place.column): \(DisplayText.sanitized(reason)); ignored")
    }

    private mutating func take(_ name: String, _ value: JSONValue, _ place: Place) {
        guard let setting = Self.known.first(where: { $0.name == name }) else {
            let names = Self.known.map(\.name) + ["keys", "presets"]
            let meant = NearestNames.question(name, among: names)
            return ignore(place, "no setting “\(name)”" + (meant.isEmpty ? "; there are " + names.joined(separator: ", ") : meant))
        }
        let text: String
        switch value {
        case .string(let string): text = string
        case .bool(let on): text = on ? "on" : "off"
        case .integer(let number): text = "\(number)"
        case .number(let number): text = "\(number)"
        case .null: return
        case .array, .object, .members: return ignore(place, "“\(name)” must be a text, a number, true or false")
        }
        if case .option(let choices) = setting.kind, !choices.isEmpty, !choices.contains(text) {
            let meant = NearestNames.question(text, among: choices)
            return ignore(place, "\(name): “\(text)” is none of \(choices.joined(separator: ", "))\(meant)")
        }
        values[name] = Value(text: text, place: place)
    }

    /// A key or a preset of the user's own.
    private mutating func take(_ name: String, _ value: JSONValue, in part: String, _ place: Place) {
        guard case .string(let text) = value else { return ignore(place, "\(part): “\(name)” must be a text") }
        let entry = Value(text: text, place: place)
        if part == "presets" {
            presets[name] = entry
        } else if let key = Key(named: name) {
            keys[key] = entry
        } else {
            let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ".map { "Ctrl-\($0)" }
            let names = letters + KeyMap.bindings.flatMap(\.keys).map(\.plainName)
            ignore(place, "keys: “\(name)” is no key" + NearestNames.question(name, among: names))
        }
    }

    /// The settings without some of their values, which are not told as ignored.
    public func without(_ names: [String]) -> ExplorerSettings {
        var rest = self
        for name in names { rest.values[name] = nil }
        return rest
    }

    /// Leaves out a value that cannot be followed, which is then in ``remarks``.
    ///
    /// - Parameter reason: why; that it is of the option that the setting stands for need not be said twice.
    public mutating func drop(_ name: String, _ reason: String) {
        guard let value = values.removeValue(forKey: name) else { return }
        let option = "--\(name) "
        let text = reason.hasPrefix(option) ? String(reason.dropFirst(option.count)) : reason
        ignore(value.place, text.hasPrefix(name + ": ") ? text : "\(name): \(text)")
    }

    mutating func drop(_ key: Key, _ reason: String) {
        if let value = keys.removeValue(forKey: key) { ignore(value.place, "keys: \(key.plainName): \(reason)") }
    }
}

extension ExplorerState {
    /// Takes the settings on. For a state that has not been started.
    ///
    /// - Parameter given: options of the command line, by the settings' names: they go before.
    public mutating func take(_ settings: ExplorerSettings, given: Set<String>) {
        var settings = settings
        for setting in ExplorerSettings.known where setting.kind == .command && !given.contains(setting.name) {
            guard let value = settings.values[setting.name] else { continue }
            var ignored: [Effect] = []
            message = nil
            run("\(setting.name) \(value.text)", &ignored)
            if let message, message.tone != .plain { settings.drop(setting.name, message.text) }
        }
        message = nil
        for (key, value) in settings.keys {
            do throws(CommandError) { _ = try Command.action(of: value.text, in: self) } catch { settings.drop(key, error.message) }
        }
        self.settings = settings
        givenSettings = given
        firstSettings = settingValues
        undoStack = []
    }

    /// What each setting is now, as it would be typed.
    private var settingValues: [String: String] {
        [
            "colormap": adjustments.colorMap.rawValue, "blend": adjustments.blend.rawValue, "opacity": "\(adjustments.opacity)",
            "fill": "\(adjustments.fill)", "palette": adjustments.palette.rawValue, "glyphs": glyphs.rawValue, "sampling": adjustments.sampling.rawValue,
            "scale": adjustments.normalization.rawValue, "predict": "\(adjustments.predict)", "sort": classOrder.rawValue,
            "view": adjustments.view.rawValue, "histogram": histogramShown ? "on" : "off", "mouse": mouse ? "on" : "off", "sync": context.isSynchronized ? "on" : "off",
            "theme": context.theme.choice.rawValue, "graphics": context.graphics.choice.rawValue, "colors": colorDepth.name,
            "model": context.modelNames.first ?? model.name, "preset": adjustments.origin.name,
            "class-list": settings.values["class-list"]?.text ?? (labelSetup.names == LabelSetup(model: models[0]).names ? "model" : "another"),
        ]
    }

    /// Every setting, its value and where that comes from, and what was ignored.
    var settingFacts: [Fact] {
        let now = settingValues
        var facts = [Fact("file", settings.path.isEmpty ? "none" : settings.path)]
        facts += ExplorerSettings.known.map { setting in
            let value = now[setting.name] ?? ""
            let source = if value != firstSettings[setting.name] { "changed here" }
                else if givenSettings.contains(setting.name) { "the command line" }
                else if let own = settings.values[setting.name] { "the file, line \(own.place.line)" }
                else { "the program" }
            return Fact(setting.name, "\(value) (\(source))")
        }
        facts += settings.keys.sorted { $0.value.place.line < $1.value.place.line }.map { key, value in
            Fact("key \(key.name)", ":\(value.text) (the file, line \(value.place.line))")
        }
        facts += settings.presets.sorted { $0.key < $1.key }.map { name, value in
            Fact("preset \(name)", "\(value.text) (the file, line \(value.place.line))")
        }
        return facts + settings.remarks.map { Fact("ignored", $0) }
    }
}
