import Files

/// What follows from an architecture's name in timm's registry, where the tensors do not tell.
package struct Architecture: Sendable, Equatable {
    /// The mean and standard deviation that pixels are normalized with.
    enum Statistics: Sendable, Equatable { case imageNet, half, clip, satellite, none }

    /// Architectures that agree in everything but their sizes.
    struct Group: Sendable {
        let normEpsilon: Float
        let activation: ModelConfiguration.Activation
        let statistics: Statistics
        var interpolation = ModelConfiguration.Interpolation.bicubic
        var normKind = ParameterSet.Norm.Kind.layer
        /// Whether blocks have their norms behind attention and MLP.
        var normsOutputs = false
        /// Whether there is a norm after the last block.
        var hasFinalNorm = true
        /// Whether there is a norm without weights between the pool and the head.
        var hasPlainPooledNorm = false
        var rotary: ModelConfiguration.Rotary?
        /// Whether the head reads the patches' mean though the tensors look as if it read the class token.
        var poolsPatches = false
        /// Heads of the attention pool, where it has not as many as the blocks.
        var poolHeads: Int?
        /// Whether the attention pool reads the tokens before the patches, too.
        var poolReadsPrefix = false
        /// How the position embedding is resampled, where it is not as usual.
        var resampling: ModelConfiguration.PositionResampling?
        /// Whether positions are resampled to a square, of which the input takes its part.
        var positionsKeepShape = false
        /// The input in pixels, where no position embedding tells it.
        var input: ModelConfiguration.Size?
        /// Before the names of one size: width/heads and a colon.
        let names: String
    }

    /// What timm has under a name.
    package enum Entry: Sendable, Equatable {
        case plain(Architecture)
        /// A model that is not a plain ViT, by what it has.
        case other(name: String, feature: String)
    }

    /// Without the tag of the weights.
    package let name: String
    package let normEpsilon: Float
    package let normKind: ParameterSet.Norm.Kind
    /// Whether blocks have their norms behind attention and MLP.
    package let normsOutputs: Bool
    package let activation: ModelConfiguration.Activation
    package let hasFinalNorm: Bool
    /// Whether there is a norm without weights between the pool and the head.
    package let hasPlainPooledNorm: Bool
    /// The rotary position embedding; nil without one.
    package let rotary: ModelConfiguration.Rotary?
    /// Whether the head reads the patches' mean though the tensors look as if it read the class token.
    package let poolsPatches: Bool
    /// Heads of the attention pool, where it has not as many as the blocks.
    package let poolHeads: Int?
    /// Whether the attention pool reads the tokens before the patches, too.
    package let poolReadsPrefix: Bool
    /// How the position embedding is resampled, where it is not as usual.
    package let resampling: ModelConfiguration.PositionResampling?
    /// Whether positions are resampled to a square, of which the input takes its part.
    package let positionsKeepShape: Bool
    /// The input in pixels, where no position embedding tells it.
    package let input: ModelConfiguration.Size?
    package let width: Int
    package let heads: Int
    package let preprocessing: ModelConfiguration.Preprocessing
    /// Whether the mean and standard deviation are surely these; otherwise they depend on weights that were not named, and
    /// are those timm loads first.
    package let knowsStatistics: Bool
    /// What timm's evaluation takes of a picture; nil where that depends on weights that were not named.
    package let crop: ModelConfiguration.Crop?

    /// What timm builds for `text`, a present or former name with or without a tag (`vit_base_patch16_224.mae`); nil where it
    /// knows none.
    package static func named(_ text: some StringProtocol) -> Entry? {
        let dot = text.firstIndex(of: ".")
        let name = String(text[..<(dot ?? text.endIndex)])
        let tag = dot.map { String(text[text.index(after: $0)...]) } ?? ""
        switch index[name] {
        case .plain(let group, let width, let heads)?:
            let trained = statistics[name]
            let stated = trained?[tag]
            return .plain(
                Architecture(
                    name: name, normEpsilon: group.normEpsilon, normKind: group.normKind, normsOutputs: group.normsOutputs,
                    activation: group.activation,
                    hasFinalNorm: group.hasFinalNorm, hasPlainPooledNorm: group.hasPlainPooledNorm, rotary: group.rotary,
                    poolsPatches: group.poolsPatches, poolHeads: group.poolHeads,
                    poolReadsPrefix: group.poolReadsPrefix, resampling: group.resampling,
                    positionsKeepShape: group.positionsKeepShape, input: group.input, width: width, heads: heads,
                    preprocessing: (stated ?? group.statistics).preprocessing(group.interpolation),
                    knowsStatistics: stated != nil || trained == nil, crop: crop(of: name, tag: tag)))
        case .other(let feature)?: return .other(name: name, feature: feature)
        case .renamed(let present)?: return named(tag.isEmpty ? present : String(present.prefix { $0 != "." }) + "." + tag)
        case nil: return nil
        }
    }

    /// The same, and of names that timm's other models begin with what those have; for names that a configuration states.
    package static func stated(_ text: String) -> Entry? {
        if let known = named(text) { return known }
        let name = text.prefix { $0 != "." }
        var beginning = name
        while !beginning.isEmpty {
            if let feature = features[String(beginning)] { return .other(name: String(name), feature: feature) }
            beginning = beginning[..<(beginning.lastIndex(of: "_") ?? beginning.startIndex)]
        }
        return nil
    }

    /// The architecture that a file's name or one of its folders' begins with, such as `vit_base_patch16_224.mae.safetensors`
    /// or `models--timm--vit_base_patch16_224.mae/snapshots/…`, and the words it stands in.
    package static func inPath(_ path: String) -> (entry: Entry, words: String)? {
        var parent = path.withoutTrailingSlash
        for _ in 0..<4 where !parent.isEmpty {
            let component = parent.lastPart
            parent = parent.folder
            let hub = "models--timm--"
            let text = component.hasPrefix(hub) ? component.dropFirst(hub.count) : component[...]
            let isWord = { (character: Character) in character.isASCII && (character.isLetter || character.isNumber || character == "_") }
            let name = text.prefix(while: isWord)
            let rest = text[name.endIndex...]
            let tag = rest.first == "." ? rest.dropFirst().prefix(while: isWord) : ""
            let isTag = !tag.isEmpty && !extensions.contains(String(tag))
            let words = isTag ? "\(name).\(tag)" : String(name)
            if let entry = named(words) { return (entry, words) }
        }
        return nil
    }

    /// What ends the name of a file and is no tag.
    private static let extensions: Set<String> = ["safetensors", "pth", "pt", "bin", "npz", "ckpt", "index"]

    private enum Place: Sendable {
        case plain(Group, width: Int, heads: Int)
        case other(feature: String)
        case renamed(String)
    }

    private static let index: [String: Place] = {
        var places: [String: Place] = [:]
        for group in groups {
            var size: [Int] = [0, 0]
            for word in words(group.names) {
                if word.last == ":" {
                    size = word.dropLast().split(separator: "/").compactMap { Int($0) }
                } else {
                    places[String(word)] = .plain(group, width: size[0], heads: size[1])
                }
            }
        }
        for (feature, names) in others {
            for word in words(names) { places[String(word)] = .other(feature: feature) }
        }
        for pair in words(renamed) {
            let sides = pair.split(separator: "=")
            places[String(sides[0])] = .renamed(String(sides[1]))
        }
        return places
    }()

    /// Name → tag → statistics, of architectures whose weights differ in them.
    private static let statistics: [String: [String: Statistics]] = {
        var found: [String: [String: Statistics]] = [:]
        for (statistics, names) in weights {
            for word in words(names) {
                let parts = word.split(separator: ".", maxSplits: 1)
                found[String(parts[0]), default: [:]][String(parts[1])] = statistics
            }
        }
        return found
    }()

    /// timm's own, where weights say nothing else.
    private static let usualCrop = ModelConfiguration.Crop(share: 0.9)

    private static func crop(of name: String, tag: String) -> ModelConfiguration.Crop? {
        if let differing = exceptions[name] { return differing[tag] }
        return croppings[name] ?? usualCrop
    }

    /// Name → crop, of architectures for which it is not the usual one.
    private static let croppings: [String: ModelConfiguration.Crop] = Dictionary(
        uniqueKeysWithValues: crops.flatMap { group in words(group.names).filter { !$0.contains(".") }.map { (String($0), group.crop) } })

    /// Name → tag → crop, of architectures whose weights differ in it.
    private static let exceptions: [String: [String: ModelConfiguration.Crop]] = {
        var found: [String: [String: ModelConfiguration.Crop]] = [:]
        for (crop, names) in crops {
            for word in words(names) {
                let parts = word.split(separator: ".", maxSplits: 1)
                if parts.count == 2 { found[String(parts[0]), default: [:]][String(parts[1])] = crop }
            }
        }
        return found
    }()

    /// Beginning of a name → what such models have.
    private static let features: [String: String] = Dictionary(
        uniqueKeysWithValues: kinds.flatMap { kind in words(kind.beginnings).map { (String($0), kind.feature) } })

    private static func words(_ text: String) -> [Substring] { text.split { $0 == " " || $0 == "\n" } }
}

extension Architecture.Statistics {
    func preprocessing(_ interpolation: ModelConfiguration.Interpolation) -> ModelConfiguration.Preprocessing {
        var values =
            switch self {
            case .imageNet: ConfigurationHints.imageNet
            case .half: ConfigurationHints.half
            case .clip: ConfigurationHints.clip
            case .satellite: ConfigurationHints.satellite
            case .none: ConfigurationHints.plain
            }
        values.interpolation = interpolation
        return values
    }
}
