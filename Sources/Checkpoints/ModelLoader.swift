import Files

/// Reads a model from a weight file, an index of shards, or a folder.
public enum ModelLoader {
    /// Loads the model at `path`.
    ///
    /// - Parameters:
    ///   - path: a file of safetensors, PyTorch or NumPy tensors, an index of several, or a folder with
    ///     `model.safetensors`, `pytorch_model.bin` or an index of these. `config.json`, `open_clip_config.json` and
    ///     `preprocessor_config.json` in the same folder are read.
    ///   - head: takes the place of the head in the file.
    /// - Throws: `FileError` in one line: what is missing, damaged, contradictory or not supported.
    public static func load(path: String, head: HeadSource? = nil) throws(FileError) -> LoadedModel {
        let (archive, folder) = try open(path)
        let detection = try FamilyDetection(archive)
        var files = archive.files

        var hints = ConfigurationHints()
        let family = detection.keyMap.family
        let configName = family == .clip ? "open_clip_config.json" : "config.json"
        if let config = try config(folder + configName) {
            files.append(config.path)
            switch family {
            case .huggingFace: hints = try HuggingFaceConfig.hints(config)
            case .clip: hints = try OpenCLIPConfig.hints(config)
            // The other libraries write no configuration: one beside their files is in timm's style.
            case .timm, .torchvision, .flax, .published: hints = try TimmConfig.hints(config)
            }
        }
        var notes = detection.notes + hints.notes
        var stated: ModelConfiguration.Preprocessing?
        if family != .clip, let config = try config(folder + "preprocessor_config.json") {
            files.append(config.path)
            stated = try HuggingFaceConfig.preprocessing(config, notes: &notes)
        }
        let preprocessing = preprocessing(detection.keyMap, hints.preprocessing, stated, notes: &notes)
        let reader = try head.map { (source) throws(FileError) in try HeadReader(source) }
        files += reader?.files ?? []
        let builder = ParameterBuilder(
            archive: archive, detection: detection, hints: hints, preprocessing: preprocessing, head: reader,
            headPath: head?.path)
        let result = family == .published ? try PublishedBuilder(trunk: builder).build() : try builder.build()
        return LoadedModel(
            parameters: result.parameters, notes: notes + result.notes, ignored: result.ignored,
            tensors: archive.tensors,
            familyTitle: detection.keyMap.title, familyReason: detection.reason, files: files,
            byteCount: archive.tensors.reduce(0) { $0 + $1.byteCount })
    }

    /// The tensors at `path`, and the folder they lie in: empty or ending in a slash.
    private static func open(_ path: String) throws(FileError) -> (any TensorArchive, folder: String) {
        if path.isFolder {
            let folder = path.appending(part: "")
            for name in names where AtomicFile.exists(folder + name) {
                let file = folder + name
                return (name.hasSuffix(".json") ? try ShardedArchive(indexPath: file) : try ArchiveReader.open(path: file), folder)
            }
            throw FileError(
                .missing, path: path, "has none of \(names.prefix(4).joined(separator: ", ")) in it; name the weight file itself")
        }
        let folder = path.folder.appending(part: "")
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
        _ keys: KeyMap, _ configured: ModelConfiguration.Preprocessing?,
        _ stated: ModelConfiguration.Preprocessing?, notes: inout [String]
    ) -> ModelConfiguration.Preprocessing {
        if keys.family == .huggingFace {
            if let stated { return stated }
            let name = configured == nil ? keys.defaults.preprocessingTitle : "ImageNet's"
            notes.append("no preprocessor_config.json with mean and standard deviation: \(name) assumed")
            return configured ?? keys.defaults.preprocessing
        }
        if let known = configured ?? stated { return known }
        // Its own tools use the same numbers for every backbone, whatever that was trained with before.
        if keys.family == .published { return keys.defaults.preprocessing }
        notes.append("mean and standard deviation are not in the config: \(keys.defaults.preprocessingTitle) assumed")
        return keys.defaults.preprocessing
    }
}
