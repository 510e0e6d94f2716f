extension KeyMap {
    /// The visual tower of OpenAI's CLIP and of OpenCLIP's models that keep its names.
    static let clip = KeyMap(
        family: .clip,
        title: "CLIP (OpenAI and OpenCLIP names)",
        signature: "class_embedding",
        required: ["conv1.weight", "transformer.resblocks.0.ln_1.weight"],
        dialect: .openCLIP,
        defaults: .init(
            normEpsilon: 1e-5, activation: .quickGELU, resampling: .bicubicAntialiased,
            usual: .init(preprocessing: ConfigurationHints.clip, title: "CLIP's")),
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
        isUnclearWithoutNormPre: true,
        embeddingProjection: .matrix("proj"),
        logitScale: "logit_scale",
        ignorable: [])

    /// CoCa's vision tower in OpenCLIP: queries attend to all tokens after the last block, and the first of them stands for the picture;
    /// the others are read by the decoder that writes captions.
    static let coca: KeyMap = {
        var map = clip
        map.title = "CoCa (OpenCLIP names)"
        map.required += ["attn_pool.query"]
        map.norm = "attn_pool.ln_k"
        map.pooledNorm = "ln_post"
        map.attentionPool = .init(
            latent: "attn_pool.query", latentNorm: "attn_pool.ln_q", attention: .packed("attn_pool.attn.in_proj"),
            projection: "attn_pool.attn.out_proj", heads: 8, readsPrefix: true)
        return map
    }()

    /// The vision tower of CLIP as Hugging Face's transformers names it, with `vision_model.` before it or without.
    static let huggingFaceCLIP = KeyMap(
        family: .clip,
        title: "CLIP (Hugging Face names)",
        signature: "encoder.layers.0.self_attn.q_proj.weight",
        required: ["embeddings.class_embedding", "pre_layrnorm.weight"],
        dialect: .huggingFaceCLIP,
        defaults: .init(
            normEpsilon: 1e-5, activation: .quickGELU, resampling: .bicubic,
            usual: .init(preprocessing: ConfigurationHints.clip, title: "CLIP's")),
        classToken: "embeddings.class_embedding",
        distillationToken: "",
        registers: [],
        positions: "embeddings.position_embedding.weight",
        patchEmbedding: "embeddings.patch_embedding",
        blocks: "encoder.layers.",
        norm1: "layer_norm1",
        attention: .separate(query: "self_attn.q_proj", key: "self_attn.k_proj", value: "self_attn.v_proj"),
        projection: "self_attn.out_proj",
        scale1: [],
        norm2: "layer_norm2",
        expand: "mlp.fc1",
        contract: "mlp.fc2",
        scale2: [],
        norm: "post_layernorm",
        pooledNorm: nil,
        heads: ["classifier"],
        distillationHead: "",
        headReadsPatchesUnnormed: true,
        normPre: "pre_layrnorm",
        embeddingProjection: .layer(["visual_projection"]),
        logitScale: "logit_scale",
        ignorable: ["embeddings.position_ids"])

    /// The same as transformers 5 writes AltCLIP: the names of its text tower's blocks are the vision tower's, too.
    static let huggingFaceAltCLIP: KeyMap = {
        var map = huggingFaceCLIP
        map.title = "AltCLIP (Hugging Face names)"
        map.signature = "encoder.layer.0.self_attn.q_proj.weight"
        map.blocks = "encoder.layer."
        return map
    }()
    /// The same as OWL-ViT and OWLv2 have it, the norm before its blocks spelled right.
    static let huggingFaceOWL: KeyMap = {
        var map = huggingFaceCLIP
        map.title = "OWL-ViT (Hugging Face names)"
        map.required = ["embeddings.class_embedding", "pre_layernorm.weight"]
        map.normPre = "pre_layernorm"
        return map
    }()
}
