import Files

/// Reads Hugging Face's `config.json` and `preprocessor_config.json`.
enum HuggingFaceConfig {
    /// The `model_type`s that compute what the tensors' names suggest.
    static let modelTypes = [
        "vit", "deit", "vit_msn", "dinov2", "dinov2_with_registers", "dinov3_vit", "vit_mae", "ijepa", "tipsv2_vision_model",
        "sapiens2", "mlcd", "mlcd_vision_model", "pixio", "flava_image_model", "vitpose", "vitpose_backbone",
    ]

    static let clipTypes = [
        "clip", "clip_vision_model", "siglip", "siglip_vision_model", "siglip2", "siglip2_vision_model", "metaclip_2",
        "metaclip_2_vision_model", "altclip", "altclip_vision_model", "chinese_clip", "chinese_clip_vision_model",
        "aimv2", "aimv2_vision_model", "clipseg", "clipseg_vision_model", "owlvit", "owlvit_vision_model", "owlv2", "owlv2_vision_model",
        "blip", "blip_vision_model", "blip-2", "blip_2_vision_model", "tipsv2", "tipsv2_vision_model", "flava", "flava_image_model",
    ]

    static func hints(_ config: JSONConfig) throws(FileError) -> ConfigurationHints {
        var hints = ConfigurationHints()
        let type = try config.string("model_type")
        if let type, !modelTypes.contains(type) {
            throw FileError(.invalid, path: config.path, UnsupportedKind.modelType(type))
        }
        let backbone = try config.object("backbone_config")
        try readSizes(backbone ?? config, &hints)
        if type == "vitpose" {
            // What is as the class has it is left out.
            func usual<Value>(_ value: Value) -> ConfigurationHints.Field<Value> {
                .init(value: value, path: config.path, name: "backbone_config, where 12 heads and 256×192 pixels need no mention")
            }
            hints.heads = hints.heads ?? usual(12)
            hints.imageSize = hints.imageSize ?? usual(.init(height: 256, width: 192))
            hints.notes.append("the head that predicts poses is not read: there are the backbone's features alone")
        }
        try readHead(config, type, &hints)
        hints.queryKeyValueBias = try (backbone ?? config).bool("qkv_bias")
        hints.lacksClassToken = type == "ijepa"
        for part in [config, try config.object("rope_parameters")] where hints.rotaryBase == nil {
            hints.rotaryBase = part?.field("rope_theta", try part?.positive("rope_theta"))
        }
        let ofImageNet = ["deit", "vit_mae", "ijepa", "sapiens2", "pixio", "vitpose", "vitpose_backbone"]
        if let type, ofImageNet.contains(type) || type.hasPrefix("dinov") {
            hints.usual = .init(preprocessing: ConfigurationHints.imageNet, title: "ImageNet's")
        } else if type == "flava_image_model" {
            hints.usual = .init(preprocessing: ConfigurationHints.clip, title: "CLIP's")
        }
        return hints
    }

    /// A CLIP's: its vision tower's settings lie in `vision_config`, or at the top where the file is of the tower alone.
    static func clipHints(_ config: JSONConfig) throws(FileError) -> ConfigurationHints {
        var hints = ConfigurationHints()
        var vision = try config.object("vision_config")
        if vision == nil { vision = try config.object("image_config") }
        var type = try config.string("model_type")
        if let part = try vision?.string("model_type") { type = part }
        if let type, !clipTypes.contains(type) {
            throw FileError(.invalid, path: config.path, UnsupportedKind.modelType(type))
        }
        hints.hasSinePositions = try (vision ?? config).bool("is_native") == true
        try readSizes(vision ?? config, &hints)
        // Of a part, transformers 4 leaves out what is as the class has it.
        if vision != nil {
            let isBLIP2 = type?.hasPrefix("blip_2") == true || type?.hasPrefix("blip-2") == true
            func usual<Value>(_ value: Value, _ title: String) -> ConfigurationHints.Field<Value> {
                .init(value: value, path: config.path, name: "vision_config, where \(title) no mention")
            }
            let heads = type?.hasPrefix("aimv2") == true ? 8 : isBLIP2 ? 16 : 12
            if hints.heads == nil { hints.heads = usual(heads, "\(heads) heads need") }
            if isBLIP2, hints.normEpsilon == nil { hints.normEpsilon = usual(1e-6, "an epsilon of 1e-06 needs") }
        }
        if try vision?.bool("use_swiglu_ffn") == true { hints.activation = vision?.field("use_swiglu_ffn", .silu) }
        hints.temperature = config.field("temperature_init_value", try config.positive("temperature_init_value"))
        try readHead(config, type, &hints)
        hints.usual = type?.hasPrefix("siglip") == true || type?.hasPrefix("tips") == true ? nil : .init(preprocessing: ConfigurationHints.clip, title: "CLIP's")
        return hints
    }

