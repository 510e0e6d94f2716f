extension KeyMap {
    /// The vision tower of MLCD as Hugging Face's transformers names it, with `vision_model.` before it or without: CLIP's, but for a
    /// rotary position embedding, which turns the class token by angles of its own.
    static let huggingFaceMLCD: KeyMap = {
        var map = huggingFaceCLIP
        map.family = .huggingFace
        map.title = "MLCD (Hugging Face names)"
        map.required += ["class_pos_emb"]
        map.dialect = .huggingFace
        map.defaults = .init(
            normEpsilon: 1e-5, activation: .gelu, resampling: .bicubic,
            usual: .init(preprocessing: ConfigurationHints.clip, title: "CLIP's"))
        map.positions = ""
        map.rotary = .mlcd
        map.rotaryClassAngles = "class_pos_emb"
        map.headReadsPatchesUnnormed = false
        map.embeddingProjection = nil
        map.logitScale = nil
        return map
    }()
}
