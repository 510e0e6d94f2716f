extension KeyMap {
    /// Google's ViT releases, as `google-research/vision_transformer` writes them.
    ///
    /// Flax's GELU is the tanh approximation unless told otherwise, and these models do not tell.
    static let flax = flax(
        title: "Flax (google-research/vision_transformer)", positions: "Transformer/posembed_input/pos_embedding",
        attention: "MultiHeadDotProductAttention_1", norm2: "LayerNorm_2", mlp: "MlpBlock_3")

    /// Google's `big_vision`.
    static let bigVision = flax(
        title: "Flax (big_vision)", positions: "pos_embedding", attention: "MultiHeadDotProductAttention_0",
        norm2: "LayerNorm_1", mlp: "MlpBlock_0")

    private static func flax(title: String, positions: String, attention: String, norm2: String, mlp: String) -> KeyMap {
        KeyMap(
            family: .flax,
            title: title,
            signature: "Transformer/encoderblock_0/\(attention)/query/kernel",
            style: .flax,
            defaults: .init(
                activation: .geluTanh, resampling: .bilinearAligned,
                usual: .init(preprocessing: ConfigurationHints.half, title: "0.5")),
            classToken: "cls",
            distillationToken: "",
            registers: [],
            positions: positions,
            patchEmbedding: "embedding",
            blocks: "Transformer/encoderblock_",
            norm1: "LayerNorm_0",
            attention: .separate(query: attention + "/query", key: attention + "/key", value: attention + "/value"),
            projection: attention + "/out",
            scale1: [],
            norm2: norm2,
            expand: mlp + "/Dense_0",
            contract: mlp + "/Dense_1",
            scale2: [],
            norm: "Transformer/encoder_norm",
            pooledNorm: nil,
            heads: ["head"],
            distillationHead: "",
            preLogits: ["pre_logits"],
            ignorable: [])
    }
}
