import Files

/// Reads OpenCLIP's `open_clip_config.json`: `model_cfg` and `preprocess_cfg`.
enum OpenCLIPConfig {
    static func hints(_ config: JSONConfig) throws(FileError) -> ConfigurationHints {
        var hints = ConfigurationHints()
        let model = try config.object("model_cfg") ?? config
        if let vision = try model.object("vision_cfg") {
            if let tower = try vision.string("timm_model_name") { return try timmHints(config, vision, tower) }
            if let pool = try? vision.string("attentional_pool") {
                throw FileError(
                    .invalid, path: config.path,
                    "two attention pools (vision_cfg.attentional_pool \"\(pool)\") are not supported; one is")
            }
            let poolsByAttention = try vision.bool("attentional_pool") == true
            if poolsByAttention { hints.poolHeads = try vision.field("attn_pooler_heads") }
            switch try vision.string("pool_type") {
            case nil, "tok"?: break
            case "avg"?: hints.pooling = vision.field("pool_type", .patchMean)
            case let pool?:
                throw FileError(
                    .invalid, path: config.path, "the pooling \"\(pool)\" (vision_cfg.pool_type) is not supported; tok and avg are")
            }
            // What an attention pool gives has its norm after it, whatever is said; of its queries no mean is read.
            if poolsByAttention, let pooling = hints.pooling {
                throw FileError(.invalid, path: config.path, "the pooling \"avg\" (\(pooling.name)) of an attention pool is not supported")
            }
            hints.normsPooled = try vision.bool("final_ln_after_pool") == true && !poolsByAttention
            hints.depth = try vision.field("layers")
            hints.width = try vision.field("width")
            let headWidth = try vision.integer("head_width") ?? 64
            if let width = hints.width?.value, width.isMultiple(of: headWidth) {
                hints.heads = .init(value: width / headWidth, path: config.path, name: vision.qualified("head_width"))
            }
            hints.patch = vision.field("patch_size", try vision.size("patch_size"))
            hints.imageSize = vision.field("image_size", try vision.size("image_size"))
        }
        hints.activation = model.field("quick_gelu", try model.bool("quick_gelu") == true ? .quickGELU : .gelu)
        try readPreprocessing(config, &hints)
        return hints
    }

    /// Those of a tower of timm's, which `vision_cfg` names.
    private static func timmHints(_ config: JSONConfig, _ vision: JSONConfig, _ tower: String) throws(FileError) -> ConfigurationHints {
        var hints = ConfigurationHints()
        hints.timmTower = tower
        hints.imageSize = vision.field("image_size", try vision.size("image_size"))
        if let name = try vision.string("timm_proj"), !["none", "", "linear"].contains(name) {
            throw FileError(
                .invalid, path: config.path, "the projection \"\(name)\" (vision_cfg.timm_proj) is not supported; none and linear are")
        }
        // OpenCLIP's own default; null is the tower's.
        switch try vision.string("timm_pool") ?? (vision.keys.contains("timm_pool") ? nil : "avg") {
        case let pool? where ["abs_attn", "rot_attn"].contains(pool):
            throw FileError(.invalid, path: config.path, "the pooling \"\(pool)\" (vision_cfg.timm_pool) is not supported")
        case "avg"?: hints.pooling = vision.field("timm_pool", .patchMean)
        case "token"?: hints.pooling = vision.field("timm_pool", .classToken)
        // Others the tensors tell.
        case _: break
        }
        try readPreprocessing(config, &hints)
        return hints
    }

    private static func readPreprocessing(_ config: JSONConfig, _ hints: inout ConfigurationHints) throws(FileError) {
        if let stated = try config.object("preprocess_cfg"), let mean = try stated.channelValues("mean"),
            let deviation = try stated.channelValues("std", positive: true)
        {
            let interpolation = try stated.string("interpolation").flatMap(ModelConfiguration.Interpolation.init(rawValue:))
            hints.preprocessing = stated.field(
                "mean", .init(mean: mean, standardDeviation: deviation, interpolation: interpolation ?? .bicubic))
            hints.interpolation = stated.field("interpolation", interpolation)
        } else {
            hints.usual = .init(preprocessing: ConfigurationHints.clip, title: "CLIP's", isCertain: true)
        }
    }
}
