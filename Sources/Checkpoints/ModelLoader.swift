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
            hints = try detection.keyMap.family == .huggingFace
                ? HuggingFaceConfig.hints(config) : TimmConfig.hints(config)
        }
        var notes = detection.notes + hints.notes
        var stated: ModelConfiguration.Preprocessing?
        if let config = try config(folder + "preprocessor_config.json") {
            files.append(config.path)
            stated = try HuggingFaceConfig.preprocessing(config, notes: &notes)
        }
        let preprocessing = preprocessing(detection.keyMap.family, hints.preprocessing, stated, notes: &notes)
        let result: ParameterBuilder.Result
        if detection.keyMap.family == .published {
            result = try PublishedBuilder(
                archive: archive, detection: detection, hints: hints, preprocessing: preprocessing
            ).build()
        } else {
            result = try ParameterBuilder(
                archive: archive, detection: detection, hints: hints, preprocessing: preprocessing
            ).build()
        }
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
            if AtomicFile.exists(folder + "model.safetensors") {
                return (try SafetensorsFile(path: folder + "model.safetensors"), folder)
            }
            if AtomicFile.exists(folder + "model.safetensors.index.json") {
                return (try ShardedArchive(indexPath: folder + "model.safetensors.index.json"), folder)
            }
            if AtomicFile.exists(folder + "pytorch_model.bin") {
                throw FileError(
                    .invalid, path: path, "holds a PyTorch model only: not supported; save it as model.safetensors")
            }
            throw FileError(
                .missing, path: path, "has neither model.safetensors nor model.safetensors.index.json in it")
        }
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
        if path.hasSuffix(".json") { return (try ShardedArchive(indexPath: path), folder) }
        try refuseOtherContainers(path)
        return (try SafetensorsFile(path: path), folder)
    }

    /// A clear line for the containers people have but this cannot read.
    private static func refuseOtherContainers(_ path: String) throws(FileError) {
        let start = try MappedFile(path: path).withBytes { Array($0.prefix(4)) }
        let advice = "save the model as .safetensors"
        if start.starts(with: "vers".utf8) {
            throw FileError(
                .invalid, path: path, "is a Git LFS pointer or a text, not the model itself: fetch it with git lfs pull"
            )
        }
        if start.starts(with: [0x50, 0x4B, 0x03, 0x04]) {
            throw FileError(
                .invalid, path: path, "is a zip archive (PyTorch .pth or NumPy .npz): not supported; \(advice)")
        }
        if start.count > 1, start[0] == 0x80, (2...5).contains(start[1]), start.count < 4 || start[3] != 0 {
            throw FileError(.invalid, path: path, "is a Python pickle (old PyTorch .pth): not supported; \(advice)")
        }
    }

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
        case .published:
            // Its own tools use ImageNet's numbers for every backbone, whatever that was trained with before.
            var known = configured ?? stated ?? ConfigurationHints.imageNet
            if configured == nil, stated == nil { known.interpolation = .bilinear }
            return known
        case .huggingFace:
            if let stated { return stated }
            let name = configured == nil ? "0.5" : "ImageNet's"
            notes.append("no preprocessor_config.json with mean and standard deviation: \(name) assumed")
            return configured ?? ConfigurationHints.half
        }
    }
}
