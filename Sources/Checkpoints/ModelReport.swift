import Files

/// Everything worth knowing about a loaded model, for reading and for programs.
public struct ModelReport: Sendable, Equatable, Codable {
    /// The weight and configuration files read.
    public let files: [String]
    /// The naming scheme found, in words.
    public let family: String
    /// Why that scheme.
    public let familyReason: String
    public let configuration: ModelConfiguration
    /// Where the settings that are no tensor's shape were found, by the names of ``Setting``.
    public let sources: [String: String]
    /// Height and width of the input the position embedding was made for, in pixels.
    public let inputSize: ModelConfiguration.Size
    /// Whether a position embedding is added to the tokens.
    public let hasPositions: Bool
    /// Number of parameters used.
    public let parameterCount: Int
    /// Bytes of all tensors in the file.
    public let byteCount: Int
    /// Every tensor of the file.
    public let tensors: [TensorInfo]
    /// Names of tensors that were not used.
    public let ignored: [String]
    /// What was assumed or left out.
    public let notes: [String]
    /// Labels, background included, of a segmentation decoder; nil without one.
    public let decoderLabels: Int?
    /// How many words of the background there are; nil without any.
    public let backgroundTexts: Int?
    /// What the file's text tower is, in words; nil without one.
    public let textTower: String?
    /// The map methods that work with it; empty where the caller named none.
    public let methods: [String]
    /// Where the first NaN or infinity among the parameters is; nil when all are finite.
    public let damage: String?

    /// - Parameters:
    ///   - methods: the map methods that work with it, which this room does not know.
    ///   - textTower: that of the same file, where it has one.
    ///   - checkingValues: whether to read every parameter in search of NaN and infinity.
    public init(_ model: LoadedModel, methods: [String] = [], textTower: TextTower? = nil, checkingValues: Bool = true) {
        files = model.files
        family = model.familyTitle
        familyReason = model.familyReason
        configuration = model.configuration
        sources = Dictionary(uniqueKeysWithValues: model.sources.map { ($0.key.rawValue, $0.value.description) })
        inputSize = model.configuration.inputSize
        hasPositions = model.parameters.hasPositions
        parameterCount = model.parameters.parameterCount
        byteCount = model.byteCount
        tensors = model.tensors
        ignored = model.ignored.filter { textTower?.tensorNames.contains($0) != true }
        notes = model.notes
        decoderLabels = model.parameters.decoder.map { $0.classifier.weight.shape[0] } ?? model.parameters.lightDecoder?.labels
        backgroundTexts = model.parameters.background?.weight.shape[0]
        self.methods = methods
        self.textTower = textTower.map {
            "\($0.title): \($0.blocks.count) blocks of width \($0.width), \($0.contextLength) tokens of \($0.vocabularyCount)"
        }
        let found = checkingValues ? model.parameters.firstNonFinite() : nil
        damage = found.map { "\($0.name), element \($0.index)" }
    }

