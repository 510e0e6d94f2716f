extension KeyMap {
    /// timm's `VisionTransformer`, and the original DeiT and DINO releases, which use the same names.
    ///
    /// `gamma_1`/`gamma_2` are DeiT III's names for LayerScale.
    static let timm = KeyMap(
        family: .timm,
        title: "timm",
        signature: "blocks.0.attn.qkv.weight",
        defaults: .init(resampling: .bicubicAntialiased, isGuess: true),
        classToken: "cls_token",
        distillationToken: "dist_token",
        registers: ["reg_token", "register_tokens"],
        positions: "pos_embed",
        patchEmbedding: "patch_embed.proj",
        blocks: "blocks.",
        norm1: "norm1",
        attention: .fused("attn.qkv"),
        projection: "attn.proj",
        scale1: ["ls1.gamma", "gamma_1"],
        norm2: "norm2",
        expand: "mlp.fc1",
        contract: "mlp.fc2",
        scale2: ["ls2.gamma", "gamma_2"],
        norm: "norm",
        pooledNorm: "fc_norm",
        heads: ["head"],
        distillationHead: "head_dist",
        patchNorm: "patch_embed.norm",
        normPre: "norm_pre",
        separateBiases: ("attn.q_bias", "attn.k_bias", "attn.v_bias"),
        differential: "attn.",
        attentionNorm: "attn.norm",
        hiddenNorm: "mlp.norm",
        rotaryFrequencies: "rope.freqs",
        queryNorm: "attn.q_norm",
        keyNorm: "attn.k_norm",
        gates: [
            .split(gate: "mlp.fc1_g", value: "mlp.fc1_x", contract: "mlp.fc2"),
            .packed(expand: "mlp.w12", contract: "mlp.w3"),
            .split(gate: "mlp.w1", value: "mlp.w2", contract: "mlp.w3"),
        ],
        preLogits: ["pre_logits.fc"],
        attentionPool: .init(
            latent: "attn_pool.latent", attention: .queryAndRest("attn_pool.q", "attn_pool.kv"), projection: "attn_pool.proj",
            mlp: .init(norm: "attn_pool.norm", expand: "attn_pool.mlp.fc1", contract: "attn_pool.mlp.fc2")),
        ignorable: ["mask_token", "decoder_", "head.mlp.", "head.last_layer.", "dino_head.", "ibot_head."])

    /// timm's EVA-02 and its kin with queries, keys and values apart, of which keys have no bias.
    static let timmSeparate: KeyMap = {
        var map = timm
        map.signature = "blocks.0.attn.q_proj.weight"
        map.required = ["patch_embed.proj.weight"]
        map.attention = .separate(query: "attn.q_proj", key: "attn.k_proj", value: "attn.v_proj")
        map.separateBiases = nil
        map.hasSingleBiases = true
        return map
    }()

    /// timm's blocks of one norm, and attention and MLP that both read it (ViT-22B's).
    static let timmJoined: KeyMap = {
        var map = timm
        map.title = "timm (attention and MLP side by side)"
        map.signature = "blocks.0.in_proj.weight"
        map.defaults.isGuess = false
        map.required = ["blocks.0.in_norm.weight"]
        (map.norm1, map.norm2) = ("in_norm", "in_norm")
        map.attention = .joined("in_proj")
        (map.projection, map.expand, map.contract) = ("attn_out_proj", "in_proj", "mlp_out_proj")
        (map.scale1, map.scale2) = (["ls.gamma"], ["ls.gamma"])
        (map.queryNorm, map.keyNorm) = ("q_norm", "k_norm")
        (map.attentionNorm, map.hiddenNorm, map.separateBiases, map.gates) = (nil, nil, nil, [])
        map.differential = ""
        return map
    }()

    /// timm's blocks of several attentions side by side, and behind them several MLPs.
    static let timmSeveral: KeyMap = {
        var map = timm
        map.title = "timm (several attentions side by side)"
        map.signature = "blocks.0.attns.0.attn.qkv.weight"
        map.defaults.isGuess = false
        (map.severalAttentions, map.severalMLPs) = ("attns.", "ffns.")
        map.norm1 = "attns.0.norm"
        map.attention = .fused("attns.0.attn.qkv")
        map.projection = "attns.0.attn.proj"
        map.scale1 = ["attns.0.ls.gamma"]
        map.norm2 = "ffns.0.norm"
        (map.expand, map.contract) = ("ffns.0.mlp.fc1", "ffns.0.mlp.fc2")
        map.scale2 = ["ffns.0.ls.gamma"]
        (map.queryNorm, map.keyNorm, map.attentionNorm, map.hiddenNorm) = (nil, nil, nil, nil)
        (map.separateBiases, map.gates, map.differential) = (nil, [], nil)
        return map
    }()

    /// timm's NaFlexViT: patches are rows of pixels, positions a grid that the input need not have.
    static let timmNaFlex: KeyMap = {
        var map = timm
        map.title = "timm (NaFlexViT)"
        map.signature = "embeds.proj.weight"
        map.required = ["blocks.0.attn.qkv.weight"]
        map.classToken = "embeds.cls_token"
        map.registers = ["embeds.reg_token"]
        map.positions = "embeds.pos_embed"
        map.patchEmbedding = "embeds.proj"
        map.hasLinearPatches = true
        map.linearResampling = .bicubicAntialiased
        map.positionsAreGrid = true
        map.axisPositions = ("embeds.pos_embed_y", "embeds.pos_embed_x")
        return map
    }()

    /// timm's towers of Qwen3-VL that keep what merges their patches, whose norm is the last one of single patches.
    static let timmMerged: KeyMap = {
        var map = timm
        map.title = "timm (Qwen3-VL)"
        map.signature = "merger.norm.weight"
        map.required = ["blocks.0.attn.qkv.weight"]
        map.norm = "merger.norm"
        map.merger = .init(expand: "merger.fc1", contract: "merger.fc2")
        map.rotary = .axial(reference: nil, pairsHalves: true)
        map.defaults.resampling = .bilinearAligned
        map.defaults.activation = .geluTanh
        map.defaults.isGuess = false
        return map
    }()

    /// timm's towers of DeepSeek's vision models that keep the aligner, which merges their patches.
    static let timmAligned: KeyMap = {
        var map = timm
        map.title = "timm (DeepSeek)"
        map.signature = "aligner.fc1.weight"
        map.required = ["blocks.0.attn.qkv.weight"]
        map.merger = .init(expand: "aligner.fc1", contract: "aligner.fc2", hasChannelsFirst: true, fillsSquares: true)
        map.rotary = .axial(reference: nil, pairsHalves: true)
        map.hasRMSNorms = true
        map.defaults.isGuess = false
        return map
    }()

    /// Meta's DINOv3 releases: registers are called storage tokens, and the keys' bias is masked.
    static let dinov3: KeyMap = {
        var map = meta(title: "DINOv3 (Meta's names)", signature: "storage_tokens", required: ["blocks.0.attn.qkv.weight"])
        map.defaults.normEpsilon = 1e-5
        map.registers = ["storage_tokens"]
        map.biasMask = "attn.qkv.bias_mask"
        map.rotary = .dinov3()
        map.rotaryPeriods = "rope_embed.periods"
        map.ignorable += ["local_cls_norm.", "projectors."]
        return map
    }()

    /// Meta's DINOv2 releases: timm's names, a mask token, and a way of its own to resample positions.
    static let dinov2 = meta(title: "DINOv2 (Meta's names)", signature: "blocks.0.ls1.gamma", required: ["mask_token"])

    /// DINO's training checkpoints.
    static let dino = meta(
        title: "DINO (Meta's names)", signature: timm.signature, prefixes: ["teacher.", "student."])

    private static func meta(title: String, signature: String, required: [String] = [], prefixes: [String] = []) -> KeyMap {
        var map = timm
        map.title = title
        map.signature = signature
        map.required = required
        map.prefixes = prefixes
        map.defaults.isGuess = false
        map.defaults.resampling = .bicubicOffset
        map.defaults.resamplingWithRegisters = .bicubicAntialiased
        return map
    }
}
