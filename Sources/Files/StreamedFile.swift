import Glibc

/// A file written piece by piece that bears its name only once it is whole, as ``AtomicFile`` does for what memory holds at once.
///
/// A device, FIFO or open file of this process at the path is written to as the pieces come.
package final class StreamedFile {
    package let path: String
    private let replaces: Bool
    private let temporary: TemporaryFile?
    private let target: String
    /// -1 once it is closed.
    private var descriptor: Int32
    private var pending: [UInt8] = []

    /// Pieces are gathered to so many bytes.
    private static let gathered = 1 << 18

    /// - Parameter replaces: whether an existing file may be replaced.
    /// - Throws: `FileError` where the file could not be written.
    package init(path: String, replaces: Bool = true) throws(FileError) {
        self.path = path
        self.replaces = replaces
        if AtomicFile.isSpecial(path) {
            (temporary, target) = (nil, path)
            descriptor = FileSystem.open(path, O_WRONLY | O_APPEND)
            guard descriptor >= 0 else { throw .unwritable(path, errno) }
            return
        }
        let status = FileSystem.status(path)
        if status?.isFolder == true { throw FileError(.blocked, path: path, "is a folder, name a file in it") }
        target = status == nil ? path : FileSystem.resolved(path) ?? path
        guard let file = TemporaryFile(beside: target) else { throw .unwritable(path, errno) }
        if let status { fchmod(file.descriptor, status.st_mode & 0o777) }
        (temporary, descriptor) = (file, file.descriptor)
    }

    /// Nothing half-written is left behind.
    deinit {
        if let temporary, descriptor >= 0 { FileSystem.remove(temporary.path) }
        if descriptor >= 0 { close(descriptor) }
    }

    package func append(_ bytes: [UInt8]) throws(FileError) {
        pending += bytes
        if pending.count >= Self.gathered { try flush() }
    }

    package func append(_ text: String) throws(FileError) { try append(text.bytes) }

    /// Gives the file its name.
    package func finish() throws(FileError) {
        try flush()
        var failure: Int32 = 0
        if let temporary {
            if fsync(descriptor) != 0 { failure = errno }
            // A link, unlike a rename, refuses a name that is taken.
            if failure == 0, !(replaces ? FileSystem.rename(temporary.path, to: target) : FileSystem.link(temporary.path, to: target)) {
                failure = errno
            }
            if failure != 0 || !replaces { FileSystem.remove(temporary.path) }
        }
        if close(descriptor) != 0, failure == 0, errno != EINTR { failure = errno }
        descriptor = -1
        guard failure == 0 else { throw .unwritable(path, failure) }
    }

    private func flush() throws(FileError) {
        let failure = pending.withUnsafeBytes { Descriptor.write($0, to: descriptor) }
        pending.removeAll(keepingCapacity: true)
        guard failure == 0 else { throw .unwritable(path, failure) }
    }
}
