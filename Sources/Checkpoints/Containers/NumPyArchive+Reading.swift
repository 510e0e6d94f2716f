import Files
import Tensors

extension NumPyArchive {
    /// The arrays of the archive at `path` by their names.
    ///
    /// - Parameter names: the arrays to read; the others are not touched. nil reads all.
    /// - Throws: `FileError`.
    public static func read(path: String, names: Set<String>? = nil) throws(FileError) -> [String: NumPyArray] {
        try read(path, names) { (bytes, path) throws(FileError) in try NumPyFile.decode(bytes, path: path) }
    }

    /// The arrays of the archive at `path` as Float32, in C order.
    package static func readFloats(path: String, names: Set<String>) throws(FileError) -> [String: NumPyFloats] {
        try read(path, names) { (bytes, path) throws(FileError) in try NumPyFile.decodeFloats(bytes, path: path) }
    }

    private static func read<Value>(
        _ path: String, _ names: Set<String>?, _ decode: (UnsafeRawBufferPointer, String) throws(FileError) -> Value
    ) throws(FileError) -> [String: Value] {
        let file = try MappedFile(path: path)
        guard file.withBytes({ $0.starts(with: [0x50, 0x4B]) }) else { throw FileError(.invalid, path: path, "is not a .npz file") }
        let zip = try ZipFile(file)
        var arrays: [String: Value] = [:]
        for entry in zip.directory.entries {
            let name = entry.name.hasSuffix(".npy") ? String(entry.name.dropLast(4)) : entry.name
            if let names, !names.contains(name) { continue }
            arrays[name] = try zip.bytes(named: entry.name).withBytes { (bytes) throws(FileError) in
                // What was inflated is checked there.
                guard entry.isDeflated || Inflate.checksum(bytes) == entry.checksum else {
                    throw FileError(.invalid, path: path, "“\(name.prefix(100))” is damaged: its checksum is wrong")
                }
                return try decode(bytes, "\(path)/\(name)")
            }
        }
        try file.check()
        return arrays
    }
}
