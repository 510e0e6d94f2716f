extension KeyMap {
    /// Hugging Face ViT and DeiT as `save_pretrained` writes them.
    static let huggingFaceLayer = huggingFace(
        title: "Hugging Face",
        signature: "encoder.layer.0.attention.attention.query.weight",
        blocks: "encoder.layer.",
        attention: .separate(
            query: "attention.attention.query", key: "attention.attention.key", value: "attention.attention.value"),
        projection: "attention.output.dense", expand: "intermediate.dense", contract: "output.dense")

    /// Hugging Face ViT and DeiT as transformers 5 names them in memory.
    static let huggingFaceLayers = huggingFace(
        title: "Hugging Face (transformers 5 names)",
        signature: "layers.0.attention.q_proj.weight",
        blocks: "layers.",
        attention: .separate(query: "attention.q_proj", key: "attention.k_proj", value: "attention.v_proj"),
        projection: "attention.o_proj", expand: "mlp.fc1", contract: "mlp.fc2")

    private static func huggingFace(
        title: String, signature: String, blocks: String, attention: Attention, projection: String, expand: String,
        contract: String
    ) -> KeyMap {
        KeyMap(
            family: .huggingFace,
            title: title,
            signature: signature,
            classToken: "embeddings.cls_token",
            distillationToken: "embeddings.distillation_token",
            registers: ["embeddings.register_tokens"],
            positions: "embeddings.position_embeddings",
            patchEmbedding: "embeddings.patch_embeddings.projection",
            blocks: blocks,
            norm1: "layernorm_before",
            attention: attention,
            projection: projection,
            scale1: [],
            norm2: "layernorm_after",
            expand: expand,
            contract: contract,
            scale2: [],
            norm: "layernorm",
            pooledNorm: nil,
            heads: ["classifier", "cls_classifier"],
            distillationHead: "distillation_classifier",
            ignorable: ["pooler.", "embeddings.mask_token", "embeddings.position_ids"])
    }
}
