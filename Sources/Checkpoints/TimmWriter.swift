import Files
import Tensors

/// A model as timm keeps it: tensors under timm's names, and `config.json`.
///
/// Patch heads and a light decoder follow under their own names, which timm leaves unread with `pretrained_strict=False`. What timm has no names for otherwise
/// cannot be written: a stem, a published decoder, a head that reads a map, text embeddings, a pre-logits
/// layer.
public struct TimmWriter: CheckpointWriter {
    private let parameters: ParameterSet
    private var configuration: ModelConfiguration { parameters.configuration }

    /// - Throws: `FileError` that says what stands in the way; `path` is the model's, for the message.
    public init(_ parameters: ParameterSet, path: String) throws(FileError) {
        self.parameters = parameters
        let obstacle: String? =
            if parameters.stem != nil { "a convolutional stem" }
            else if parameters.readout != nil { "a head that reads a map" }
            else if parameters.attentionPool != nil { "a head that pools by attention" }
            else if parameters.merger != nil { "patches merged before the head" }
            else if parameters.projection != nil || parameters.configuration.head == .zeroShot { "a head of text embeddings" }
            else if parameters.configuration.hasSinePositions { "positions that are made for every grid" }
            else if parameters.configuration.rotary != nil || !parameters.hasPositions { "a rotary position embedding" }
            else if parameters.configuration.positionsKeepShape { "positions that keep the picture's shape" }
            else if parameters.configuration.hasAttentionNorm { "a norm inside the attention" }
            else if parameters.configuration.hasHiddenNorm { "a norm inside the MLP" }
            else if parameters.configuration.hasPatchNorm { "a norm of the patches" }
            else if parameters.configuration.normsOutputs { "its norms after the layers" }
            else if parameters.norm != nil, parameters.pooledNorm != nil, !parameters.configuration.poolsPatches { "its final norm twice" }
            else if parameters.configuration.patchOffset != 0 { "patches that are read beside their places" }
            else if let kind = parameters.configuration.parameterObstacle { kind }
            else if parameters.configuration.normKind != .layer { "RMS norms" }
            else if parameters.configuration.classTokens > 1 { "several class tokens" }
            else if parameters.preLogits != nil { "a pre-logits layer" }
            else if parameters.configuration.head == .classTokenAndPatchMean { "a head on class token and patch mean" }
            else { nil }
        if let obstacle { throw FileError(.invalid, path: path, "has \(obstacle), which cannot be written under timm's names") }
    }

    public func add(to encoder: inout SafetensorsEncoder, as element: SafetensorsEncoder.Element) {
        let width = configuration.width
        var token = 0
        func putTokens(_ name: String, _ count: Int) {
            guard count > 0 else { return }
            encoder.put(name, [1, count, width], [parameters.prefix.rows(token..<token + count)], as: element)
            token += count
        }
        putTokens("cls_token", configuration.hasClassToken ? 1 : 0)
        putTokens("dist_token", configuration.hasDistillationToken ? 1 : 0)
        putTokens("reg_token", configuration.registers)
        encoder.put("pos_embed", [1] + parameters.positions.shape, [parameters.positions], as: element)
        let patch = configuration.patch
        encoder.put(
            "patch_embed.proj.weight", [width, configuration.channels, patch.height, patch.width],
            [parameters.patchEmbedding.weight], as: element)
        if let bias = parameters.patchEmbedding.bias { encoder.put("patch_embed.proj.bias", bias.shape, [bias], as: element) }
        encoder.put("norm_pre", parameters.normBefore, as: element)
        encoder.putBlocks("blocks.", parameters.blocks, width: width, as: element)
        encoder.put("norm", parameters.norm, as: element)
        encoder.put("fc_norm", parameters.pooledNorm, as: element)
        encoder.put("head", parameters.head, as: element)
        encoder.put("head_dist", parameters.distillationHead, as: element)
        encoder.put(parameters.patchHeads, as: element)
        if let decoder = parameters.lightDecoder { encoder.put(decoder, as: element) }
    }