    /// The report as lines of text, a line break after each.
    public var text: String {
        let model = configuration
        var lines: [(title: String, value: String)] = [
            ("files", files.joined(separator: ", ")),
            ("family", "\(family): \(familyReason)"),
            ("architecture", model.architecture ?? "not named"),
            ("parameters", "\(parameterCount) in \(tensors.count) tensors, \(byteCount) bytes, \(elementTypes)"),
            ("depth", "\(model.depth) blocks"),
            ("width", "\(model.width), MLP \(model.hiddenWidth)"),
            ("heads", "\(model.heads) of \(model.attentionWidth / max(model.heads, 1))\(source(.heads))\(headExtras)"),
            (
                "patch",
                "\(model.patch.height)×\(model.patch.width) pixels"
                    + (model.patchOffset > 0 ? ", read \(model.patchOffset) up and left of their places" : "")
                    + (model.stemStride > 1 ? ", behind convolutions that make a position of every \(model.stemStride)×\(model.stemStride)" : "")
            ),
            (
                "grid",
                "\(model.grid.height)×\(model.grid.width) patches, input \(inputSize.height)×\(inputSize.width) pixels\(source(.inputSize))"
            ),
            ("prefix tokens", prefixTokens),
            ("positions", positionsTitle),
            (
                "head",
                "\(headTitle)\(model.classCount > 0 ? ", \(model.classCount) classes, \(model.probability.rawValue)" : "")\(source(.head))"
            ),
            ("class rows", classRowsTitle),
            ("activation", activationTitle + source(.activation)),
            ("norm", "\(model.normKind == .layer ? "" : "RMS, ")epsilon \(model.normEpsilon)\(source(.normEpsilon))\(normExtras)"),
            ("input", preprocessingTitle),
        ]
        if let crop = model.crop {
            let squashed = crop.squashes ? " of the squashed picture" : ""
            lines.append(("crop", "\(crop.share)\(squashed) (timm's evaluation; getam shows the whole picture)\(source(.crop))"))
        }
        if !methods.isEmpty {
            let lacking = model.head == .none ? " (no class, so no others; --head gives it a head)" : ""
            lines.append(("methods", methods.joined(separator: ", ") + lacking))
        }
        if let decoderLabels { lines.append(("decoder", "segmentation, \(decoderLabels) labels")) }
        if let backgroundTexts { lines.append(("background", "\(backgroundTexts) words for soft-maxes, which are no classes")) }
        if let textTower { lines.append(("text tower", textTower)) }
        lines.append(("ignored", ignored.isEmpty ? "nothing" : ignored.joined(separator: ", ")))
        if let damage { lines.append(("damaged", "not a finite number: \(damage)")) }
        lines += notes.map { ("note", $0) }

        let width = lines.map(\.title.count).max() ?? 0
        var text = ""
        for (title, value) in lines { text += Self.padded(title, to: width) + "  " + value.printable + "\n" }
        let nameWidth = min(tensors.map(\.name.count).max() ?? 0, 80)
        for tensor in tensors {
            text +=
                "\(Self.padded(tensor.name.printable, to: nameWidth))  \(Self.padded(tensor.elementType.rawValue, to: 4))  "
            text += "\(tensor.shape)  \(tensor.byteCount) bytes\n"
        }
        for (index, name) in configuration.classNames.enumerated() {
            text += "class \(Self.padded("\(index)", to: "\(configuration.classCount)".count))  \(name.printable)\n"
        }
        return text
    }

    private var elementTypes: String {
        var counts: [String: Int] = [:]
        for tensor in tensors { counts[tensor.elementType.rawValue, default: 0] += 1 }
        return counts.count == 1
            ? counts.keys.joined()
            : counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
    }

    private var normExtras: String {
        (configuration.normsBoth ? ", before and after the layers" : configuration.normsOutputs ? ", after the layers" : "")
            + (configuration.hasLayerScale ? ", LayerScale" : "") + (configuration.hasPatchNorm ? ", norm of the patches" : "")
            + (configuration.hasNormBefore ? ", norm before the blocks" : "")
            + (configuration.hasQueryKeyNorm ? ", norms of queries\(configuration.normsValues ? ", keys and values" : " and keys")" : "")
            + (configuration.hasAttentionNorm ? ", norms inside the attention" : "")
            + (configuration.hasHiddenNorm ? ", norms inside the MLP" : "")
    }

    private var headExtras: String {
        (configuration.attentions > 1 ? ", those of \(configuration.attentions) attentions side by side" : "")
            + (configuration.isParallel ? ", side by side with the MLP" : "")
            + (configuration.isDifferential ? ", each the difference of two soft-maxes" : "")
            + (configuration.sharesKeys ? ", some with the same keys and values" : "")
    }

