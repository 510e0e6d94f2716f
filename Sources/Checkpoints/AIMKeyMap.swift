extension KeyMap {
    /// The vision tower of AIMv2 as Hugging Face's transformers names it, with `vision_model.` before it or without: RMS norms, one of
    /// them behind the patch embedding, and a pool whose query is a token.
    static let huggingFaceAIM: KeyMap = {
        var map = huggingFaceCLIP
        map.title = "AIMv2 (Hugging Face names)"
        map.signature = "encoder.layers.0.rms_norm1.weight"
        map.required = ["embeddings.patch_embed.weight"]
        map.defaults = .init(
            normEpsilon: 1e-5, activation: .silu, resampling: .bicubic,
            usual: .init(preprocessing: ConfigurationHints.clip, title: "CLIP's"))
        map.classToken = ""
        map.patchEmbedding = "embeddings.patch_embed"
        map.patchNorm = "embeddings.rms_norm"
        map.hasRMSNorms = true
        map.normPre = nil
        map.norm1 = "rms_norm1"
        map.attention = .separate(query: "attention.q_proj", key: "attention.k_proj", value: "attention.v_proj")
        map.projection = "attention.out_proj"
        map.norm2 = "rms_norm2"
        map.gates = [.split(gate: "ffn.gate_proj", value: "ffn.up_proj", contract: "ffn.down_proj")]
        map.norm = "rms_norm"
        map.heads = []
        map.headReadsPatchesUnnormed = false
        map.attentionPool = .init(
            latent: "head.cls_token", attention: .rest(key: "head.k_proj", value: "head.v_proj"), projection: "head.output_proj")
        return map
    }()

    /// AIMv2 as Apple's own code names it: a trunk of blocks behind what makes tokens of the picture.
    static let aim: KeyMap = {
        var map = timm
        map.title = "AIMv2 (Apple's names)"
        map.signature = "trunk.blocks.0.norm_1.weight"
        map.required = ["preprocessor.patchifier.proj.weight"]
        map.dialect = .huggingFaceCLIP
        map.defaults = .init(
            normEpsilon: 1e-5, activation: .silu, resampling: .bicubicAntialiased,
            usual: .init(preprocessing: ConfigurationHints.clip, title: "CLIP's"))
        map.classToken = ""
        map.registers = []
        map.positions = "preprocessor.pos_embed"
        map.patchEmbedding = "preprocessor.patchifier.proj"
        map.patchNorm = "preprocessor.patchifier.norm"
        map.hasRMSNorms = true
        map.headWidth = 128
        map.normPre = nil
        map.blocks = "trunk.blocks."
        map.norm1 = "norm_1"
        map.norm2 = "norm_2"
        map.gates = [.split(gate: "mlp.fc1", value: "mlp.fc3", contract: "mlp.fc2")]
        map.norm = "trunk.post_trunk_norm"
        map.pooledNorm = nil
        map.attentionPool = nil
        return map
    }()
}
