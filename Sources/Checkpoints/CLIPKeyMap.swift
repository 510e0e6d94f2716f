extension KeyMap {
    /// The visual tower of OpenAI's CLIP and of OpenCLIP's models that keep its names.
    static let clip = KeyMap(
        family: .clip,
        title: "CLIP (OpenAI and OpenCLIP names)",
        signature: "class_embedding",
        required: ["conv1.weight", "transformer.resblocks.0.ln_1.weight"],
        defaults: .init(
            normEpsilon: 1e-5, activation: .quickGELU, resampling: .bicubicAntialiased,
            preprocessing: ConfigurationHints.clip, preprocessingTitle: "CLIP's"),
        classToken: "class_embedding",
        distillationToken: "distillation_embedding",
        registers: [],
        positions: "positional_embedding",
        patchEmbedding: "conv1",
        blocks: "transformer.resblocks.",
        norm1: "ln_1",
        attention: .packed("attn.in_proj"),
        projection: "attn.out_proj",
        scale1: ["ls_1.gamma"],
        norm2: "ln_2",
        expand: "mlp.c_fc",
        contract: "mlp.c_proj",
        scale2: ["ls_2.gamma"],
        norm: "ln_post",
        pooledNorm: nil,
        heads: [],
        distillationHead: "",
        normPre: "ln_pre",
        embeddingProjection: "proj",
        logitScale: "logit_scale",
        ignorable: [])
}
