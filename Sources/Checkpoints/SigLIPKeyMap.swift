extension KeyMap {
    /// The vision tower of SigLIP and SigLIP 2 as Hugging Face's transformers names it, with `vision_model.` before it or without. A
    /// classifier reads the patches' mean; without one the attention pool gives the embedding. SigLIP 2 for pictures of any shape takes
    /// patches as rows of pixels.
    static let huggingFaceSigLIP: KeyMap = {
        var map = huggingFaceCLIP
        map.title = "SigLIP (Hugging Face names)"
        map.required = ["embeddings.patch_embedding.weight", "post_layernorm.weight", "encoder.layers.0.layer_norm1.weight"]
        map.defaults = .init(
            normEpsilon: 1e-6, activation: .geluTanh, resampling: .bicubic,
            usual: .init(preprocessing: ConfigurationHints.half, title: "0.5"))
        map.classToken = ""
        map.normPre = nil
        map.headReadsPatchesUnnormed = false
        map.embeddingProjection = nil
        map.logitBias = "logit_bias"
        map.hasLinearPatches = true
        map.attentionPool = .init(
            latent: "head.probe", attention: .packed("head.attention.in_proj"), projection: "head.attention.out_proj",
            mlp: .init(norm: "head.layernorm", expand: "head.mlp.fc1", contract: "head.mlp.fc2"), givesWayToHead: true)
        return map
    }()

    /// OpenCLIP's models with a tower of timm's: SigLIP, EVA-CLIP and others.
    static let openCLIPTimm = openCLIP(timm)

    /// The same with queries, keys and values apart.
    static let openCLIPTimmSeparate = openCLIP(timmSeparate)

    private static func openCLIP(_ tower: KeyMap) -> KeyMap {
        var map = tower
        map.family = .clip
        map.title = "OpenCLIP with timm's tower"
        map.prefixes = ["visual.trunk."]
        map.dialect = .openCLIP
        map.defaults.usual = .init(preprocessing: ConfigurationHints.clip, title: "CLIP's")
        map.heads = []
        map.embeddingProjection = .layer(["head", "head.proj"])
        map.logitScale = "logit_scale"
        map.logitBias = "logit_bias"
        return map
    }
}
