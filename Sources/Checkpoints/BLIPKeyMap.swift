extension KeyMap {
    /// The vision tower of BLIP and BLIP-2 as Hugging Face's transformers names it, with `vision_model.` before it or without. What
    /// stands for the picture is the class token, normed twice; where the model was made to find pictures by texts (`vision_proj`), once.
    static let huggingFaceBLIP: KeyMap = {
        var map = huggingFaceCLIP
        map.title = "BLIP (Hugging Face names)"
        map.signature = "encoder.layers.0.self_attn.qkv.weight"
        map.required = ["embeddings.class_embedding", "post_layernorm.weight"]
        map.defaults.activation = .gelu
        map.positions = "embeddings.position_embedding"
        map.attention = .fused("self_attn.qkv")
        map.projection = "self_attn.projection"
        map.onceNormedFor = "vision_proj"
        map.heads = []
        map.headReadsPatchesUnnormed = false
        map.normPre = nil
        map.embeddingProjection = .layer(["visual_projection", "vision_proj"])
        return map
    }()
}
