import Files
import Glibc
import Tensors

/// Reads the text tower of a checkpoint.
public enum TextTowerLoader {
    /// The most blocks a tower may have, and the most tokens of a context.
    private static let (maximumDepth, maximumContext) = (512, 4096)

    /// What a configuration says; what it leaves out is the library's default.
    struct Settings {
        var heads: Int?
        var normEpsilon: Float?
        var activation: ModelConfiguration.Activation?
        var isCausal: Bool?
        var pooling: TextTower.Pooling?
        var cleaning: String?
        /// Of a class token.
        var padding = 0
        var isMaskExact = false
    }

    /// - Parameter path: as of ``ModelLoader/load(path:head:)``.
    /// - Throws: `FileError` where the file has no text tower, is damaged, or has one that is not supported.
    public static func load(path: String) throws(FileError) -> TextTower {
        let (file, folder) = try ModelLoader.weights(path)
        let stored = file.hasSuffix(".json") ? try ShardedArchive(indexPath: file) : try ArchiveReader.open(path: file)
        let archive = TrainingArchive.unwrapped(stored, TensorNames(stored))
        guard let (names, prefix) = family(archive) else {
            throw FileError(
                .invalid, path: path, 
                "has no text tower, so that classes cannot be given in words: that takes a CLIP or SigLIP with both towers")
        }
        var collector = TensorCollector(archive, prefix: prefix, style: .torch)
        let isSigLIP = collector.hasLayer("head") || collector.hasBias("text_projection")
        let configPath = folder + (names.isHuggingFace ? "config.json" : "open_clip_config.json")
        let config = AtomicFile.exists(configPath) ? try JSONConfig(path: configPath) : nil
        let settings = try config.map { (config) throws(FileError) in
            names.isHuggingFace ? try huggingFace(config, isSigLIP: isSigLIP) : try openCLIP(config)
        }
        return try tower(names, archive, settings, isSigLIP: isSigLIP, &collector, file: file, folder: folder)
    }

    /// Whose names the archive has, and what stands before them.
    private static func family(_ archive: any TensorArchive) -> (TextTowerNames, prefix: String)? {
        for info in archive.tensors {
            for names in [TextTowerNames.huggingFace, .openCLIP] where info.name.hasSuffix(names.signature) {
                let prefix = String(info.name.dropLast(names.signature.count))
                guard prefix.isEmpty || prefix.hasSuffix("."), archive.info(named: prefix + names.positions) != nil,
                    archive.info(named: prefix + names.blocks + "0." + names.norm1 + ".weight") != nil
                else { continue }
                return (names, prefix)
            }
        }
        return nil
    }

