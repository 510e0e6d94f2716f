extension KeyMap {
    /// Hugging Face ViT and DeiT as `save_pretrained` writes them.
    static let huggingFaceLayer = huggingFace(
        title: "Hugging Face",
        signature: "encoder.layer.0.attention.attention.query.weight",
        blocks: "encoder.layer.",
        attention: .separate(
            query: "attention.attention.query", key: "attention.attention.key", value: "attention.attention.value"),
        projection: "attention.output.dense", expand: "intermediate.dense", contract: "output.dense")

    /// Hugging Face ViT and DeiT as transformers 5 names them in memory.
    static let huggingFaceLayers = huggingFace(
        title: "Hugging Face (transformers 5 names)",
        signature: "layers.0.attention.q_proj.weight",
        blocks: "layers.",
        attention: .separate(query: "attention.q_proj", key: "attention.k_proj", value: "attention.v_proj"),
        projection: "attention.o_proj", expand: "mlp.fc1", contract: "mlp.fc2")

    /// Pixio as `save_pretrained` writes it: eight class tokens. In memory it has the names of `huggingFaceLayers`.
    static let huggingFacePixio: KeyMap = {
        var map = huggingFaceLayer
        map.title = "Hugging Face Pixio"
        map.signature = "encoder.layer.0.norm1.weight"
        map.required = ["encoder.layer.0.attention.attention.query.weight", "encoder.layer.0.intermediate.dense.weight"]
        map.owners = nil
        map.defaults = .init(resampling: .bicubic)
        map.norm1 = "norm1"
        map.norm2 = "norm2"
        return map
    }()

    /// ViT-MSN with a classifier as transformers 5's `save_pretrained` writes it: of all names only the blocks' lose `vit.`.
    static let huggingFaceMSN: KeyMap = {
        var map = huggingFaceLayer
        map.title = "Hugging Face ViT-MSN"
        map.required = ["vit.embeddings.patch_embeddings.projection.weight"]
        map.owners = nil
        map.classToken = "vit." + map.classToken
        map.distillationToken = "vit." + map.distillationToken
        map.registers = map.registers.map { "vit." + $0 }
        map.positions = "vit." + map.positions
        map.patchEmbedding = "vit." + map.patchEmbedding
        map.norm = "vit." + map.norm
        map.ignorable = map.ignorable.map { "vit." + $0 }
        return map
    }()

    private static func huggingFace(
        title: String, signature: String, blocks: String, attention: Attention, projection: String, expand: String,
        contract: String
    ) -> KeyMap {
        KeyMap(
            family: .huggingFace,
            title: title,
            signature: signature,
            owners: ["vit", "deit", "ijepa", "pixio", "module", "model", "backbone", "base_model", "teacher", "student"],
            dialect: .huggingFace,
            defaults: .init(
                normEpsilon: 1e-12, resampling: .bicubic,
                usual: .init(preprocessing: ConfigurationHints.half, title: "0.5")),
            classToken: "embeddings.cls_token",
            hasClassTokens: true,
            distillationToken: "embeddings.distillation_token",
            registers: ["embeddings.register_tokens"],
            positions: "embeddings.position_embeddings",
            patchEmbedding: "embeddings.patch_embeddings.projection",
            blocks: blocks,
            norm1: "layernorm_before",
            attention: attention,
            projection: projection,
            scale1: [],
            norm2: "layernorm_after",
            expand: expand,
            contract: contract,
            scale2: [],
            norm: "layernorm",
            pooledNorm: nil,
            heads: ["classifier", "cls_classifier"],
            distillationHead: "distillation_classifier",
            ignorable: ["pooler.", "embeddings.mask_token", "embeddings.position_ids"])
    }

    /// Hugging Face DINOv2, with and without registers, as `save_pretrained` writes it.
    static let huggingFaceDINOv2 = dinov2(
        huggingFaceLayer, title: "Hugging Face DINOv2", required: "encoder.layer.0.attention.attention.query.weight")

    /// Hugging Face DINOv2 as transformers 5 names it in memory.
    static let huggingFaceDINOv2InMemory = dinov2(
        huggingFaceLayers, title: "Hugging Face DINOv2 (transformers 5 names)",
        required: "encoder.layer.0.attention.q_proj.weight")

    /// TIPSv2's vision tower: blocks as Meta's DINOv2 names them, an MLP of other names.
    static let huggingFaceTIPS: KeyMap = {
        var map = KeyMap.dinov2
        map.family = .huggingFace
        map.title = "Hugging Face TIPSv2"
        map.signature = "blocks.0.mlp.c_fc.weight"
        map.required = ["patch_embed.proj.weight", "register_tokens"]
        map.dialect = .huggingFace
        map.defaults = .init(
            resampling: .bilinearAntialiased, usual: .init(preprocessing: ConfigurationHints.plain, title: "0…1"))
        map.registers = ["register_tokens"]
        map.expand = "mlp.c_fc"
        map.contract = "mlp.c_proj"
        return map
    }()

    /// The same beside its text tower: the first of its two class tokens is compared with texts.
    static let huggingFaceTIPSWithTexts: KeyMap = {
        var map = huggingFaceTIPS
        map.family = .clip
        map.signature = "blocks.0.ls1.gamma"
        map.prefixes = ["vision_encoder."]
        map.dialect = .huggingFaceCLIP
        map.heads = []
        map.temperature = "temperature"
        return map
    }()

    /// ViTPose's backbone: no class token, whose position is added to every patch all the same, and a patch embedding with two pixels of
    /// zeros around the picture.
    static let huggingFaceViTPose: KeyMap = {
        var map = huggingFaceLayer
        map.title = "Hugging Face ViTPose"
        map.required = ["encoder.layer.0.mlp.fc1.weight", "encoder.layer.0.layernorm_before.weight"]
        map.owners = nil
        map.defaults.usual = .init(preprocessing: ConfigurationHints.imageNet, title: "ImageNet's")
        map.classToken = ""
        map.hasClassTokens = false
        map.distillationToken = ""
        map.expand = "mlp.fc1"
        map.contract = "mlp.fc2"
        map.sharesFirstPosition = true
        map.patchOffset = 2
        return map
    }()

    /// FLAVA's image encoder beside its others; alone it has the names of `huggingFaceLayer`.
    static let huggingFaceFLAVA: KeyMap = {
        var map = huggingFaceLayer
        map.family = .clip
        map.title = "Hugging Face FLAVA"
        map.required = ["embeddings.patch_embeddings.projection.weight"]
        map.owners = nil
        map.prefixes = ["image_model."]
        map.dialect = .huggingFaceCLIP
        map.defaults.usual = .init(preprocessing: ConfigurationHints.clip, title: "CLIP's")
        map.hasClassTokens = false
        map.heads = []
        map.embeddingProjection = .layer(["image_projection"])
        map.logitScale = "logit_scale"
        return map
    }()

    private static func dinov2(_ base: KeyMap, title: String, required: String) -> KeyMap {
        var map = base
        map.title = title
        map.signature = "encoder.layer.0.layer_scale1.lambda1"
        map.required = [required]
        map.owners = nil
        map.blocks = "encoder.layer."
        map.norm1 = "norm1"
        map.norm2 = "norm2"
        map.expand = "mlp.fc1"
        map.contract = "mlp.fc2"
        map.scale1 = ["layer_scale1.lambda1"]
        map.scale2 = ["layer_scale2.lambda1"]
        map.gates = [
            .packed(expand: "mlp.weights_in", contract: "mlp.weights_out"),
            .split(gate: "mlp.gate_proj", value: "mlp.up_proj", contract: "mlp.down_proj"),
        ]
        map.defaults = .init(resampling: .bicubic, resamplingWithRegisters: .bicubicAntialiased)
        return map
    }
}
