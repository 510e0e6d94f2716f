extension KeyMap {
    /// The published GETAM model and its successor ACR: a timm ViT inside DPT's names.
    static let published = KeyMap(
        family: .published,
        title: "published GETAM",
        signature: "pretrained.model.blocks.0.attn.qkv.weight",
        defaults: .init(
            resampling: .bilinear,
            // Its own tools use the same numbers for every backbone, whatever that was trained with before.
            usual: .init(
                preprocessing: .init(
                    mean: ConfigurationHints.imageNet.mean,
                    standardDeviation: ConfigurationHints.imageNet.standardDeviation, interpolation: .bilinear),
                title: "ImageNet's", isCertain: true)),
        classToken: "pretrained.model.cls_token",
        distillationToken: "pretrained.model.dist_token",
        registers: [],
        positions: "pretrained.model.pos_embed",
        patchEmbedding: "pretrained.model.patch_embed.proj",
        blocks: "pretrained.model.blocks.",
        norm1: "norm1",
        attention: .fused("attn.qkv"),
        projection: "attn.proj",
        scale1: [],
        norm2: "norm2",
        expand: "mlp.fc1",
        contract: "mlp.fc2",
        scale2: [],
        norm: "pretrained.model.norm",
        pooledNorm: nil,
        heads: ["cls_head"],
        distillationHead: "pretrained.model.head_dist",
        // Trained for ImageNet and not read since: class logits come from a map, or from the bare class token.
        ignorable: [
            "pretrained.model.norm.", "pretrained.model.head.", "pretrained.model.head_dist.",
            "pretrained.model.bkg_token", "scratch.refinenet4.resConfUnit1.",
        ])
}
