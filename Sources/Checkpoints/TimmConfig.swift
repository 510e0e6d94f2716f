import Files

/// Reads timm's `config.json`: architecture, `model_args`, `pretrained_cfg`, class names.
enum TimmConfig {
    /// Pieces of architecture names that stand for a computation the tensors' names do not give away.
    private static let unsupported: [(piece: String, title: String)] = [
        ("_rpn_", "its norms after the layers"),
    ]

    static func hints(_ config: JSONConfig) throws(FileError) -> ConfigurationHints {
        var hints = ConfigurationHints()
        let arguments = try config.object("model_args")
        // Files from before timm 0.9 keep the fields of pretrained_cfg at the top.
        let pretrained = try config.object("pretrained_cfg") ?? config

        hints.architecture = try firstText("architecture", in: [config, pretrained])?.value
        hints.weightTag = try pretrained.string("tag")
        if let architecture = hints.architecture, case .other(let name, let feature)? = Architecture.stated(architecture) {
            throw FileError(.invalid, path: config.path, "\"architecture\" \(name) has \(feature): not supported")
        }
        if let architecture = hints.architecture, Architecture.stated(architecture) == nil,
            let found = unsupported.first(where: { architecture.contains($0.piece) })
        {
            throw FileError(
                .invalid, path: config.path, "\"architecture\" \(architecture) has \(found.title): not supported")
        }
        if let stated = try firstText("global_pool", in: [arguments, config, pretrained]), stated.value == "map" {
            hints.poolsByAttention = .init(value: true, path: stated.path, name: stated.name)
        }
        if let arguments {
            hints.depth = try arguments.field("depth")
            hints.width = try arguments.field("embed_dim")
            hints.heads = try arguments.field("num_heads")
            hints.patch = arguments.field("patch_size", try arguments.size("patch_size"))
            hints.imageSize = arguments.field("img_size", try arguments.size("img_size"))
            hints.queryKeyValueBias = try arguments.bool("qkv_bias")
            hints.rotary = try rotary(arguments)
            hints.rotaryBase = arguments.field("rope_temperature", try arguments.positive("rope_temperature"))
            hints.positions = try FlexiblePositions(arguments)
            hints.poolHeads = try arguments.field("attn_pool_num_heads")
            hints.hasFinalNorm = try arguments.bool("final_norm")
            hints.normEpsilon = try normEpsilon(arguments)
            if let name = try arguments.string("act_layer") {
                guard let activation = ConfigurationHints.activation(named: name) else {
                    throw FileError(
                        .invalid, path: config.path,
                        "the activation \"\(name)\" (model_args.act_layer) is not supported")
                }
                hints.activation = arguments.field("act_layer", activation)
            }
            hints.gateIsLast = try gateIsLast(arguments)
            // Of a mean it says something else than what is read; the norms tell themselves.
            if hints.poolsByAttention != nil { hints.poolReadsPrefix = try arguments.bool("pool_include_prefix") }
            for key in hints.poolsByAttention != nil ? [] : ["pool_include_prefix"] where try arguments.bool(key) == true {
                throw FileError(.invalid, path: config.path, "model_args.\(key) is not supported")
            }
            // Of pools the tensors tell.
            for (key, usual) in [("block_fn", ""), ("attn_layer", "attn"), ("embed_norm_layer", ""), ("encoder_pool", "align merge")] {
                guard let value = arguments.value(key), value != .string("") else { continue }
                guard usual.split(separator: " ").contains(where: { value == .string(String($0)) }) else {
                    throw FileError(.invalid, path: config.path, "model_args.\(key) is not supported")
                }
            }
        }
        // As getam's own writer states it.
        if hints.normEpsilon == nil { hints.normEpsilon = config.field("norm_eps", try config.epsilon("norm_eps")) }
        if hints.heads == nil { hints.heads = try config.field("num_heads") }
        if hints.imageSize == nil { hints.imageSize = pretrained.field("input_size", try pretrained.size("input_size")) }
        hints.pooling = try pooling(arguments, config, pretrained)
        if let problem = try firstText("problem_type", in: [config, pretrained]) {
            let isMultiple = problem.value == "multi_label_classification"
            hints.probability = .init(value: isMultiple ? .sigmoid : .softmax, path: problem.path, name: problem.name)
        }
        hints.segmentation = try segmentation(config)
        hints.classNames = try classNames(config)
        if hints.classNames == nil { hints.classNames = try classNames(pretrained) }
        try readPreprocessing(pretrained, &hints)
        return hints
    }

    /// How a decoder of getam's own is asked.
    private static func segmentation(_ config: JSONConfig) throws(FileError) -> ModelConfiguration.Segmentation? {
        guard let object = try config.object("segmentation") else { return nil }
        var result = ModelConfiguration.Segmentation()
        if case .array(let values)? = object.value("scales") {
            for value in values {
                guard case .integer(let side) = value, (1...8192).contains(side) else {
                    throw object.malformed("scales", "a list of sides from 1 to 8192")
                }
                result.scales.append(side)
            }
        }
        result.flip = try object.bool("flip") ?? result.flip
        result.crf = try object.bool("crf") ?? result.crf
        switch object.value("gate") {
        case .integer(let gate)? where (0...100).contains(gate): result.gate = Double(gate)
        case .number(let gate)? where (0...100).contains(gate): result.gate = gate
        case nil: break
        default: throw object.malformed("gate", "a number from 0 to 100")
        }
        return result
    }