    private static func tower(
        _ names: TextTowerNames, _ archive: any TensorArchive, _ settings: Settings?, isSigLIP: Bool, _ collector: inout TensorCollector,
        file: String, folder: String
    ) throws(FileError) -> TextTower {
        func invalid(_ reason: String) -> FileError { FileError(.invalid, path: file, reason) }
        guard let table = collector.info(names.tokens)?.shape, table.count == 2, table[0] > 0, (1...65536).contains(table[1]),
            let positions = collector.info(names.positions)?.shape, positions.count == 2, (1...maximumContext).contains(positions[0])
        else { throw invalid("has a text tower whose table of tokens or positions is no matrix") }
        let width = table[1]
        var notes: [String] = []
        var depth = 0
        while depth < maximumDepth, collector.hasLayer("\(names.blocks)\(depth).\(names.norm1)") { depth += 1 }
        let hidden = collector.info("\(names.blocks)0.\(names.expand).weight")?.shape.first ?? 0
        guard (1...1 << 20).contains(hidden) else { throw invalid("has a text tower whose MLP has \(hidden) numbers") }
        let heads = settings?.heads ?? max(1, width / 64)
        if settings == nil { notes.append("no configuration lies beside: the text tower has heads of 64, as CLIP's") }
        guard heads > 0, width.isMultiple(of: heads) else {
            throw invalid("has a text tower of width \(width), which \(heads) heads do not share evenly")
        }

        var blocks: [ParameterSet.Block] = []
        for index in 0..<depth { blocks.append(block(names, "\(names.blocks)\(index).", width: width, hidden: hidden, &collector)) }
        let norm = collector.norm(names.norm, width)
        let hasClassToken = collector.has("cls_emb")
        if hasClassToken, settings?.isCausal == false {
            throw invalid("has a text tower with a class token that is not causal: not supported")
        }
        if hasClassToken, positions[0] < 2 { throw invalid("has a text tower with a class token and \(positions[0]) positions") }
        let classToken = hasClassToken ? TextTower.ClassToken(
            embedding: collector.take("cls_emb", [width]), padding: settings?.padding ?? 0,
            isMaskExact: settings?.isMaskExact ?? false) : nil
        let tokens = collector.take(names.tokens, table), positionTable = collector.take(names.positions, [positions[0], width])
        let projection = try projection(names, archive, &collector, width: width, isSigLIP: isSigLIP)
        let scale = scalar("logit_scale", &collector).map(expf), bias = scalar("logit_bias", &collector)
        if let scale, !(scale.isFinite && scale > 0) { throw invalid("has a logit_scale whose exponential is \(scale)") }
        _ = try collector.finish(ignorable: names.others)
        for file in archive.mappings { try file.check() }
        let defaultActivation: ModelConfiguration.Activation =
            isSigLIP ? (names.isHuggingFace ? .geluTanh : .gelu)
            : names.isHuggingFace || settings == nil && !hasClassToken ? .quickGELU : .gelu
        return TextTower(
            width: width, heads: heads, normEpsilon: settings?.normEpsilon ?? (isSigLIP ? 1e-6 : 1e-5),
            activation: settings?.activation ?? defaultActivation, isCausal: settings?.isCausal ?? !isSigLIP,
            pooling: settings?.pooling ?? (isSigLIP ? .last : .largest), tokens: tokens, positions: positionTable,
            classToken: classToken, blocks: blocks, norm: norm,
            projection: projection, logitScale: scale, logitBias: bias,
            title: (isSigLIP ? "SigLIP" : hasClassToken ? "CoCa" : "CLIP") + " (\(names.title) names)",
            cleaning: settings?.cleaning, isHuggingFace: names.isHuggingFace, notes: notes, path: file, folder: folder,
            tensorNames: collector.used, sources: archive.mappings.map(ParameterSource.init))
    }

    private static func block(
        _ names: TextTowerNames, _ stem: String, width: Int, hidden: Int, _ collector: inout TensorCollector
    ) -> ParameterSet.Block {
        var parts: [ParameterSet.Linear]
        switch names.attention {
        case .packed(let name):
            let fused = collector.packed(stem + name, 3 * width, width, hasBias: true)
            // A request that failed left an empty tensor; finish() will throw.
            parts = fused.weight.shape[0] == 3 * width && fused.bias?.shape[0] == 3 * width
                ? (0..<3).map { (part: Int) in
                    let rows = part * width..<(part + 1) * width
                    return .init(weight: fused.weight.rows(rows), bias: fused.bias?.rows(rows))
                } : [fused, fused, fused]
        case .separate(let query, let key, let value):
            parts = []
            for name in [query, key, value] { parts.append(collector.linear(stem + name, width, width)) }
        }
        func scale(_ name: String?, _ collector: inout TensorCollector) -> Tensor? {
            guard let name, collector.has(stem + name) else { return nil }
            return collector.take(stem + name, [width])
        }
        let norm1 = collector.norm(stem + names.norm1, width), norm2 = collector.norm(stem + names.norm2, width)
        let projection = collector.linear(stem + names.projection, width, width)
        let expand = collector.linear(stem + names.expand, hidden, width), contract = collector.linear(stem + names.contract, width, hidden)
        return .init(
            norm1: norm1, query: parts[0], key: parts[1], value: parts[2], projection: projection, scale1: scale(names.scale1, &collector),
            norm2: norm2, expand: expand, contract: contract, scale2: scale(names.scale2, &collector))
    }

    private static func projection(
        _ names: TextTowerNames, _ archive: any TensorArchive, _ collector: inout TensorCollector, width: Int, isSigLIP: Bool
    ) throws(FileError) -> ParameterSet.Linear? {
        func rows(_ shape: [Int]?, _ name: String, _ index: Int) throws(FileError) -> Int {
            guard let shape, shape.count == 2, (1...65536).contains(shape[index]) else {
                throw FileError(.invalid, path: archive.path, "\(name) is \(shape ?? []), expected a matrix")
            }
            return shape[index]
        }
        // SigLIP's; Hugging Face keeps it in the tower, OpenCLIP as a layer.
        for name in ["head", "text_projection"] where collector.hasLayer(name) {
            let count = try rows(collector.info(name + ".weight")?.shape, name, 0)
            return collector.linear(name, count, width, hasBias: collector.hasBias(name))
        }
        if let full = collector.firstName(beside: ["text_projection.weight"], accept: { _, info in info.shape.count == 2 }) {
            return .init(weight: collector.take(fullName: full, [try rows(archive.info(named: full)?.shape, full, 0), width]), bias: nil)
        }
        guard let shape = collector.info("text_projection")?.shape else { return nil }
        let matrix = collector.take("text_projection", [width, try rows(shape, "text_projection", 1)])
        return .init(weight: matrix.shape.count == 2 ? matrix.transposed() : matrix, bias: nil)
    }