    private static func readSizes(_ config: JSONConfig, _ hints: inout ConfigurationHints) throws(FileError) {
        hints.depth = try config.field("num_hidden_layers")
        hints.width = try config.field("hidden_size")
        hints.heads = try config.field("num_attention_heads")
        hints.hiddenWidth = try config.field("intermediate_size")
        hints.patch = config.field("patch_size", try config.size("patch_size"))
        hints.imageSize = config.field("image_size", try config.size("image_size"))
        for key in ["layer_norm_eps", "rms_norm_eps"] where hints.normEpsilon == nil {
            hints.normEpsilon = config.field(key, try config.epsilon(key))
        }
        if let name = try config.string("hidden_act") {
            guard let activation = ConfigurationHints.activation(named: name) else {
                throw FileError(
                    .invalid, path: config.path, "the activation \"\(name)\" (\(config.qualified("hidden_act"))) is not supported")
            }
            hints.activation = config.field("hidden_act", activation)
        }
    }

    private static func readHead(
        _ config: JSONConfig, _ type: String?, _ hints: inout ConfigurationHints
    ) throws(FileError) {
        let architectures = try config.strings("architectures")
        hints.architecture = architectures?.first ?? type
        if let problem = try config.string("problem_type") {
            hints.probability = config.field(
                "problem_type", problem == "multi_label_classification" ? .sigmoid : .softmax)
        }
        hints.classNames = config.field("id2label", try classNames(config))
    }

    /// `id2label`: index in decimal → name.
    private static func classNames(_ config: JSONConfig) throws(FileError) -> [String?]? {
        guard let labels = try config.object("id2label") else { return nil }
        var named: [(index: Int, name: String)] = []
        for key in labels.keys {
            guard let index = Int(key), (0..<1_000_000).contains(index), let name = try labels.string(key) else {
                throw config.malformed("id2label", "an object of class numbers and names")
            }
            named.append((index, name))
        }
        var names = [String?](repeating: nil, count: (named.map(\.index).max() ?? -1) + 1)
        for (index, name) in named { names[index] = name }
        return names
    }

    /// Adds what `preprocessor_config.json` says; nothing when it gives neither mean nor standard deviation.
    static func readPreprocessing(_ config: JSONConfig, _ hints: inout ConfigurationHints) throws(FileError) {
        var mean: [Float]
        var deviation: [Float]
        let isRaw = try config.bool("do_normalize") == false
        if isRaw {
            mean = [0, 0, 0]
            deviation = [1, 1, 1]
        } else {
            guard let statedMean = try config.channelValues("image_mean"),
                let statedDeviation = try config.channelValues("image_std", positive: true)
            else { return }
            mean = statedMean
            deviation = statedDeviation
        }
        // The statistics apply to byte·factor; here they are kept for byte/255.
        let statedFactor = try config.number("rescale_factor")
        let factor = try config.bool("do_rescale") == false ? 1 : statedFactor ?? 1 / 255
        guard factor > 0, factor.isFinite else { throw config.malformed("rescale_factor", "a number above 0") }
        if abs(factor * 255 - 1) > 1e-6 {
            mean = mean.map { Float(Double($0) / (255 * factor)) }
            deviation = deviation.map { Float(Double($0) / (255 * factor)) }
        }
        let interpolation = try interpolation(config, notes: &hints.notes)
        hints.preprocessing = config.field(
            isRaw ? "do_normalize" : "image_mean",
            .init(mean: mean, standardDeviation: deviation, interpolation: interpolation))
        hints.interpolation = config.value("resample").flatMap { _ in config.field("resample", interpolation) }
    }

    private static func interpolation(
        _ config: JSONConfig, notes: inout [String]
    ) throws(FileError) -> ModelConfiguration.Interpolation {
        switch config.value("resample") {
        case nil, .integer(2): return .bilinear
        case .integer(0): return .nearest
        case .integer(3): return .bicubic
        case .integer(let number) where [1, 4, 5].contains(number):
            notes.append("resample \(number) is not offered: bicubic is used")
            return .bicubic
        case .string(let name)?:
            guard let known = ModelConfiguration.Interpolation(rawValue: name) else {
                throw config.malformed("resample", "nearest, bilinear or bicubic")
            }
            return known
        default: throw config.malformed("resample", "a whole number from 0 to 5")
        }
    }
}
