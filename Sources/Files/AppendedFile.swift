import Glibc

/// A file that grows line by line, each written at once.
package final class AppendedFile: Sendable {
    private let path: String
    private let descriptor: Int32

    /// Opens the file at `path`, made where it is not there, and cuts it to its first `count` bytes.
    package init(path: String, keeping count: Int) throws(FileError) {
        self.path = path
        descriptor = FileSystem.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure(path, errno) }
        guard ftruncate(descriptor, count) == 0 else {
            let number = errno
            close(descriptor)
            throw Self.failure(path, number)
        }
    }

    /// Opens the file at `path` for this writer alone, as long as it lives; made where it is not there, and nothing in it changed.
    ///
    /// - Throws: `FileError` where it cannot be written, or another process writes it.
    package init(alone path: String) throws(FileError) {
        self.path = path
        descriptor = FileSystem.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure(path, errno) }
        // A file system that knows no locks cannot tell of another writer.
        guard flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK else { return }
        close(descriptor)
        throw FileError(.blocked, path: path, "is being written by another process: end that one first")
    }

    deinit {
        // A process that was begun meanwhile and has not yet become its program holds the descriptor too, and with it the lock.
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }

    /// Cuts the file to its first `count` bytes.
    package func cut(to count: Int) throws(FileError) {
        guard ftruncate(descriptor, count) == 0 else { throw Self.failure(path, errno) }
    }

    /// Has all that was written reach the disk.
    package func sync() throws(FileError) {
        guard fdatasync(descriptor) != 0 else { return }
        // A device or pipe has nothing to be synced.
        guard errno != EINVAL, errno != EROFS else { return }
        throw Self.failure(path, errno)
    }

    /// Writes all of `text` at the end.
    package func append(_ text: String) throws(FileError) {
        var text = text
        let number = text.withUTF8 { put(UnsafeRawBufferPointer($0)) }
        guard number == 0 else { throw Self.failure(path, number) }
    }

    /// Writes all of `bytes` at the end.
    package func append(_ bytes: [UInt8]) throws(FileError) {
        let number = bytes.withUnsafeBytes { put($0) }
        guard number == 0 else { throw Self.failure(path, number) }
    }

    /// The system's error; 0 where there is none.
    private func put(_ bytes: UnsafeRawBufferPointer) -> Int32 {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if written < 0 {
                if errno == EINTR { continue }
                return errno
            }
            rest = rest.dropFirst(written)
        }
        return 0
    }

    private static func failure(_ path: String, _ number: Int32) -> FileError {
        FileError(.unwritable, path: path, "cannot be written: \(MappedFile.message(number))")
    }
}
