import Files

/// Models that are known but not read, so that an error can call them by name.
enum UnsupportedKind {
    static let supported =
        "plain ViTs with names of timm, Hugging Face (ViT, DeiT, ViT-MSN, ViT-MAE, I-JEPA, DINOv2, DINOv3, Sapiens 2, TIPSv2, CLIP, SigLIP, AIMv2, "
        + "MLCD, Pixio, OWL-ViT, BLIP, FLAVA, ViTPose), torchvision, OpenAI's CLIP or Flax are"

    /// Hugging Face's `model_type`s of vision models, by the names they go by and what stands in the way.
    private static let titles: [(types: String, title: String)] = [
        ("dinov3_convnext", "DINOv3's ConvNeXt (convolutions, no attention)"),
        ("convnext convnextv2", "ConvNeXt (convolutions, no attention)"),
        ("swin swinv2 donut-swin maskformer-swin swin2sr", "Swin (attention in windows)"),
        ("dinat hiera lw_detr_vit vitdet", "a model with attention in windows"),
        (
            "sam sam2 sam3 sam_hq sam_vision_model sam2_hiera_det_model sam2_vision_model sam3_vit_model",
            "SAM (windows and relative positions)"
        ),
        ("beit data2vec-vision", "BEiT (relative position biases)"),
        ("vit_hybrid", "a hybrid ViT (a convolutional stem)"),
        ("segformer", "SegFormer (convolutions between blocks)"),
        (
            "cvt efficientformer levit mobilevit mobilevitv2 pvt pvt_v2 swiftformer van",
            "a model with convolutions between its blocks"
        ),
        (
            """
            align align_vision_model bit efficientnet focalnet hgnet_v2 mobilenet_v1 mobilenet_v2 poolformer pp_lcnet pp_lcnet_v3
            pp_lcnet_v4 pp_ocrv5_mobile_det pp_ocrv5_server_det pp_ocrv6_medium_det pp_ocrv6_small_det regnet resnet rt_detr_resnet
            textnet uvdoc_backbone
            """, "a convolutional network (no attention among patches)"
        ),
        ("dpt", "DPT (convolutions over several blocks predict a depth for each pixel, no class)"),
        (
            "chmv2 depth_anything depth_pro glpn prompt_depth_anything tipsv2_dpt zoedepth",
            "a model of depth (convolutions over several blocks, no class)"
        ),
        ("yolos", "YOLOS (boxes from detection tokens, and positions added between blocks)"),
        (
            """
            conditional_detr d_fine dab-detr deformable_detr deimv2 detr grounding-dino lw_detr mm-grounding-dino omdet-turbo
            pp_doclayout_v2 pp_doclayout_v3 pp_doclayout_v4 rf_detr rf_detr_dinov2 rt_detr rt_detr_v2 table-transformer
            """, "a detector (boxes from queries, no class of the picture)"
        ),
        ("groupvit groupvit_vision_model", "GroupViT (patches merged between blocks)"),
        ("imagegpt", "ImageGPT (causal attention among colors)"),
        ("perceiver", "Perceiver (attention between pixels and latents)"),
        ("videomae", "VideoMAE (films)"), ("vivit", "ViViT (films)"), ("timesformer", "TimeSformer (films)"),
        ("videoprism videoprism_vision_model vjepa2 x_clip", "a model of films"),
        ("clip_text_model", "CLIP's text tower"),
    ]

    /// Why a model of this `model_type` is not read.
    static func modelType(_ type: String) -> String {
        let title = titles.first { $0.types.split { $0.isWhitespace }.contains { $0 == type } }.map { ", which is \($0.title)" } ?? ""
        return "says \"model_type\": \"\(type)\"\(title): not supported; \(supported)"
    }

    /// What the configuration beside tensors that no family has says they are; nil where it is silent.
    static func stated(in config: JSONConfig) throws(FileError) -> FileError? {
        if let type = try config.string("model_type"), type != "timm_wrapper" {
            guard !(HuggingFaceConfig.modelTypes + HuggingFaceConfig.clipTypes).contains(type) else { return nil }
            return FileError(.invalid, path: config.path, modelType(type))
        }
        // OpenCLIP's configuration names timm's tower.
        let model = try config.object("model_cfg")
        let tower = try model?.object("vision_cfg")?.string("timm_model_name")
        let architecture = try config.string("architecture")
        guard let name = tower ?? architecture else { return nil }
        let key = tower == nil ? "architecture" : "timm_model_name", feature: String
        switch Architecture.stated(name) {
        case .plain?: return nil
        case .other(_, let found)?: feature = ", which has \(found)"
        case nil: feature = ""
        }
        return FileError(
            .invalid, path: config.path, "says \"\(key)\": \"\(name)\"\(feature): not supported; \(supported)")
    }

    /// A piece of a name, and the family or feature it gives away. The first that occurs counts.
    private static let pieces: [(piece: String, title: String)] = [
        ("pretrained.model.", "a DPT or MiDaS model"),
        ("relative_position_bias", "a transformer with relative position bias (Swin, BEiT)"),
        ("rel_pos_h", "a transformer with relative positions (SAM, ViTDet)"),
        (".lambda_1", "a Hugging Face BEiT model"),
        ("visual.attnpool.", "a CLIP model with a ResNet"),
        ("visual.attn_pool_contrastive.", "a CoCa with two attention pools"),
        ("blocks_token_only.", "a CaiT model"),
        ("mlp.experts.", "a transformer with a mixture of experts (ViTPose++)"),
        ("MAPHead_0/", "a Flax ViT with attention pooling"),
        ("Transformer/encoderblock/", "a Flax ViT with its blocks stacked in one array"),
        ("conv_root/", "a Flax hybrid ViT with a convolutional stem"),
    ]

    /// As `pieces`, looked for only where the tensors do not make a ViT.
    private static let parts: [(piece: String, title: String)] = [
        ("attn.rel_pos", "a ViT with relative positions"),
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
