extension KeyMap {
    /// timm's classifiers of Gemma 4's vision tower. Their blocks have norms before and behind attention and MLP.
    static let gemma: KeyMap = {
        var map = gemmaEncoder
        map.title = "timm (Gemma 4)"
        map.prefixes = ["encoder."]
        map.standardization = nil
        map.hasPlainPooledNorm = true
        map.ignorable = ["std_bias", "std_scale"]
        return map
    }()

    /// timm's towers as a language model reads them, without a head: means of squares of patches, of which the mean is that of all patches.
    static let gemmaEncoder: KeyMap = {
        var map = timm
        map.title = "timm (Gemma 4's encoder)"
        map.signature = "blocks.0.attn.q_proj.linear.weight"
        map.required = ["patch_embed.position_embedding_table", "patch_embed.input_proj.weight"]
        map.gateActivation = .geluTanh
        map.defaults.usual = .init(preprocessing: ConfigurationHints.plain, title: "0 and 1")
        map.defaults.isGuess = false
        map.patchEmbedding = "patch_embed.input_proj"
        map.hasLinearPatches = true
        map.linearPatchesAreBare = true
        map.centersPixels = true
        map.positions = "patch_embed.position_embedding_table"
        map.positionsAreTables = true
        map.rotary = .gemma
        map.hasRMSNorms = true
        (map.norm1, map.norm2, map.outputNorms) = ("norm1", "norm3", ("norm2", "norm4"))
        map.attention = .separate(query: "attn.q_proj.linear", key: "attn.k_proj.linear", value: "attn.v_proj.linear")
        map.projection = "attn.o_proj.linear"
        map.normsValues = true
        map.scoreScale = 1
        map.bounds = [".input_min", ".input_max", ".output_min", ".output_max"]
        (map.expand, map.contract) = ("mlp.gate_proj.linear", "mlp.down_proj.linear")
        map.gates = [.split(gate: "mlp.gate_proj.linear", value: "mlp.up_proj.linear", contract: "mlp.down_proj.linear")]
        map.separateBiases = nil
        map.hasSingleBiases = true
        map.hasFinalNorm = false
        map.standardization = ("std_bias", "std_scale")
        return map
    }()
}
