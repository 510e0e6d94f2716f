import Files

/// Decides the settings that no tensor holds: by what a configuration states, else by the architecture's name in timm's
/// registry, else by names of tensors, else by what the family usually has. Only the last is a guess, and a note tells it.
struct SettingResolver: Sendable {
    let keys: KeyMap
    let hints: ConfigurationHints
    /// What timm builds under the architecture's name.
    let architecture: Architecture?
    let architectureSource: SettingSource
    private(set) var sources: [Setting: SettingSource] = [:]
    private(set) var notes: [String] = []
    /// What was assumed for want of a name.
    private var assumed: [String] = []
    /// The norms' epsilon of models with the tensors' names.
    private var suggestedEpsilon: Float?

    /// - Parameters:
    ///   - folder: where configurations lie, for a name's place.
    ///   - path: the weights' file or folder, whose name may be an architecture's.
    /// - Throws: `FileError` when the architecture named is not a plain ViT.
    init(_ keys: KeyMap, _ hints: ConfigurationHints, configPath: String?, path: String) throws(FileError) {
        self.keys = keys
        self.hints = hints
        var found: Architecture?
        var source = SettingSource.assumed
        if keys.dialect == .timm || hints.timmTower != nil, keys.family != .published {
            if let name = hints.timmTower ?? hints.architecture {
                let tagged = hints.weightTag.map { name.contains(".") ? name : name + "." + $0 } ?? name
                switch Architecture.stated(tagged) {
                case .plain(let plain)?:
                    (found, source) = (plain, .architecture(tagged))
                case .other(let name, let feature)?:
                    throw FileError(
                        .invalid, path: configPath ?? path, "\"architecture\" \(name) has \(feature): not supported")
                case nil: break
                }
            } else if let (entry, words) = Architecture.inPath(path) {
                switch entry {
                case .plain(let plain):
                    (found, source) = (plain, .fileName(words))
                    notes.append("no config names the architecture: that of the file's or folder's name, \(words), is taken")
                case .other(let name, let feature):
                    throw FileError(
                        .invalid, path: path,
                        "is called \(name), which in timm has \(feature): not supported; rename it if it holds another model")
                }
            }
        }
        architecture = found
        architectureSource = source
    }

    mutating func found<Value>(_ setting: Setting, _ value: Value, _ source: SettingSource) -> Value {
        sources[setting] = source
        return value
    }

    mutating func note(_ text: String) { notes.append(text) }

    mutating func normEpsilon(hasNormBefore: Bool, hasPatchNorm: Bool = false) -> Float {
        if let stated = hints.normEpsilon { return found(.normEpsilon, stated.value, stated.source) }
        if let architecture { return found(.normEpsilon, architecture.normEpsilon, architectureSource) }
        let usual = suggestedEpsilon ?? keys.defaults.normEpsilon
        guard keys.defaults.isGuess else { return found(.normEpsilon, usual, .family(keys.title)) }
        // So have all of timm's plain models with such norms.
        if suggestedEpsilon == nil, let name = hasPatchNorm ? keys.patchNorm : hasNormBefore ? keys.normPre : nil {
            return found(.normEpsilon, 1e-5, .tensors("\(name).weight"))
        }
        assumed.append("norm epsilon \(usual)")
        return found(.normEpsilon, usual, .assumed)
    }

    mutating func activation(isGated: Bool) -> ModelConfiguration.Activation {
        if isGated, hints.activation == nil, let usual = keys.gateActivation { return found(.activation, usual, .family(keys.title)) }
        // Hugging Face's hidden_act speaks of the plain MLP only.
        if isGated, !hints.gateIsLast, keys.family == .huggingFace && !keys.activationIsGates || hints.activation == nil {
            return found(.activation, .silu, .tensors("a gate in the MLP"))
        }
        if let stated = hints.activation { return found(.activation, stated.value, stated.source) }
        if let architecture { return found(.activation, architecture.activation, architectureSource) }
        if hints.architecture?.contains("quickgelu") == true {
            return found(.activation, .quickGELU, .architecture(hints.architecture ?? ""))
        }
        if keys.family == .clip, keys.defaults.activation == .quickGELU, !hints.isConfigured {
            notes.append(
                "no \(keys.dialect.fileName) says which GELU: OpenAI's quick GELU assumed, which some OpenCLIP models do not use")
            return found(.activation, keys.defaults.activation, .assumed)
        }
        guard keys.defaults.isGuess else { return found(.activation, keys.defaults.activation, .family(keys.title)) }
        assumed.append("GELU")
        return found(.activation, keys.defaults.activation, .assumed)
    }

