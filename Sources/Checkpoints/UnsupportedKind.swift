import Files

/// Models that are known but not read, so that an error can call them by name.
enum UnsupportedKind {
    static let supported =
        "plain ViTs with names of timm, Hugging Face (ViT, DeiT, ViT-MSN, ViT-MAE, I-JEPA, DINOv2, DINOv3, CLIP, SigLIP), torchvision, "
        + "OpenAI's CLIP or Flax are"

    /// Hugging Face's `model_type`s of vision models, by the names they go by.
    private static let titles: [(types: [String], title: String)] = [
        (["dinov3_convnext"], "DINOv3's ConvNeXt"),
        (["swin", "swinv2", "donut-swin", "maskformer-swin"], "Swin (attention in windows)"),
        (["beit", "data2vec-vision"], "BEiT (relative position biases)"), (["vit_hybrid"], "a hybrid ViT (a convolutional stem)"),
        (["dpt"], "DPT"), (["segformer"], "SegFormer (convolutions between blocks)"),
        (["sam", "sam2"], "SAM (windows and relative positions)"), (["hiera"], "Hiera (attention in windows)"),
        (["convnext", "convnextv2"], "ConvNeXt"), (["yolos"], "YOLOS"), (["videomae"], "VideoMAE (films)"), (["vivit"], "ViViT (films)"),
        (["blip", "blip_vision_model", "blip-2"], "BLIP"), (["aimv2", "aimv2_vision_model"], "AIMv2 (RMS norms)"),
        (["resnet"], "a ResNet"), (["clip_text_model"], "CLIP's text tower"),
    ]

    /// Why a model of this `model_type` is not read.
    static func modelType(_ type: String) -> String {
        let title = titles.first { $0.types.contains(type) }.map { ", which is \($0.title)" } ?? ""
        return "says \"model_type\": \"\(type)\"\(title): not supported; \(supported)"
    }

    /// What the configuration beside tensors that no family has says they are; nil where it is silent.
    static func stated(in config: JSONConfig) throws(FileError) -> FileError? {
        if let type = try config.string("model_type"), type != "timm_wrapper" {
            guard !(HuggingFaceConfig.modelTypes + HuggingFaceConfig.clipTypes).contains(type) else { return nil }
            return FileError(.invalid, path: config.path, modelType(type))
        }
        guard let name = try config.string("architecture") else { return nil }
        let feature: String
        switch Architecture.named(name) {
        case .plain?: return nil
        case .other(_, let found)?: feature = ", which has \(found)"
        case nil: feature = ""
        }
        return FileError(
            .invalid, path: config.path, "says \"architecture\": \"\(name)\"\(feature): not supported; \(supported)")
    }

    /// A piece of a name, and the family or feature it gives away. The first that occurs counts.
    private static let pieces: [(piece: String, title: String)] = [
        ("pretrained.model.", "a DPT or MiDaS model"),
        ("relative_position_bias", "a transformer with relative position bias (Swin, BEiT)"),
        ("rel_pos_h", "a transformer with relative positions (SAM, ViTDet)"),
        (".lambda_1", "a Hugging Face BEiT model"),
        ("visual.attnpool.", "a CLIP model with a ResNet"),
        ("visual.attn_pool_contrastive.", "a CoCa with two attention pools"),
        ("patch_embed.backbone.", "a hybrid ViT with a convolutional stem"),
        ("blocks_token_only.", "a CaiT model"),
        ("MAPHead_0/", "a Flax ViT with attention pooling"),
        ("Transformer/encoderblock/", "a Flax ViT with its blocks stacked in one array"),
        ("conv_root/", "a Flax hybrid ViT with a convolutional stem"),
    ]

    /// As `pieces`, looked for only where the tensors do not make a ViT.
    private static let parts: [(piece: String, title: String)] = [
        ("attn.rel_pos", "a ViT with relative positions"),
        ("attn.sub_norm.", "a ViT with differential attention"),
        (".attns.0.", "a ViT with parallel blocks"),
        (".attn_out_proj.", "a ViT with attention and MLP side by side"),
        ("embeds.proj.", "a NaFlexViT"),
    ]

    /// As `parts`, where the names are of no family either.
    private static let strangers: [(piece: String, title: String)] = [
        ("embeddings.patch_embedding.weight", "a relative of CLIP or SigLIP"),
        ("text_model.encoder.layers.", "a text tower"),
    ]

    /// What the tensors' names say the file is, where that is not supported; nil where they do not.
    ///
    /// To be asked before any family is looked for, since some would fit.
    static func named(_ names: TensorNames) -> String? {
        if names.contain("pretrained.model."), names.contain("cls_head.") { return nil }
        return first(of: pieces, in: names)
    }

    /// The same for names that have turned out to make no ViT, or to be of no family at all.
    static func failed(_ names: TensorNames, hasFamily: Bool) -> String? {
        first(of: hasFamily ? parts : parts + strangers, in: names)
    }

    private static func first(of pieces: [(piece: String, title: String)], in names: TensorNames) -> String? {
        pieces.first { names.contain($0.piece) }.map { "is \($0.title): not supported; \(supported)" }
    }
}
