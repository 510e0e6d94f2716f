extension KeyMap {
    /// torchvision's `VisionTransformer`.
    static let torchvision = KeyMap(
        family: .torchvision,
        title: "torchvision",
        signature: "encoder.layers.encoder_layer_0.ln_1.weight",
        defaults: .init(resampling: .bicubicAligned),
        classToken: "class_token",
        distillationToken: "dist_token",
        registers: [],
        positions: "encoder.pos_embedding",
        patchEmbedding: "conv_proj",
        blocks: "encoder.layers.encoder_layer_",
        norm1: "ln_1",
        attention: .packed("self_attention.in_proj"),
        projection: "self_attention.out_proj",
        scale1: [],
        norm2: "ln_2",
        expand: "mlp.0",
        contract: "mlp.3",
        scale2: [],
        norm: "encoder.ln",
        pooledNorm: nil,
        heads: ["heads.head", "heads"],
        distillationHead: "head_dist",
        mlpAlternatives: [("mlp.linear_1", "mlp.linear_2")],
        preLogits: ["heads.pre_logits"],
        ignorable: [])
}
