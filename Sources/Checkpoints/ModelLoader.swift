import Files

/// Reads a model from a weight file, an index of shards, or a folder.
public enum ModelLoader {
    /// Loads the model at `path`.
    ///
    /// - Parameters:
    ///   - path: a file of safetensors, PyTorch or NumPy tensors, an index of several, or a folder with
    ///     `model.safetensors`, `pytorch_model.bin`, an index of these, or one checkpoint of any name. `config.json`, `open_clip_config.json` and
    ///     `preprocessor_config.json` in the same folder are read; of a file in a run's `weights` those of the run.
    ///   - head: takes the place of the head in the file.
    /// - Throws: `FileError` in one line: what is missing, damaged, contradictory or not supported.
    public static func load(path: String, head: HeadSource? = nil) throws(FileError) -> LoadedModel {
        let (file, folder) = try weights(path)
        let stored = file.hasSuffix(".json") ? try ShardedArchive(indexPath: file) : try ArchiveReader.open(path: file)
        let names = TensorNames(stored)
        let archive = TrainingArchive.unwrapped(stored, names)
        let detection: FamilyDetection
        do throws(FileError) {
            detection = try FamilyDetection(archive, names)
        } catch {
            let adapter = Adapter.refusal(names, path: file, folder: folder)
            throw adapter ?? stated(folder) ?? kind(of: names, hasFamily: false, path: file, folder) ?? error
        }
        let keys = detection.keyMap
        var files = archive.files

        var hints = ConfigurationHints()
        let config = try config(folder + keys.dialect.fileName)
        if let config {
            files.append(config.path)
            switch keys.dialect {
            case .huggingFace: hints = try HuggingFaceConfig.hints(config)
            case .huggingFaceCLIP: hints = try HuggingFaceConfig.clipHints(config)
            case .openCLIP: hints = try OpenCLIPConfig.hints(config)
            case .timm: hints = try TimmConfig.hints(config)
            }
            hints.isConfigured = true
        }
        if keys.dialect != .openCLIP, let config = try self.config(folder + "preprocessor_config.json") {
            files.append(config.path)
            // Hugging Face's own says more than its model's kind; timm's own configuration says more than it.
            if keys.dialect != .timm || hints.preprocessing == nil { try HuggingFaceConfig.readPreprocessing(config, &hints) }
        }
        var settings = try SettingResolver(keys, hints, configPath: config?.path, path: file)
        (detection.notes + hints.notes).forEach { settings.note($0) }
        if let note = LeftAside.note(names) { settings.note(note) }
        if archive is TrainingArchive { settings.note("names of training were read as the model's own, without wrappers and chunks") }
        if Adapter.isIn(folder) { settings.note("an adapter lies beside (adapter_config.json): it is not applied") }
        let reader = try head.map { (source) throws(FileError) in try HeadReader(source) }
        files += reader?.files ?? []
        let builder = ParameterBuilder(
            archive: archive, detection: detection, hints: hints, settings: settings, head: reader, headPath: head?.path)
        let result: ParameterBuilder.Result
        do throws(FileError) {
            result = keys.family == .published ? try PublishedBuilder(trunk: builder).build() : try builder.build()
        } catch {
            throw kind(of: names, hasFamily: true, path: file, folder) ?? error
        }
        let training = archive as? TrainingArchive
        let mappings = archive.mappings + (reader?.mappings ?? [])
        for file in mappings { try file.check() }
        var parameters = result.parameters
        parameters.sources = mappings.map(ParameterSource.init)
        return LoadedModel(
            parameters: parameters, notes: result.settings.notes,
            ignored: training.map { training in result.ignored.map { training.original($0) } } ?? result.ignored,
            tensors: stored.tensors, familyTitle: keys.title, familyReason: detection.reason, files: files,
            byteCount: stored.tensors.reduce(0) { $0 + $1.byteCount }, sources: result.settings.sources, texts: head?.texts)
    }

    /// The file of weights or of their index that `path` means, and the folder of the configuration beside it: empty or ending in a
    /// slash. Of weights that a training run has kept that is the run's.
    static func weights(_ path: String) throws(FileError) -> (file: String, folder: String) {
        let file = path.isFolder ? try CheckpointFolder.weights(in: path.appending(part: "")) : path
        let folder = file.folder.appending(part: "")
        guard !AtomicFile.exists(folder + "config.json"), let run = TrainingRun.owner(ofWeights: file) else { return (file, folder) }
        return (file, run.path.appending(part: ""))
    }

    /// What the names of tensors that make no ViT say they are; nil where they are silent.
    private static func kind(of names: TensorNames, hasFamily: Bool, path: String, _ folder: String) -> FileError? {
        Adapter.refusal(names, path: path, folder: folder)
            ?? UnsupportedKind.failed(names, hasFamily: hasFamily).map { FileError(.invalid, path: path, $0) }
    }

    /// What the configuration says that tensors of no family are; nil where it is silent, missing or damaged.
    private static func stated(_ folder: String) -> FileError? {
        for name in ["config.json", "open_clip_config.json"] {
            if let config = try? config(folder + name), let found = try? UnsupportedKind.stated(in: config) { return found }
        }
        return nil
    }

    /// The configuration at `path`; nil when there is none.
    private static func config(_ path: String) throws(FileError) -> JSONConfig? {
        AtomicFile.exists(path) ? try JSONConfig(path: path) : nil
    }
}
