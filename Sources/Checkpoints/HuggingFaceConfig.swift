import Files

/// Reads Hugging Face's `config.json` and `preprocessor_config.json`.
enum HuggingFaceConfig {
    /// The `model_type`s that compute what the tensors' names suggest.
    private static let modelTypes = ["vit", "deit", "vit_msn", "dinov2", "dinov2_with_registers"]

    static func hints(_ config: JSONConfig) throws(FileError) -> ConfigurationHints {
        var hints = ConfigurationHints()
        let type = try config.string("model_type")
        if let type, !modelTypes.contains(type) {
            throw FileError(
                .invalid, path: config.path,
                "\"model_type\" \(type) is not supported; \(modelTypes.joined(separator: ", ")) are")
        }
        let architectures = try config.strings("architectures")
        hints.architecture = architectures?.first ?? type
        hints.depth = try field(config, "num_hidden_layers")
        hints.width = try field(config, "hidden_size")
        hints.heads = try field(config, "num_attention_heads")
        hints.hiddenWidth = try field(config, "intermediate_size")
        if let patch = try config.size("patch_size") {
            hints.patch = .init(value: patch, path: config.path, name: "patch_size")
        }
        hints.imageSize = try config.size("image_size")
        hints.queryKeyValueBias = try config.bool("qkv_bias")
        if let name = try config.string("hidden_act") {
            guard let activation = ConfigurationHints.activation(named: name) else {
                throw FileError(.invalid, path: config.path, "the activation \"\(name)\" (hidden_act) is not supported")
            }
            hints.activation = activation
        }
        hints.normEpsilon = try config.epsilon("layer_norm_eps")
        if try config.string("problem_type") == "multi_label_classification" { hints.probability = .sigmoid }
        hints.classNames = try classNames(config)
        if let type, type == "deit" || type.hasPrefix("dinov2") { hints.preprocessing = ConfigurationHints.imageNet }
        return hints
    }

    private static func field(_ config: JSONConfig, _ key: String) throws(FileError) -> ConfigurationHints.Field<Int>? {
        try config.integer(key).map { .init(value: $0, path: config.path, name: config.qualified(key)) }
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

    /// What `preprocessor_config.json` says; nil when it gives neither mean nor standard deviation.
    static func preprocessing(
        _ config: JSONConfig, notes: inout [String]
    ) throws(FileError) -> ModelConfiguration.Preprocessing? {
        var mean: [Float]
        var deviation: [Float]
        if try config.bool("do_normalize") == false {
            mean = [0, 0, 0]
            deviation = [1, 1, 1]
        } else {
            guard let statedMean = try config.channelValues("image_mean"),
                let statedDeviation = try config.channelValues("image_std", positive: true)
            else { return nil }
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
        return .init(mean: mean, standardDeviation: deviation, interpolation: try interpolation(config, notes: &notes))
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
