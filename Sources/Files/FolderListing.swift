import Glibc

/// What lies in a folder.
package struct FolderListing {
    /// One entry.
    package struct Entry {
        package let name: String
        /// Whether it is a folder; links are followed.
        package let isFolder: Bool
        /// Whether it is a link to a folder.
        package let isLink: Bool
    }

    /// Every entry but `.` and `..`, in the order the system gives.
    package let entries: [Entry]

    /// Lists the folder at `path`.
    ///
    /// - Throws: `FileError` of kind `.missing` where it is not there, no folder, or may not be read.
    package init(_ path: String) throws(FileError) {
        guard let stream = path.withPath({ opendir($0) }) else {
            let number = errno
            throw FileError(
                .missing, path: path, number == ENOENT ? "no such folder"
                    : "cannot be read as a folder: \(MappedFile.message(number))")
        }
        defer { closedir(stream) }
        var entries: [Entry] = []
        errno = 0
        while let entry = readdir(stream) {
            let kind = Int(entry.pointee.d_type)
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(pathBytes: $0.prefix { $0 != 0 }) }
            if name != ".", name != ".." {
                // A file system that does not tell, and a link, are asked.
                let inner = kind == DT_UNKNOWN || kind == DT_LNK ? path.appending(part: name) : nil
                let isFolder = kind == DT_DIR || inner?.isFolder == true
                let isLink = isFolder && inner.flatMap { FileSystem.status($0, followsLinks: false) }?.isFolder == false
                entries.append(Entry(name: name, isFolder: isFolder, isLink: isLink))
            }
            errno = 0
        }
        guard errno == 0 else {
            throw FileError(.missing, path: path, "cannot be read as a folder: \(MappedFile.message(errno))")
        }
        self.entries = entries
    }
}
