import Glibc

/// Writing a file so that a reader sees the old one or the whole new one, never a part.
public enum AtomicFile {
    /// Writes `bytes` to `path`: a temporary file in the same folder, `fsync`, then `rename`.
    ///
    /// A device, FIFO or socket at `path` is written to, never renamed over; so is an open file of this process that
    /// `/dev/stdout`, `/dev/stderr` or `/dev/fd/N` names, from where it stands. Any other symbolic link is followed, so the
    /// file it names is replaced and the link stays. The permissions of a replaced file are kept.
    ///
    /// - Parameter replaces: whether an existing file may be replaced. Where not, one that appears while this writes is
    ///   safe too.
    /// - Throws: `FileError` of kind `.unwritable`; nothing half-written is left behind.
    public static func write(
        _ bytes: UnsafeRawBufferPointer, to path: String, replaces: Bool = true
    ) throws(FileError) {
        if let descriptor = openDescriptor(path) {
            let failure = Descriptor.write(bytes, to: descriptor)
            guard failure == 0 else { throw unwritable(path, failure) }
            return
        }
        let status = FileSystem.status(path)
        if let status {
            switch status.st_mode & S_IFMT {
            case S_IFDIR:
                throw FileError(.unwritable, path: path, "is a folder, name a file in it")
            case S_IFREG: break
            default:
                try writeThrough(bytes, to: path)
                return
            }
        }
        let target = status == nil ? path : FileSystem.resolved(path) ?? path
        let temporary = temporaryName(beside: target)
        let descriptor = FileSystem.open(temporary, O_WRONLY | O_CREAT | O_EXCL)
        guard descriptor >= 0 else { throw unwritable(path, errno) }
        if let status { fchmod(descriptor, status.st_mode & 0o777) }
        var failure = Descriptor.write(bytes, to: descriptor)
        if failure == 0, fsync(descriptor) != 0 { failure = errno }
        if close(descriptor) != 0, failure == 0 { failure = errno }
        if failure == 0 {
            if replaces {
                if !FileSystem.rename(temporary, to: target) { failure = errno }
            } else {
                // A link, unlike a rename, refuses a name that is taken.
                if !FileSystem.link(temporary, to: target) { failure = errno }
                FileSystem.remove(temporary)
            }
        }
        guard failure == 0 else {
            FileSystem.remove(temporary)
            throw unwritable(path, failure)
        }
    }

    /// Writes `bytes` to `path`, as the other `write` does.
    public static func write(_ bytes: [UInt8], to path: String, replaces: Bool = true) throws(FileError) {
        let result: Result<Void, FileError> = bytes.withUnsafeBytes { buffer in
            do throws(FileError) {
                return .success(try write(buffer, to: path, replaces: replaces))
            } catch { return .failure(error) }
        }
        try result.get()
    }

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

    private static func writeThrough(_ bytes: UnsafeRawBufferPointer, to path: String) throws(FileError) {
        let descriptor = FileSystem.open(path, O_WRONLY)
        guard descriptor >= 0 else { throw unwritable(path, errno) }
        let failure = Descriptor.write(bytes, to: descriptor)
        close(descriptor)
        guard failure == 0 else { throw unwritable(path, failure) }
    }

    private static func unwritable(_ path: String, _ number: Int32) -> FileError {
        FileError(.unwritable, path: path, "cannot be written: \(MappedFile.message(number))")
    }

    /// A hidden sibling, so that `rename` stays within one file system.
    private static func temporaryName(beside path: String) -> String {
        let unique = String(UInt64.random(in: 0 ... .max), radix: 36)
        return path.folder.appending(part: "." + path.lastPart.prefix(100) + ".\(unique).part")
    }
}
