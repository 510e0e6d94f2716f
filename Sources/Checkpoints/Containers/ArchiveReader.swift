import Files

/// Opens a file of tensors by what it begins with, whatever its name.
enum ArchiveReader {
    /// - Throws: `FileError` that says what the file is where it is none of the containers.
    static func open(path: String) throws(FileError) -> any TensorArchive {
        let file = try MappedFile(path: path)
        let start = file.withBytes { Array($0.prefix(16)) }
        if start.starts(with: "version https".utf8.prefix(16)) {
            throw FileError(
                .invalid, path: path, "is a Git LFS pointer or a text, not the model itself: fetch it with git lfs pull")
        }
        if start.starts(with: [0x50, 0x4B, 0x03, 0x04]) || start.starts(with: [0x50, 0x4B, 0x05, 0x06]) {
            let zip = try ZipFile(file)
            let isArrays = zip.directory.entries.contains { $0.name.hasSuffix(".npy") }
                && !zip.directory.entries.contains { $0.name.hasSuffix("data.pkl") }
            if isArrays { return try NPZFile(zip) }
            return try TorchFile(file)
        }
        if start.count > 3, start[0] == 0x80, (2...5).contains(start[1]), start[3] != 0 { return try TorchFile(file) }
        return try SafetensorsFile(file)
    }
}
