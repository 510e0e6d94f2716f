import Files

/// Finds the weights in a folder.
enum CheckpointFolder {
    /// What a folder's weights may be called, in the order in which they are looked for.
    private static let names = [
        "model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json",
        "open_clip_model.safetensors", "open_clip_pytorch_model.bin",
    ]
    /// How checkpoints end that are called otherwise.
    private static let endings = [
        ".safetensors", ".pth", ".pt", ".bin", ".npz", ".ckpt", ".safetensors.index.json", ".bin.index.json",
    ]
    /// What training leaves beside a model: these end alike, and hold none.
    private static let leftovers: Set<String> = ["optimizer.pt", "scheduler.pt", "scaler.pt", "training_args.bin", "optimizer.bin"]

    /// The path of the weights in `folder`, which ends in a slash: under one of the usual names, or the only checkpoint there.
    ///
    /// - Throws: `FileError` that names the checkpoints where there are several, or says what was looked for.
    static func weights(in folder: String) throws(FileError) -> String {
        for name in names where AtomicFile.exists(folder + name) { return folder + name }
        if let snapshot = snapshot(in: folder) { return try weights(in: snapshot) }
        let found = try checkpoints(in: folder)
        if found.count == 1 { return folder + found[0] }
        let usual = names.prefix(4).joined(separator: ", ")
        let path = folder.withoutTrailingSlash
        if found.isEmpty {
            if let adapter = Adapter.inFolder(folder) { throw adapter }
            throw FileError(
                .missing, path: path, "has none of \(usual), and no other checkpoint in it; name the weight file itself")
        }
        let shown = found.prefix(5).joined(separator: ", ") + (found.count > 5 ? " and \(found.count - 5) more" : "")
        throw FileError(
            .invalid, path: path, "has none of \(usual), but \(found.count) other checkpoints: \(shown); name one of them")
    }

    /// The one version that the hub's cache (`models--…`) points to.
    private static func snapshot(in folder: String) -> String? {
        let reference = folder + "refs/main"
        guard AtomicFile.exists(reference), let file = try? MappedFile(path: reference) else { return nil }
        let hash = file.withBytes { String(decoding: $0.prefix(64), as: UTF8.self) }.filter { !$0.isWhitespace }
        guard !hash.isEmpty, hash.allSatisfy(\.isHexDigit), (folder + "snapshots/" + hash).isFolder else { return nil }
        return folder + "snapshots/" + hash + "/"
    }

    /// The files that may be models, in order; of shards only their index.
    private static func checkpoints(in folder: String) throws(FileError) -> [String] {
        try FolderListing(folder).entries.filter { entry in
            let name = entry.name
            return !entry.isFolder && !name.isHiddenName && endings.contains { name.hasSuffix($0) } && !leftovers.contains(name)
                && !name.hasPrefix("adapter_model.") && !name.hasPrefix("rng_state") && !isShard(name)
        }.map(\.name).sorted()
    }

    /// Whether the name is that of one of several files: `…-00002-of-00005.…`.
    private static func isShard(_ name: String) -> Bool {
        let parts = name.prefix { $0 != "." }.split(separator: "-")
        return parts.count > 3 && parts[parts.count - 2] == "of" && parts.suffix(1).allSatisfy { $0.allSatisfy(\.isNumber) }
            && parts[parts.count - 3].allSatisfy(\.isNumber)
    }
}
