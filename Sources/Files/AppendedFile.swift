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

    deinit { close(descriptor) }

    /// Writes all of `text` at the end.
    package func append(_ text: String) throws(FileError) {
        var text = text
        let number: Int32 = text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)[...]
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
        guard number == 0 else { throw Self.failure(path, number) }
    }

    private static func failure(_ path: String, _ number: Int32) -> FileError {
        FileError(.unwritable, path: path, "cannot be written: \(MappedFile.message(number))")
    }
}