    /// The rotary position embedding: of the family, as the configuration or the architecture has it, or as the tensors suggest.
    ///
    /// - Parameters:
    ///   - hasPositions: whether there is a position embedding that is added.
    ///   - suggestion: what names of tensors suggest; nil where nothing does.
    mutating func rotary(
        hasPositions: Bool, suggestion: (rotary: ModelConfiguration.Rotary, epsilon: Float?, title: String)?
    ) -> ModelConfiguration.Rotary? {
        if hasPositions { sources[.positions] = .tensors(keys.positions) }
        if let rotary = keys.rotary {
            guard let base = hints.rotaryBase else { return found(.positions, rotary, .family(keys.title)) }
            var result = rotary
            result.base = base.value
            return found(.positions, result, base.source)
        }
        if let stated = hints.rotary { return found(.positions, stated.value, stated.source) }
        if let architecture {
            guard var rotary = architecture.rotary else { return nil }
            if rotary.base != nil, let base = hints.rotaryBase?.value { rotary.base = base }
            return found(.positions, rotary, architectureSource)
        }
        guard let suggestion else { return nil }
        notes.append(
            "no config names the architecture: the rotary position embedding of \(suggestion.title) assumed, as names of tensors suggest")
        suggestedEpsilon = suggestion.epsilon
        return found(.positions, suggestion.rotary, .assumed)
    }

    /// Adds the note on what ``normEpsilon(hasNormBefore:)`` and ``activation(isGated:)`` assumed.
    mutating func tellAssumptions(hasNormBefore: Bool) {
        guard !assumed.isEmpty else { return }
        let why =
            hints.architecture.map { "timm \(Architecture.timmVersion) knows no architecture \"\($0)\"" }
            ?? "no config names the architecture"
        let caution = hasNormBefore ? ", which CLIP models with quickgelu in their names do not use" : ", as most of timm's ViTs have"
        notes.append("\(why): \(assumed.joined(separator: " and ")) assumed\(caution)")
    }

    mutating func preprocessing(hasNormBefore: Bool) -> ModelConfiguration.Preprocessing {
        var chosen = unstatedPreprocessing(hasNormBefore: hasNormBefore)
        if let stated = hints.preprocessing {
            let interpolation = chosen.interpolation
            chosen = found(.preprocessing, stated.value, stated.source)
            if keys.dialect == .timm, architecture != nil {
                chosen.interpolation = interpolation
            } else {
                sources[.interpolation] = .family(keys.dialect.title)
            }
        }
        if let stated = hints.interpolation {
            chosen.interpolation = found(.interpolation, stated.value, stated.source)
        }
        return chosen
    }

    /// What timm's evaluation takes of a picture; nil where nobody knows.
    mutating func crop() -> ModelConfiguration.Crop? {
        if let stated = hints.crop { return found(.crop, stated.value, stated.source) }
        guard let known = architecture?.crop else { return nil }
        return found(.crop, known, architectureSource)
    }

    /// What applies where no configuration states it; tells of a guess only where that is taken.
    private mutating func unstatedPreprocessing(hasNormBefore: Bool) -> ModelConfiguration.Preprocessing {
        let isNeeded = hints.preprocessing == nil
        if let architecture {
            if isNeeded, !architecture.knowsStatistics {
                notes.append(
                    "mean and standard deviation are not in the config: those of the first weights timm has of \(architecture.name) assumed; others differ")
            }
            let source = architecture.knowsStatistics || !isNeeded ? architectureSource : .assumed
            sources[.preprocessing] = source
            return found(.interpolation, architecture.preprocessing, architectureSource)
        }
        var usual = hints.usual ?? keys.defaults.usual
        if keys.defaults.isGuess, hasNormBefore { usual = .init(preprocessing: ConfigurationHints.clip, title: "CLIP's") }
        if isNeeded, !usual.isCertain {
            notes.append(
                keys.dialect == .huggingFace || keys.dialect == .huggingFaceCLIP
                    ? "no preprocessor_config.json with mean and standard deviation: \(usual.title) assumed"
                    : "mean and standard deviation are not in the config: \(usual.title) assumed")
        }
        let source = usual.isCertain ? SettingSource.family(keys.title) : .assumed
        sources[.preprocessing] = source
        return found(.interpolation, usual.preprocessing, source)
    }

    /// Published models whose heads are not 64 wide, by width: ViT-H/14, SO400M/14, g/14, G/14.
    private static let knownHeads = [1280: 16, 1152: 16, 1408: 16, 1664: 16]

    /// The heads of tokens `width` wide that the tensors do not tell.
    mutating func heads(width: Int, path: String) throws(FileError) -> Int {
        if let field = hints.heads {
            guard width.isMultiple(of: field.value) else {
                throw FileError(
                    .invalid, path: field.path,
                    "\"\(field.name)\" is \(field.value), which does not divide the width \(width)")
            }
            return found(.heads, field.value, field.source)
        }
        if let architecture, architecture.width == width { return found(.heads, architecture.heads, architectureSource) }
        if let known = Self.knownHeads[width] {
            notes.append("head count is not in the config: \(known), as published models of the width \(width) have, assumed")
            return found(.heads, known, .assumed)
        }
        guard width.isMultiple(of: 64) else {
            throw FileError(
                .invalid, path: path,
                "needs a config.json beside it: the head count is not in the tensors, and the width \(width) is no multiple of 64"
            )
        }
        notes.append("head count is not in the config: \(width)/64 = \(width / 64) assumed")
        return found(.heads, width / 64, .assumed)
    }
}
