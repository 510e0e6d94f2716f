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
        normPre: "norm_pre",
        queryNorm: "attn.q_norm",
        keyNorm: "attn.k_norm",
        gates: [
            .split(gate: "mlp.fc1_g", value: "mlp.fc1_x", contract: "mlp.fc2"),
            .packed(expand: "mlp.w12", contract: "mlp.w3"),
        ],
        preLogits: ["pre_logits.fc"],
        ignorable: ["mask_token", "decoder_", "head.mlp.", "head.last_layer.", "dino_head.", "ibot_head."])

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