    /// `config.json` as timm's hub models have it, with class names and how logits become probabilities.
    public var config: String {
        let (patch, size) = (configuration.patch, configuration.inputSize)
        func square(_ size: ModelConfiguration.Size) -> JSONValue {
            size.height == size.width ? .integer(size.height) : .array([.integer(size.height), .integer(size.width)])
        }
        let pools = configuration.head == .patchMean
        var arguments: [String: JSONValue] = [
            "img_size": square(size), "patch_size": square(patch), "embed_dim": .integer(configuration.width),
            "depth": .integer(configuration.depth), "num_heads": .integer(configuration.heads),
            "mlp_ratio": .number(Double(configuration.hiddenWidth) / Double(configuration.width)),
            "qkv_bias": .bool(parameters.blocks.first?.query.bias != nil || parameters.blocks.first?.value.bias != nil),
        ]
        if !configuration.hasDistillationToken {
            arguments["class_token"] = .bool(configuration.hasClassToken)
            arguments["no_embed_class"] = .bool(!configuration.positionCoversPrefix)
            arguments["pre_norm"] = .bool(configuration.hasNormBefore)
            arguments["fc_norm"] = .bool(parameters.pooledNorm != nil)
            arguments["reg_tokens"] = .integer(configuration.registers)
        }
        if parameters.norm == nil, parameters.pooledNorm == nil { arguments["final_norm"] = .bool(false) }
        if configuration.hasLayerScale { arguments["init_values"] = .number(1e-5) }
        if configuration.hasQueryKeyNorm { arguments["qk_norm"] = .bool(true) }
        switch configuration.activation {
        case .gelu: break
        case .geluTanh: arguments["act_layer"] = .string("gelu_tanh")
        case .quickGELU: arguments["act_layer"] = .string("quick_gelu")
        case .silu: arguments["act_layer"] = .string("silu")
        }
        let preprocessing = configuration.preprocessing
        var members: [String: JSONValue] = [
            "architecture": .string(architecture), "num_classes": .integer(configuration.classCount),
            "num_features": .integer(configuration.width), "global_pool": .string(pools ? "avg" : "token"),
            "model_args": .object(arguments),
            "norm_eps": .number(Double("\(configuration.normEpsilon)") ?? 1e-6),
            "label_names": .array(configuration.classNames.map { .string($0) }),
            "pretrained_cfg": .object([
                "input_size": .array([.integer(configuration.channels), .integer(size.height), .integer(size.width)]),
                "interpolation": .string(preprocessing.interpolation.rawValue), "mean": .numbers(preprocessing.mean),
                "std": .numbers(preprocessing.standardDeviation), "num_classes": .integer(configuration.classCount),
                "crop_pct": configuration.crop.map { $0.share < 1 ? .number($0.share) : .integer(1) } ?? .integer(1),
                "crop_mode": .string(configuration.crop?.squashes == true ? "squash" : "center"),
                "first_conv": .string("patch_embed.proj"), "classifier": classifier,
            ]),
        ]
        if let usual = configuration.segmentation {
            members["segmentation"] = .object([
                "scales": .array(usual.scales.map { .integer($0) }), "flip": .bool(usual.flip), "gate": .number(usual.gate),
                "crf": .bool(usual.crf),
            ])
        }
        if configuration.probability == .sigmoid { members["problem_type"] = .string("multi_label_classification") }
        return JSONValue.object(members).text(indented: true) + "\n"
    }

    /// The start model's own name where it is timm's, else one that takes the arguments.
    private var architecture: String {
        if configuration.family == .timm, let name = configuration.architecture, !name.hasPrefix("naflexvit") { return name }
        return configuration.hasDistillationToken ? "deit_base_distilled_patch16_224" : "vit_base_patch16_224"
    }

    private var classifier: JSONValue {
        configuration.hasDistillationToken ? .array([.string("head"), .string("head_dist")]) : .string("head")
    }
}
