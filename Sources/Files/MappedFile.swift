import CFiles
import Glibc

/// A whole regular file mapped read-only into memory for as long as the value lives; what comes through a pipe that
/// `/dev/stdin` or `/dev/fd/N` names is read to its end.
///
/// Pages are read when they are touched, so opening costs nothing however large the file. What another program cuts off
/// the file while it is mapped reads as zeros; ``check()`` tells.
public final class MappedFile: Sendable {
    /// The path as given.
    public let path: String
    /// The file's bytes; empty for an empty file.
    ///
    /// They are mapped only while this object lives, and a last use of the object may be the reading of this very
    /// property: outside ``withBytes(_:)`` keep it alive with `withExtendedLifetime`.
    public nonisolated(unsafe) let bytes: UnsafeRawBufferPointer
    /// nil for what came in through a pipe.
    private let file: RegularFile?
    private nonisolated(unsafe) let watch: OpaquePointer?

    /// Maps the file at `path`.
    ///
    /// - Throws: `FileError` when it is missing, a directory, not a regular file, or cannot be mapped.
    public init(path: String) throws(FileError) {
        self.path = path
        if let piped = try PipedInput.bytes(path) {
            (bytes, file, watch) = (piped, nil, nil)
            return
        }
        let file = try RegularFile(path: path)
        self.file = file
        if file.size == 0 {
            bytes = UnsafeRawBufferPointer(start: nil, count: 0)
            watch = nil
            return
        }
        guard let address = mmap(nil, file.size, PROT_READ, MAP_PRIVATE, file.descriptor, 0), address != MAP_FAILED else {
            let number = errno
            close(file.descriptor)
            throw FileError(.missing, path: path, "cannot be mapped: \(Self.message(number))")
        }
        bytes = UnsafeRawBufferPointer(start: address, count: file.size)
        watch = file_mapping_watch(address, file.size)
    }

    /// Calls `body` with the file's bytes, which stay mapped until it returns.
    public func withBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        defer { withExtendedLifetime(self) {} }
        return try body(bytes)
    }

    /// Whether the file is what it was when it was mapped. Where it is not, what was read of it may be neither the old nor
    /// the new. A file that was given another name, or whose name was given to another, is what it was.
    public var isWhole: Bool {
        defer { withExtendedLifetime(self) {} }
        return (watch.map { file_mapping_is_damaged($0) == 0 } ?? true) && file?.isUnchanged ?? true
    }

    /// - Throws: `FileError` where the file is not what it was; see ``isWhole``.
    public func check() throws(FileError) {
        guard isWhole else { throw FileError(.invalid, path: path, "was changed while it was read; try again when it is whole") }
    }

    deinit {
        guard let file else { return }
        if let watch { file_mapping_forget(watch) }
        if let address = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: address), bytes.count) }
        close(file.descriptor)
    }

    /// The system's words for an error number, lower-cased to stand after a colon.
    package static func message(_ number: Int32) -> String {
        let text = String(cString: strerror(number))
        return text.prefix(1).lowercased() + text.dropFirst()
    }
}
