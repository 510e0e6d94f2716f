import Glibc

/// Writing a file so that a reader sees the old one or the whole new one, never a part.
public enum AtomicFile {
    /// Writes `bytes` to `path`, which a user named: a temporary file in the same folder, `fsync`, then `rename`.
    ///
    /// A device, FIFO or socket at `path` is written to, never renamed over; so is an open file of this process that
    /// `/dev/stdout`, `/dev/stderr` or `/dev/fd/N` names, from where it stands. Any other symbolic link is followed, so the
    /// file it names is replaced and the link stays. The permissions of a replaced file are kept.
    ///
    /// - Parameters:
    ///   - replaces: whether an existing file may be replaced. Where not, one that appears while this writes is safe too.
    ///   - waits: whether to wait for somebody to read a FIFO; where not, one that nobody reads is an error.
    /// - Throws: `FileError` of kind `.unwritable` or `.blocked`; nothing half-written is left behind.
    public static func write(
        _ bytes: UnsafeRawBufferPointer, to path: String, replaces: Bool = true, waits: Bool = true
    ) throws(FileError) {
        if let descriptor = openDescriptor(path) {
            let failure = Descriptor.write(bytes, to: descriptor)
            guard failure == 0 else { throw .unwritable(path, failure) }
            return
        }
        guard let status = FileSystem.status(path) else {
            return try put(bytes, at: path, named: path, permissions: nil, replaces: replaces)
        }
        switch status.st_mode & S_IFMT {
        case S_IFDIR: throw FileError(.blocked, path: path, "is a folder, name a file in it")
        case S_IFREG: try put(bytes, at: FileSystem.resolved(path) ?? path, named: path, permissions: status.st_mode & 0o777, replaces: replaces)
        default: try writeThrough(bytes, to: path, waits: waits)
        }
    }

    /// Writes `bytes` to `path`, as the other `write` does.
    public static func write(
        _ bytes: [UInt8], to path: String, replaces: Bool = true, waits: Bool = true
    ) throws(FileError) {
        try bytes.withBytes { (bytes) throws(FileError) in
            try write(bytes, to: path, replaces: replaces, waits: waits)
        }
    }

    /// Writes one of a folder's files, whose name no user gave: whatever stands there but a file is left alone, unopened.
    ///
    /// - Throws: as ``write(_:to:replaces:waits:)``, and as ``checkEntry(_:)``.
    public static func writeEntry(_ bytes: [UInt8], to path: String) throws(FileError) {
        let permissions = try checkEntry(path)
        try bytes.withBytes { (bytes) throws(FileError) in
            try put(bytes, at: path, named: path, permissions: permissions, replaces: true)
        }
    }

    /// The permissions of the file at `path`; nil where nothing stands there.
    ///
    /// - Throws: `FileError` of kind `.blocked` where something stands there that is no file. A link is none either: what it
    ///   names may be an input, or lie in a store that is not to be written to.
    @discardableResult
    public static func checkEntry(_ path: String) throws(FileError) -> UInt32? {
        guard let status = FileSystem.status(path, followsLinks: false) else {
            if [ENAMETOOLONG, ENOTDIR, ELOOP].contains(errno) { throw .unwritable(path, errno) }
            return nil
        }
        let what =
            switch status.st_mode & S_IFMT {
            case S_IFREG: ""
            case S_IFDIR: "a folder"
            case S_IFLNK: "a symbolic link"
            case S_IFIFO: "a FIFO"
            case S_IFSOCK: "a socket"
            default: "a device"
            }
        guard what.isEmpty else { throw FileError(.blocked, path: path, "is \(what), where a file is to be written: move it away") }
        return status.st_mode & 0o777
    }

    /// Removes what killed programs have left of the files at `paths`: hidden, and never given their name. What a living
    /// program writes is left alone.
    public static func removeLeftovers(of paths: [String]) { TemporaryFile.removeLeftovers(of: paths) }

    /// As ``removeLeftovers(of:)``, for all files in a folder that is a program's own.
    public static func removeLeftovers(in folder: String) { TemporaryFile.removeLeftovers(in: folder) }

    /// Whether a device, FIFO or socket stands at `path`, or an open file of this process: written to and never replaced.
    public static func isSpecial(_ path: String) -> Bool {
        if openDescriptor(path) != nil { return true }
        guard let status = FileSystem.status(path) else { return false }
        return ![S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT)
    }

    /// Whether something stands at `path`.
    public static func exists(_ path: String) -> Bool { FileSystem.allows(F_OK, path) }

    /// The descriptor that a path such as `/dev/stdout` stands for. Opened by that name, a file would be written from its
    /// beginning, and a socket not at all.
    private static func openDescriptor(_ path: String) -> Int32? {
        switch path {
        case "/dev/stdout": return STDOUT_FILENO
        case "/dev/stderr": return STDERR_FILENO
        default:
            for folder in ["/dev/fd/", "/proc/self/fd/"] where path.hasPrefix(folder) {
                return Int32(path.dropFirst(folder.count))
            }
            return nil
        }
    }

    private static func writeThrough(
        _ bytes: UnsafeRawBufferPointer, to path: String, waits: Bool
    ) throws(FileError) {
        let descriptor = FileSystem.open(path, O_WRONLY | (waits ? 0 : O_NONBLOCK))
        if descriptor < 0, errno == ENXIO { throw FileError(.blocked, path: path, "is a FIFO or device that nobody reads") }
        guard descriptor >= 0 else { throw .unwritable(path, errno) }
        var failure = Descriptor.write(bytes, to: descriptor)
        if close(descriptor) != 0, failure == 0, errno != EINTR { failure = errno }
        guard failure == 0 else { throw .unwritable(path, failure) }
    }

    /// Puts a file of these bytes at `target`, whole or not at all; errors call it `path`.
    private static func put(
        _ bytes: UnsafeRawBufferPointer, at target: String, named path: String, permissions: UInt32?, replaces: Bool
    ) throws(FileError) {
        // A temporary file that another program has cleared away is written again.
        for attempt in 1...4 {
            guard let file = TemporaryFile(beside: target) else { throw .unwritable(path, errno) }
            if let permissions { fchmod(file.descriptor, permissions) }
            var failure = Descriptor.write(bytes, to: file.descriptor)
            if failure == 0, fsync(file.descriptor) != 0 { failure = errno }
            // Named while it is locked: from then on it is nobody's leftover.
            if failure == 0 {
                // A link, unlike a rename, refuses a name that is taken.
                let isNamed = replaces ? FileSystem.rename(file.path, to: target) : FileSystem.link(file.path, to: target)
                if !isNamed { failure = errno }
            }
            let isGone = failure == ENOENT && !exists(file.path)
            if failure != 0 || !replaces { FileSystem.remove(file.path) }
            if close(file.descriptor) != 0, failure == 0, errno != EINTR { failure = errno }
            if failure == 0 { return }
            guard isGone, attempt < 4 else { throw .unwritable(path, failure) }
        }
    }
}

extension [UInt8] {
    /// `withUnsafeBytes` for a body that throws one kind of error.
    fileprivate func withBytes(_ body: (UnsafeRawBufferPointer) throws(FileError) -> Void) throws(FileError) {
        let result: Result<Void, FileError> = withUnsafeBytes { buffer in
            do throws(FileError) { return .success(try body(buffer)) } catch { return .failure(error) }
        }
        try result.get()
    }
}
