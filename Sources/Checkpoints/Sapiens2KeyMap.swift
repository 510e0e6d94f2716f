extension KeyMap {
    /// Sapiens 2 as its authors and transformers save it: DINOv3's tokens and rotary positions, RMS norms, in the larger ones keys and
    /// values that heads share.
    static let huggingFaceSapiens2: KeyMap = {
        var map = timm
        map.family = .huggingFace
        map.title = "Hugging Face Sapiens 2"
        map.signature = "blocks.0.attn.wq.weight"
        map.required = ["patch_embed.projection.weight"]
        map.dialect = .huggingFace
        map.defaults = .init(normEpsilon: 1e-6, activation: .silu, resampling: .bicubic)
        map.registers = ["storage_tokens"]
        map.patchEmbedding = "patch_embed.projection"
        (map.norm1, map.norm2, map.norm, map.pooledNorm, map.normPre) = ("ln1", "ln2", "ln1", nil, nil)
        map.attention = .separate(query: "attn.wq", key: "attn.wk", value: "attn.wv")
        (map.separateBiases, map.hasSingleBiases, map.hasRMSNorms) = (nil, true, true)
        map.scale1 = ["attn.gamma.weight"]
        map.scale2 = []
        map.gates = [.packed(expand: "ffn.w12", contract: "ffn.w3")]
        map.activationIsGates = true
        map.rotary = .dinov3()
        map.rotaryFrequencies = nil
        map.attentionPool = nil
        return map
    }()
}
