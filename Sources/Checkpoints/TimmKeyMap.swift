extension KeyMap {
    /// timm's `VisionTransformer`, and the original DeiT and DINO releases, which use the same names.
    ///
    /// `register_tokens` and `mask_token` are DINOv2's, `gamma_1`/`gamma_2` DeiT III's names for LayerScale.
    static let timm = KeyMap(
        family: .timm,
        title: "timm",
        signature: "blocks.0.attn.qkv.weight",
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
        ignorable: ["mask_token", "decoder_", "head.mlp.", "head.last_layer."])
}