    /// What the blocks' norms add to a variance: said as such, or by a norm that timm calls by name.
    private static func normEpsilon(_ arguments: JSONConfig) throws(FileError) -> ConfigurationHints.Field<Float>? {
        if let stated = try arguments.epsilon("norm_eps") { return arguments.field("norm_eps", stated) }
        guard let name = try arguments.string("norm_layer"), !name.isEmpty else { return nil }
        switch name.replacing("_", with: "").lowercased() {
        case "layernorm": return arguments.field("norm_layer", 1e-6)
        case "layernormfp32": return arguments.field("norm_layer", 1e-6)
        default:
            throw FileError(
                .invalid, path: arguments.path, "the norm \"\(name)\" (model_args.norm_layer) is not supported; layernorm is")
        }
    }

    /// Whether the MLP's class, where it is named, is one that has its gate behind its value.
    private static func gateIsLast(_ arguments: JSONConfig) throws(FileError) -> Bool {
        guard let name = try arguments.string("mlp_layer"), !name.isEmpty else { return false }
        switch name.replacing("_", with: "").lowercased() {
        case "glumlp": return try arguments.bool("gate_last") ?? true
        case "mlp", "swiglu", "swiglupacked": return false
        default:
            throw FileError(
                .invalid, path: arguments.path,
                "the MLP \"\(name)\" (model_args.mlp_layer) is not supported; Mlp, GluMlp, SwiGLU and SwiGLUPacked are")
        }
    }

    /// The rotary position embedding that the arguments of timm's EVA describe; nil where they ask for none.
    private static func rotary(_ arguments: JSONConfig) throws(FileError) -> ConfigurationHints.Field<ModelConfiguration.Rotary>? {
        guard try arguments.bool("use_rot_pos_emb") == true else { return nil }
        let form = try arguments.string("rope_type") ?? "cat", base = try arguments.positive("rope_temperature") ?? 10000
        let columnsFirst = try arguments.string("rope_grid_indexing") == "xy", halves = try arguments.bool("rope_rotate_half") ?? false
        let offset = Float(try arguments.number("rope_grid_offset") ?? 0)
        var rotary: ModelConfiguration.Rotary
        switch form {
        case "cat":
            rotary = .axial(base: base, reference: nil, offset: offset, columnsFirst: columnsFirst)
            rotary.reference = try arguments.size("ref_feat_shape")
            rotary.pairsHalves = halves
        case "dinov3":
            rotary = .dinov3(base: base)
            (rotary.offset, rotary.columnsFirst, rotary.pairsHalves) = (offset, columnsFirst, halves)
        case "mixed": rotary = .mixed(columnsFirst: columnsFirst)
        default:
            throw FileError(
                .invalid, path: arguments.path, "the rotary position embedding \"\(form)\" (model_args.rope_type) is not supported")
        }
        return arguments.field("rope_type", rotary) ?? arguments.field("use_rot_pos_emb", rotary)
    }

    private static func firstText(
        _ key: String, in configs: [JSONConfig?]
    ) throws(FileError) -> ConfigurationHints.Field<String>? {
        for case let config? in configs {
            if let text = try config.string(key) { return config.field(key, text) }
        }
        return nil
    }

    private static func pooling(
        _ arguments: JSONConfig?, _ config: JSONConfig, _ pretrained: JSONConfig
    ) throws(FileError) -> ConfigurationHints.Field<ConfigurationHints.Pooling>? {
        guard let stated = try firstText("global_pool", in: [arguments, config, pretrained]) else { return nil }
        switch stated.value {
        case "token": return .init(value: .classToken, path: stated.path, name: stated.name)
        case "avg": return .init(value: .patchMean, path: stated.path, name: stated.name)
        case "": return nil
        // Their tensors tell.
        case "map", "merge", "align", "soft": return nil
        case let name:
            throw FileError(
                .invalid, path: config.path, "the pooling \"\(name)\" (global_pool) is not supported; token, avg and map are"
            )
        }
    }

    /// `label_names`, each put into words by `label_descriptions` where it has an entry.
    private static func classNames(_ config: JSONConfig) throws(FileError) -> ConfigurationHints.Field<[String?]>? {
        guard let names = try config.strings("label_names") else { return nil }
        guard let descriptions = try config.object("label_descriptions") else { return config.field("label_names", names) }
        var described: [String?] = []
        described.reserveCapacity(names.count)
        for name in names {
            let description = try descriptions.string(name)
            described.append(description ?? name)
        }
        return config.field("label_names", described)
    }

    private static func readPreprocessing(_ config: JSONConfig, _ hints: inout ConfigurationHints) throws(FileError) {
        if let share = try config.number("crop_pct"), share > 0, share <= 1 {
            hints.crop = config.field("crop_pct", .init(share: share, squashes: try config.string("crop_mode") == "squash"))
        }
        if let mean = try config.channelValues("mean"), let deviation = try config.channelValues("std", positive: true) {
            let stated = ModelConfiguration.Preprocessing(
                mean: mean, standardDeviation: deviation, interpolation: .bicubic)
            hints.preprocessing = config.field("mean", stated)
        }
        if let name = try config.string("interpolation") {
            let known = ModelConfiguration.Interpolation(rawValue: name)
            if known == nil { hints.notes.append("interpolation \"\(name)\" is not offered: bicubic is used") }
            hints.interpolation = config.field("interpolation", known ?? .bicubic)
        }
    }
}