    private var prefixTokens: String {
        let model = configuration
        var parts: [String] = []
        if model.hasClassToken { parts.append(model.classTokens > 1 ? "\(model.classTokens) class" : "class") }
        if model.hasDistillationToken { parts.append("distillation") }
        if model.registers > 0 { parts.append("\(model.registers) register\(model.registers == 1 ? "" : "s")") }
        guard !parts.isEmpty else { return "none" }
        return "\(model.prefixTokens): " + parts.joined(separator: ", ")
            + (model.positionCoversPrefix ? "" : ", without position embedding")
    }

    private var positionsTitle: String {
        let added = configuration.hasSinePositions
            ? "sines and cosines of rows and columns, added to the tokens" : hasPositions
                ? "added to the tokens" + (configuration.positionsKeepShape ? ", of a square as wide as the longer side" : "")
                    + (configuration.positionTables > 0 ? ", by column and row" : "") : ""
        guard let rotary = configuration.rotary else { return added }
        let kind =
            switch rotary.places {
            case _ where rotary.base == nil: "rotary, frequencies of every layer and head"
            case .centers: "rotary, by patches' centers in the picture, base \(rotary.base ?? 0)"
            case .indices:
                "rotary, by rows and columns, base \(rotary.base ?? 0)"
                    + (rotary.reference.map { ", as in a grid of \($0.height)×\($0.width)" } ?? "")
            }
        let own = rotary.turnsClassToken ? ", the class token's by angles of its own" : ""
        return (added.isEmpty ? kind : added + "; " + kind) + own + source(.positions)
    }

    private var headTitle: String {
        switch configuration.head {
        case .classToken: configuration.classTokens > 1 ? "mean of \(configuration.classTokens) class tokens" : "class token"
        case .classAndDistillation: "mean of the class and distillation heads"
        case _ where configuration.mergedSide > 1:
            (configuration.head == .none ? "none (features only): " : "")
                + "mean over squares of \(configuration.mergedSide)×\(configuration.mergedSide) patches, each made one"
        case .patchMean: "mean over the patches"
        case .classTokenAndPatchMean: "class token and mean over the patches"
        case .zeroShot:
            "cosine with text embeddings" + (configuration.attentionPool != nil
                ? ", of an attention pool" : configuration.readsPatchMean ? ", of the mean over the patches" : "")
        case .attentionPool: "attention pool of \(configuration.attentionPool?.heads ?? 0) heads"
        case .projectedMap: "mean over a map of patches joined with the class token"
        case .none: "none (features only)"
        }
    }

    /// Which rows of the blocks' attention stand for a class.
    private var classRowsTitle: String {
        switch configuration.head {
        case _ where configuration.attentionPool != nil:
            "the mean over the patches' rows; the pool's own row, after the last block: pool-attention, pool-getam"
        case _ where configuration.readsPatchMean: "the mean over the patches' rows"
        case .none where configuration.classTokens > 1: "the class tokens', with a head that reads their mean"
        case .none: "the class token's, with a head that reads it"
        case _: configuration.classTokens > 1 ? "the mean over the class tokens' rows" : "the class token's"
        }
    }

    private var activationTitle: String {
        let title =
            switch configuration.activation {
            case .gelu: "GELU"
            case .geluTanh: "GELU, tanh approximation"
            case .quickGELU: "quick GELU"
            case .silu: "SiLU"
            }
        return configuration.hasGate ? title + " of a gate" : title
    }

    private var preprocessingTitle: String {
        let input = configuration.preprocessing
        func list(_ values: [Float]) -> String { values.map { "\($0)" }.joined(separator: " ") }
        return
            "mean \(list(input.mean)), standard deviation \(list(input.standardDeviation))\(source(.preprocessing)), \(input.interpolation.rawValue)\(source(.interpolation))"
    }

    /// Where a setting was found, to stand behind it.
    private func source(_ setting: Setting) -> String { sources[setting.rawValue].map { " (\($0))" } ?? "" }

    private static func padded(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
