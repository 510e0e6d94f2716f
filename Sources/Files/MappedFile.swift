import Glibc

/// A whole regular file mapped read-only into memory for as long as the value lives; what comes through a pipe that
/// `/dev/stdin` or `/dev/fd/N` names is read to its end.
///
/// Pages are read when they are touched, so opening costs nothing however large the file. A file that another program
/// truncates while it is mapped raises SIGBUS on access, as with every mapping.
public final class MappedFile: Sendable {
    /// The path as given.
    public let path: String
    /// The file's bytes; empty for an empty file.
    ///
    /// They are mapped only while this object lives, and a last use of the object may be the reading of this very
    /// property: outside ``withBytes(_:)`` keep it alive with `withExtendedLifetime`.
    public nonisolated(unsafe) let bytes: UnsafeRawBufferPointer
    /// Whether the bytes are given back with this object.
    private let isMapped: Bool

    /// Maps the file at `path`.
    ///
    /// - Throws: `FileError` when it is missing, a directory, not a regular file, or cannot be mapped.
    public init(path: String) throws(FileError) {
        if let piped = try PipedInput.bytes(path) {
            (bytes, isMapped, self.path) = (piped, false, path)
            return
        }
        // Without O_NONBLOCK a FIFO would keep open() waiting for a writer; regular files do not know the flag.
        let descriptor = FileSystem.open(path, O_RDONLY | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw FileError(.missing, path: path, Self.message(errno))
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw FileError(.missing, path: path, Self.message(errno))
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFDIR: throw FileError(.invalid, path: path, "is a folder, a file was expected")
        default: throw FileError(.invalid, path: path, "is not a regular file")
        }
        let size = Int(status.st_size)
        if size == 0 {
            bytes = UnsafeRawBufferPointer(start: nil, count: 0)
        } else {
            guard let address = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), address != MAP_FAILED else {
                throw FileError(.missing, path: path, "cannot be mapped: \(Self.message(errno))")
            }
            bytes = UnsafeRawBufferPointer(start: address, count: size)
        }
        (isMapped, self.path) = (true, path)
    }

    /// Calls `body` with the file's bytes, which stay mapped until it returns.
    public func withBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        defer { withExtendedLifetime(self) {} }
        return try body(bytes)
    }

    deinit {
        if isMapped, let address = bytes.baseAddress {
            munmap(UnsafeMutableRawPointer(mutating: address), bytes.count)
        }
    }

    /// The system's words for an error number, lower-cased to stand after a colon.
    package static func message(_ number: Int32) -> String {
        let text = String(cString: strerror(number))
        return text.prefix(1).lowercased() + text.dropFirst()
    }
}
