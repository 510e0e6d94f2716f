import Files

/// Reads a model from a weight file, an index of shards, or a folder.
public enum ModelLoader {
    /// Loads the model at `path`.
    ///
    /// - Parameter path: a `.safetensors` file, a `.index.json`, or a folder with `model.safetensors` or
    ///   `model.safetensors.index.json`. `config.json` and `preprocessor_config.json` in the same folder are read.
    /// - Throws: `FileError` in one line: what is missing, damaged, contradictory or not supported.
    public static func load(path: String) throws(FileError) -> LoadedModel {
        let (archive, folder) = try open(path)
        let detection = try FamilyDetection(archive)
        var files = archive.files

        var hints = ConfigurationHints()
        if let config = try config(folder + "config.json") {
            files.append(config.path)
            hints = try detection.keyMap.family == .timm ? TimmConfig.hints(config) : HuggingFaceConfig.hints(config)
        }
        var notes = detection.notes + hints.notes
        var stated: ModelConfiguration.Preprocessing?
        if let config = try config(folder + "preprocessor_config.json") {
            files.append(config.path)
            stated = try HuggingFaceConfig.preprocessing(config, notes: &notes)
        }
        let preprocessing = preprocessing(detection.keyMap.family, hints.preprocessing, stated, notes: &notes)
        let result = try ParameterBuilder(
            archive: archive, detection: detection, hints: hints, preprocessing: preprocessing
        ).build()
        return LoadedModel(
            parameters: result.parameters, notes: notes + result.notes, ignored: result.ignored,
            tensors: archive.tensors,
            familyTitle: detection.keyMap.title, familyReason: detection.reason, files: files,
            byteCount: archive.tensors.reduce(0) { $0 + $1.byteCount })
    }

    /// The tensors at `path`, and the folder they lie in: empty or ending in a slash.
    private static func open(_ path: String) throws(FileError) -> (any TensorArchive, folder: String) {
        if path.isFolder {
            let folder = path.hasSuffix("/") ? path : path + "/"
            for name in names where AtomicFile.exists(folder + name) {
                let file = folder + name
                return (name.hasSuffix(".json") ? try ShardedArchive(indexPath: file) : try ArchiveReader.open(path: file), folder)
            }
            throw FileError(
                .missing, path: path, "has none of \(names.prefix(4).joined(separator: ", ")) in it; name the weight file itself")
        }
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
        return (path.hasSuffix(".json") ? try ShardedArchive(indexPath: path) : try ArchiveReader.open(path: path), folder)
    }

    /// What a folder's weights may be called, in the order in which they are looked for.
    private static let names = [
        "model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json",
        "open_clip_model.safetensors", "open_clip_pytorch_model.bin",
    ]

    /// The configuration at `path`; nil when there is none.
    private static func config(_ path: String) throws(FileError) -> JSONConfig? {
        AtomicFile.exists(path) ? try JSONConfig(path: path) : nil
    }

    /// - Parameters:
    ///   - configured: from `config.json`, or the default that belongs to its model type.
    ///   - stated: from `preprocessor_config.json`.
    private static func preprocessing(
        _ family: ModelConfiguration.Family, _ configured: ModelConfiguration.Preprocessing?,
        _ stated: ModelConfiguration.Preprocessing?, notes: inout [String]
    ) -> ModelConfiguration.Preprocessing {
        switch family {
        case .timm:
            if let known = configured ?? stated { return known }
            notes.append("mean and standard deviation are not in the config: ImageNet's assumed")
            return ConfigurationHints.imageNet
        case .huggingFace:
            if let stated { return stated }
            let name = configured == nil ? "0.5" : "ImageNet's"
            notes.append("no preprocessor_config.json with mean and standard deviation: \(name) assumed")
            return configured ?? ConfigurationHints.half
        }
    }
}
