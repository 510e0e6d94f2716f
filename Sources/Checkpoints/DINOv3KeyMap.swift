extension KeyMap {
    /// Hugging Face DINOv3 as `save_pretrained` writes it.
    static let huggingFaceDINOv3 = dinov3(title: "Hugging Face DINOv3", blocks: "layer.")

    /// Hugging Face DINOv3 as transformers 5 names it in memory.
    static let huggingFaceDINOv3InMemory = dinov3(title: "Hugging Face DINOv3 (transformers 5 names)", blocks: "model.layer.")

    private static func dinov3(title: String, blocks: String) -> KeyMap {
        var map = huggingFaceLayers
        map.title = title
        map.signature = blocks + "0.layer_scale1.lambda1"
        map.required = ["embeddings.patch_embeddings.weight", blocks + "0.attention.o_proj.weight"]
        map.owners = nil
        map.defaults = .init(normEpsilon: 1e-5, resampling: .bicubic)
        map.patchEmbedding = "embeddings.patch_embeddings"
        map.blocks = blocks
        map.norm1 = "norm1"
        map.norm2 = "norm2"
        map.norm = "norm"
        map.scale1 = ["layer_scale1.lambda1"]
        map.scale2 = ["layer_scale2.lambda1"]
        map.expand = "mlp.up_proj"
        map.contract = "mlp.down_proj"
        map.gates = [.split(gate: "mlp.gate_proj", value: "mlp.up_proj", contract: "mlp.down_proj")]
        map.activationIsGates = true
        map.hasSingleBiases = true
        // Sapiens 2 has them in memory, and RMS norms.
        (map.queryNorm, map.keyNorm) = ("attention.q_norm", "attention.k_norm")
        map.rotary = .dinov3()
        map.ignorable.append("rope_embeddings.")
        return map
    }
}
