import Files
import Glibc

/// Which family a checkpoint belongs to, and where in its names the model begins.
struct FamilyDetection: Sendable {
    let keyMap: KeyMap
    /// What stands before the key map's names: empty, or ending in a dot.
    let prefix: String
    /// Why, in one sentence.
    let reason: String
    /// Things worth telling about the names.
    let notes: [String]

    /// - Throws: `FileError` that names the family when it is known but not supported, or says that none was recognised.
    init(_ archive: some TensorArchive) throws(FileError) {
        let names = archive.tensors.map(\.name)
        if let refusal = Self.refusal(names) {
            throw FileError(.invalid, path: archive.path, refusal)
        }
        for keyMap in KeyMap.all {
            let prefixes = names.compactMap { name -> String? in
                if name == keyMap.signature { return "" }
                return name.hasSuffix("." + keyMap.signature) ? String(name.dropLast(keyMap.signature.count)) : nil
            }
            guard let prefix = Self.choose(prefixes) else { continue }
            if prefix.split(separator: ".").contains(where: { $0.allSatisfy(\.isNumber) }) {
                throw FileError(
                    .invalid, path: archive.path,
                    "is a hierarchical transformer (\(prefix)\(keyMap.signature)), not a plain ViT: not supported")
            }
            if keyMap.family == .huggingFace, let owner = prefix.split(separator: ".").last,
                !Self.owners.contains(String(owner))
            {
                throw FileError(
                    .invalid, path: archive.path,
                    "is a Hugging Face model of the type \"\(owner)\": not supported; vit and deit are")
            }
            var notes: [String] = []
            if !prefix.isEmpty, keyMap.family == .timm || !["vit.", "deit."].contains(prefix) {
                notes.append("the names begin with \"\(prefix)\", which was stripped")
            }
            if prefixes.count > 1 {
                notes.append("the file holds \(prefixes.count) models; the one under \"\(prefix)\" is used")
            }
            self.keyMap = keyMap
            self.prefix = prefix
            self.notes = notes
            reason = "the file has \(prefix)\(keyMap.signature)"
            return
        }
        let sample = names.prefix(3).joined(separator: ", ")
        throw FileError(
            .invalid, path: archive.path,
            names.isEmpty
                ? "holds no tensors"
                : "is not a Vision Transformer with timm or Hugging Face names; its \(names.count) tensors begin with \(sample)"
        )
    }

    /// What may stand last before Hugging Face's names: the types that compute what the names suggest, and wrappers.
    private static let owners: Set<String> = [
        "vit", "deit", "module", "model", "backbone", "base_model", "teacher", "student",
    ]

    /// Of several models in one file: the bare one, then a teacher or moving average, then the first by name.
    private static func choose(_ prefixes: [String]) -> String? {
        prefixes.min { rank($0) < rank($1) }
    }

    private static func rank(_ prefix: String) -> (Int, String) {
        if prefix.isEmpty { return (0, "") }
        return (prefix.contains("teacher") || prefix.contains("ema") ? 1 : 2, prefix)
    }

    /// A piece of a name, and the family or feature it gives away. The first that occurs counts.
    private static let unsupported: [(piece: String, title: String)] = [
        ("pretrained.model.", "a DPT or MiDaS model"),
        ("encoder.layers.encoder_layer_0.", "a torchvision ViT"),
        ("visual.transformer.resblocks.", "a CLIP model (OpenAI or OpenCLIP names)"),
        ("transformer.resblocks.", "a CLIP model (OpenAI or OpenCLIP names)"),
        ("vision_model.encoder.layers.", "a Hugging Face CLIP or SigLIP model"),
        ("Transformer/encoderblock_0", "a Flax ViT"),
        ("relative_position_bias", "a transformer with relative position bias (Swin, BEiT)"),
        ("rel_pos_h", "a transformer with relative positions (SAM, ViTDet)"),
        ("rope.", "a ViT with rotary position embedding (DINOv3, EVA)"),
        ("rope_", "a ViT with rotary position embedding (DINOv3, EVA)"),
        ("layer_scale1.lambda1", "a Hugging Face DINOv2 or DINOv3 model"),
        ("attn.q_norm.", "a ViT with qk-norm"),
        ("attn.k_norm.", "a ViT with qk-norm"),
        ("attn.norm.", "a ViT with a norm inside the attention"),
        ("attn.q_bias", "a BEiT or EVA model"),
        (".lambda_1", "a Hugging Face BEiT model"),
        ("mlp.fc1_g.", "a ViT with SwiGLU MLPs"),
        ("mlp.fc1_x.", "a ViT with SwiGLU MLPs"),
        ("mlp.w12.", "a ViT with SwiGLU MLPs"),
        ("mlp.w1.", "a ViT with SwiGLU MLPs"),
        ("mlp.norm.", "a ViT with a norm inside the MLP"),
        ("norm_pre.", "a ViT with a norm before the first block (norm_pre)"),
        ("pre_logits.", "a ViT with a pre-logits layer"),
        ("attn_pool.", "a ViT with attention pooling"),
        ("patch_embed.backbone.", "a hybrid ViT with a convolutional stem"),
        ("blocks_token_only.", "a CaiT model"),
    ]

    private static func refusal(_ names: [String]) -> String? {
        // One text, searched by the C library: a thousand names against some thirty pieces would otherwise take longer
        // than the rest of loading. It ends at the first zero, so there must be none inside.
        let text = names.joined(separator: "\n").utf8.map { $0 == 0 ? 0x0A : CChar(bitPattern: $0) } + [0]
        func has(_ piece: String) -> Bool {
            text.withUnsafeBufferPointer { $0.baseAddress.map { strstr($0, piece) != nil } ?? false }
        }
        let title: String
        if has("pretrained.model."), has("cls_head.") { return nil }
        if let found = unsupported.first(where: { has($0.piece) }) {
            title = found.title
        } else {
            return nil
        }
        return "is \(title): not supported; plain ViT and DeiT with timm or Hugging Face names are"
    }
}
