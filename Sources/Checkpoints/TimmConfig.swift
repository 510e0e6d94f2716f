import Files

/// Reads timm's `config.json`: architecture, `model_args`, `pretrained_cfg`, class names.
enum TimmConfig {
    /// Pieces of architecture names that stand for a computation the tensors' names do not give away.
    private static let unsupported: [(piece: String, title: String)] = [
        ("_rpn_", "its norms after the layers"),
        ("_rope", "rotary position embedding"),
        ("vit_pe_", "rotary position embedding"),
    ]

    static func hints(_ config: JSONConfig) throws(FileError) -> ConfigurationHints {
        var hints = ConfigurationHints()
        let arguments = try config.object("model_args")
        // Files from before timm 0.9 keep the fields of pretrained_cfg at the top.
        let pretrained = try config.object("pretrained_cfg") ?? config

        hints.architecture = try config.string("architecture")
        if let architecture = hints.architecture,
            let found = unsupported.first(where: { architecture.contains($0.piece) })
        {
            throw FileError(
                .invalid, path: config.path, "\"architecture\" \(architecture) has \(found.title): not supported")
        }
        if let arguments {
            hints.depth = try field(arguments, "depth")
            hints.width = try field(arguments, "embed_dim")
            hints.heads = try field(arguments, "num_heads")
            if let patch = try arguments.size("patch_size") {
                hints.patch = .init(value: patch, path: config.path, name: "model_args.patch_size")
            }
            hints.queryKeyValueBias = try arguments.bool("qkv_bias")
            hints.normEpsilon = try arguments.epsilon("norm_eps")
            if let name = try arguments.string("act_layer") {
                guard let activation = ConfigurationHints.activation(named: name) else {
                    throw FileError(
                        .invalid, path: config.path,
                        "the activation \"\(name)\" (model_args.act_layer) is not supported")
                }
                hints.activation = activation
            }
            if try arguments.bool("pool_include_prefix") == true {
                throw FileError(.invalid, path: config.path, "model_args.pool_include_prefix is not supported")
            }
            if arguments.value("block_fn") != nil {
                throw FileError(.invalid, path: config.path, "model_args.block_fn is not supported")
            }
        }
        if hints.heads == nil { hints.heads = try field(config, "num_heads") }
        if hints.activation == nil, hints.architecture?.contains("quickgelu") == true { hints.activation = .quickGELU }
        hints.imageSize = try arguments?.size("img_size")
        if hints.imageSize == nil { hints.imageSize = try pretrained.size("input_size") }
        hints.pooling = try pooling(arguments, config, pretrained)
        if try firstText("problem_type", in: [config, pretrained]) == "multi_label_classification" {
            hints.probability = .sigmoid
        }
        hints.classNames = try classNames(config)
        if hints.classNames == nil { hints.classNames = try classNames(pretrained) }
        hints.preprocessing = try preprocessing(pretrained, notes: &hints.notes)
        return hints
    }

    private static func field(_ config: JSONConfig, _ key: String) throws(FileError) -> ConfigurationHints.Field<Int>? {
        try config.integer(key).map { .init(value: $0, path: config.path, name: config.qualified(key)) }
    }

    private static func firstText(_ key: String, in configs: [JSONConfig?]) throws(FileError) -> String? {
        for case let config? in configs {
            if let text = try config.string(key) { return text }
        }
        return nil
    }

    private static func pooling(
        _ arguments: JSONConfig?, _ config: JSONConfig, _ pretrained: JSONConfig
    ) throws(FileError) -> ConfigurationHints.Pooling? {
        guard let name = try firstText("global_pool", in: [arguments, config, pretrained]) else { return nil }
        switch name {
        case "token": return .classToken
        case "avg": return .patchMean
        case "": return nil
        default:
            throw FileError(
                .invalid, path: config.path, "the pooling \"\(name)\" (global_pool) is not supported; token and avg are"
            )
        }
    }

    /// `label_names`, each put into words by `label_descriptions` where it has an entry.
    private static func classNames(_ config: JSONConfig) throws(FileError) -> [String?]? {
        guard let names = try config.strings("label_names") else { return nil }
        guard let descriptions = try config.object("label_descriptions") else { return names }
        var described: [String?] = []
        described.reserveCapacity(names.count)
        for name in names {
            let description = try descriptions.string(name)
            described.append(description ?? name)
        }
        return described
    }

    private static func preprocessing(
        _ config: JSONConfig, notes: inout [String]
    ) throws(FileError) -> ModelConfiguration.Preprocessing? {
        guard let mean = try config.channelValues("mean"),
            let deviation = try config.channelValues("std", positive: true)
        else { return nil }
        var interpolation = ModelConfiguration.Interpolation.bicubic
        if let name = try config.string("interpolation") {
            if let known = ModelConfiguration.Interpolation(rawValue: name) {
                interpolation = known
            } else {
                notes.append("interpolation \"\(name)\" is not offered: bicubic is used")
            }
        }
        return .init(mean: mean, standardDeviation: deviation, interpolation: interpolation)
    }
}