    private static func scalar(_ name: String, _ collector: inout TensorCollector) -> Float? {
        guard let full = collector.firstName(beside: [name], accept: { _, info in info.shape.allSatisfy { $0 == 1 } }) else { return nil }
        return collector.take(fullName: full, []).values.first
    }

    /// Hugging Face's `config.json`: `text_config`, or the whole where the file is of the tower alone.
    private static func huggingFace(_ config: JSONConfig, isSigLIP: Bool) throws(FileError) -> Settings {
        let text = try config.object("text_config") ?? config
        let type = try text.string("model_type")
        if let type, !["clip", "siglip", "metaclip", "owlv"].contains(where: { type.hasPrefix($0) }) {
            throw FileError(.invalid, path: config.path, "describes a text tower of the kind \"\(type)\", which is not supported")
        }
        var settings = Settings()
        // What is as the class has it may be left out.
        settings.heads = try text.integer("num_attention_heads") ?? (isSigLIP ? 12 : 8)
        settings.normEpsilon = try text.epsilon("layer_norm_eps")
        settings.activation = try activation(text, "hidden_act")
        // Files from before the number was right say 2, and mean the largest.
        let end = try text.integer("eos_token_id", from: 0) ?? 49407
        if !isSigLIP { settings.pooling = end == 2 || type?.hasPrefix("owlv") == true ? .largest : .end(end) }
        return settings
    }

    private static func activation(_ config: JSONConfig, _ key: String) throws(FileError) -> ModelConfiguration.Activation? {
        guard let name = try config.string(key) else { return nil }
        guard let activation = ConfigurationHints.activation(named: name) else {
            throw FileError(.invalid, path: config.path, "the activation \"\(name)\" (\(config.qualified(key))) is not supported")
        }
        return activation
    }

    /// OpenCLIP's `open_clip_config.json`: `model_cfg.text_cfg`.
    private static func openCLIP(_ config: JSONConfig) throws(FileError) -> Settings {
        let model = try config.object("model_cfg") ?? config
        var settings = Settings()
        settings.activation = try model.bool("quick_gelu") == true ? .quickGELU : .gelu
        guard let text = try model.object("text_cfg") else { return settings }
        func refuse(_ key: String) -> FileError { FileError(.invalid, path: config.path, "\(text.qualified(key)) is not supported") }
        if text.value("hf_model_name") != nil { throw refuse("hf_model_name") }
        let flags = [
            "final_ln_after_pool", "qk_norm", "scaled_cosine_attn", "scale_heads", "scale_attn_inner", 
            "scale_attn", "scale_fc",
                    ]
        for key in flags where try text.bool(key) == true { throw refuse(key) }
        settings.heads = try text.integer("heads") ?? 8
        settings.padding = try text.integer("pad_id", from: 0) ?? 0
        settings.isMaskExact = try text.bool("correct_cls_mask") == true
        settings.isCausal = try text.bool("no_causal_mask") != true
        settings.normEpsilon = try text.object("norm_kwargs")?.epsilon("eps")
        if settings.activation == .gelu, try text.object("act_kwargs")?.string("approximate") == "tanh" { settings.activation = .geluTanh }
        switch try text.string("pool_type") ?? "argmax" {
        case "first": settings.pooling = .first
        case "last": settings.pooling = .last
        case "argmax": settings.pooling = .largest
        case "eos": settings.pooling = .end(try text.integer("eos_id", from: 0) ?? 2)
        case let other: throw FileError(
            .invalid, path: config.path, "the pooling \"\(other)\" (\(text.qualified("pool_type"))) is not supported")
        }
        if text.value("hf_tokenizer_name") != nil {
            settings.cleaning = try text.object("tokenizer_kwargs")?.string("clean") ?? "whitespace"
        }
        return settings
    }
}
