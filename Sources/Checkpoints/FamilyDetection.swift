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
        let present = Set(names)
        for keyMap in KeyMap.all {
            let separator = String(keyMap.style.separator)
            let prefixes = names.compactMap { name -> String? in
                guard name == keyMap.signature || name.hasSuffix(separator + keyMap.signature) else { return nil }
                let prefix = String(name.dropLast(keyMap.signature.count))
                guard keyMap.required.allSatisfy({ present.contains(prefix + $0) }),
                    keyMap.prefixes.isEmpty || keyMap.prefixes.contains(where: { prefix.contains($0) })
                else { return nil }
                return prefix
            }
            guard let prefix = Self.choose(prefixes) else { continue }
            if prefix.split(separator: ".").contains(where: { $0.allSatisfy(\.isNumber) }) {
                throw FileError(
                    .invalid, path: archive.path,
                    "is a hierarchical transformer (\(prefix)\(keyMap.signature)), not a plain ViT: not supported")
            }
            if let owners = keyMap.owners, let owner = prefix.split(separator: ".").last, !owners.contains(String(owner)) {
                throw FileError(
                    .invalid, path: archive.path,
                    "is a Hugging Face model of the type \"\(owner)\": not supported; vit, deit and dinov2 are")
            }
            var notes: [String] = []
            if !prefix.isEmpty, !Self.own.contains(prefix) {
                notes.append("the names begin with \"\(prefix)\", which was stripped")
            }
            if prefixes.count > 1 {
                notes.append("the file holds \(prefixes.count) models; the one under \"\(prefix)\" is used")
            }
            self.keyMap = keyMap
            self.prefix = prefix
            self.notes = notes
            let others = keyMap.required.map { ", \(prefix)\($0)" }.joined()
            reason = "the file has \(prefix)\(keyMap.signature)\(others)"
            return
        }
        let sample = names.prefix(3).joined(separator: ", ")
        throw FileError(
            .invalid, path: archive.path,
            names.isEmpty
                ? "holds no tensors"
                : "is not a Vision Transformer with names of timm, Hugging Face, torchvision, CLIP or Flax; its \(names.count) tensors begin with \(sample)"
        )
    }

    /// Prefixes that belong to the names themselves.
    private static let own: Set<String> = ["vit.", "deit.", "dinov2.", "dinov2_with_registers.", "visual."]

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
        ("vision_model.encoder.layers.", "a Hugging Face CLIP or SigLIP model"),
        ("relative_position_bias", "a transformer with relative position bias (Swin, BEiT)"),
        ("rel_pos_h", "a transformer with relative positions (SAM, ViTDet)"),
        ("rope.", "a ViT with rotary position embedding (DINOv3, EVA)"),
        ("rope_", "a ViT with rotary position embedding (DINOv3, EVA)"),
        ("attn.norm.", "a ViT with a norm inside the attention"),
        ("attn.q_bias", "a BEiT or EVA model"),
        (".lambda_1", "a Hugging Face BEiT model"),
        ("mlp.w1.", "a ViT with SwiGLU MLPs"),
        ("mlp.norm.", "a ViT with a norm inside the MLP"),
        ("attn_pool.", "a ViT with attention pooling"),
        ("patch_embed.backbone.", "a hybrid ViT with a convolutional stem"),
        ("blocks_token_only.", "a CaiT model"),
        ("visual.trunk.", "an OpenCLIP model with a timm tower"),
        ("visual.attnpool.", "a CLIP model with a ResNet"),
        ("visual.attn_pool.", "a CLIP model with attention pooling"),
        ("MAPHead_0/", "a Flax ViT with attention pooling"),
        ("Transformer/encoderblock/", "a Flax ViT with its blocks stacked in one array"),
        ("conv_root/", "a Flax hybrid ViT with a convolutional stem"),
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
        return "is \(title): not supported; plain ViTs with names of timm, Hugging Face, torchvision, CLIP or Flax are"
    }
}
