import Files

/// Which family a checkpoint belongs to, and where in its names the model begins.
struct FamilyDetection: Sendable {
    private(set) var keyMap: KeyMap
    /// What stands before the key map's names: empty, or ending in a dot.
    let prefix: String
    /// Why, in one sentence.
    let reason: String
    /// Things worth telling about the names.
    let notes: [String]

    /// - Throws: `FileError` that names the family when it is known but not supported, or says that none was recognised.
    init(_ archive: some TensorArchive, _ text: TensorNames) throws(FileError) {
        let names = archive.tensors.map(\.name)
        if let refusal = UnsupportedKind.named(text) {
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
                : "is not a Vision Transformer: \(UnsupportedKind.supported); its \(names.count) tensors begin with \(sample)"
        )
    }

    /// The same file, of which other names are asked for.
    func reading(_ keyMap: KeyMap) -> FamilyDetection {
        var result = self
        result.keyMap = keyMap
        return result
    }

    /// Prefixes that belong to the names themselves.
    private static let own: Set<String> = [
        "vit.", "deit.", "ijepa.", "pixio.", "dinov2.", "dinov2_with_registers.", "visual.", "visual.trunk.", "vision_model.", "encoder.",
    ]

    /// Of several models in one file: the bare one, then a teacher or moving average, then the first by name.
    private static func choose(_ prefixes: [String]) -> String? {
        prefixes.min { rank($0) < rank($1) }
    }

    private static func rank(_ prefix: String) -> (Int, String) {
        if prefix.isEmpty { return (0, "") }
        return (prefix.contains("teacher") || prefix.contains("ema") ? 1 : 2, prefix)
    }
}
