import Files

/// Several named arrays in NumPy's `.npz` format: a ZIP archive of `.npy` files, written without compression (``ZIPDirectory``).
public enum NumPyArchive {
    /// An archive of `.npy` files, as `numpy.load` reads it. The same entries always give the same bytes.
    ///
    /// - Parameter entries: name without `.npy`, and content as ``NumPyFile`` makes it; in all less than 4 GiB.
    /// - Returns: nil where the content is larger than that.
    public static func encode(_ entries: [(name: String, content: [UInt8])]) -> [UInt8]? {
        var directory = ZIPDirectory()
        var archive: [UInt8] = []
        archive.reserveCapacity(entries.reduce(256) { $0 + $1.content.count + 2 * ($1.name.utf8.count + 80) })
        for (name, content) in entries {
            guard let header = directory.header(name + ".npy", content) else { return nil }
            archive += header
            archive += content
        }
        archive += directory.end
        return archive
    }
}
