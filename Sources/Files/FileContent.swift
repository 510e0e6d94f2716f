import Glibc

/// A regular file read into memory, which stays what it was whatever happens to the file.
///
/// For what other programs may write anew at any time: pictures, lists, label files. Models are mapped (``MappedFile``).
public final class FileContent: Sendable {
    /// The path as given.
    public let path: String
    /// What was read; outside ``withBytes(_:)`` keep the object alive with `withExtendedLifetime`.
    public nonisolated(unsafe) let bytes: UnsafeRawBufferPointer
    /// Bytes of the whole file.
    public let fileSize: Int
    /// Whether the bytes are given back with this object.
    private let isOwned: Bool

    /// More than any file that is read whole may have: 4 GiB.
    static let limit = 1 << 32

    /// Reads the file at `path`, or no more than `prefix` bytes from its beginning.
    ///
    /// - Throws: `FileError` when it is missing, no regular file, too large, or changed while it was read.
    public init(path: String, prefix: Int? = nil) throws(FileError) {
        if let piped = try PipedInput.bytes(path) {
            bytes = UnsafeRawBufferPointer(rebasing: piped.prefix(prefix ?? piped.count))
            (fileSize, isOwned, self.path) = (piped.count, false, path)
            return
        }
        let file = try RegularFile(path: path)
        defer { close(file.descriptor) }
        var memory: UnsafeMutableRawPointer?
        do throws(FileError) {
            bytes = try file.read(path, prefix: prefix) {
                memory = malloc($0)
                return memory
            }
        } catch {
            free(memory)
            throw error
        }
        (fileSize, isOwned, self.path) = (file.size, true, path)
    }

    /// Calls `body` with what was read.
    public func withBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        defer { withExtendedLifetime(self) {} }
        return try body(bytes)
    }

    deinit {
        if isOwned { free(UnsafeMutableRawPointer(mutating: bytes.baseAddress)) }
    }
}

/// Memory for regular files that are read whole one after another: it grows with the largest.
package final class FileBuffer {
    private var memory: UnsafeMutableRawPointer?
    private var capacity = 0

    package init() {}

    deinit { free(memory) }

    /// Gives its memory back where that is more than `most` bytes.
    package func release(above most: Int) {
        guard capacity > most else { return }
        free(memory)
        (memory, capacity) = (nil, 0)
    }

    /// Calls `body` with the content of the file at `path`.
    ///
    /// - Throws: as ``FileContent``, and what `body` throws.
    package func withContent<R>(
        of path: String, _ body: (UnsafeRawBufferPointer) throws(FileError) -> R
    ) throws(FileError) -> R {
        if let piped = try PipedInput.bytes(path) { return try body(piped) }
        let file = try RegularFile(path: path)
        defer { close(file.descriptor) }
        return try body(try file.read(path) { wanted in
            if wanted > capacity {
                free(memory)
                // Some to spare, so that slightly larger ones do not take memory each.
                capacity = wanted + wanted / 4
                memory = malloc(capacity)
                if memory == nil { capacity = 0 }
            }
            return memory
        })
    }
}

/// A regular file open for reading, and what it was when it was opened.
struct RegularFile {
    let descriptor: Int32
    private let status: stat

    var size: Int { Int(status.st_size) }

    /// - Throws: `FileError` when it is missing, a folder, or not a regular file.
    init(path: String) throws(FileError) {
        // Without O_NONBLOCK a FIFO would keep open() waiting for a writer; regular files do not know the flag.
        let descriptor = FileSystem.open(path, O_RDONLY | O_NONBLOCK)
        guard descriptor >= 0 else { throw FileError(.missing, path: path, MappedFile.message(errno)) }
        var status = stat()
        let reason: (kind: FileError.Kind, text: String)? =
            if fstat(descriptor, &status) != 0 {
                (.missing, MappedFile.message(errno))
            } else {
                switch status.st_mode & S_IFMT {
                case S_IFREG: nil
                case S_IFDIR: (.invalid, "is a folder, a file was expected")
                default: (.invalid, "is not a regular file")
                }
            }
        if let reason {
            close(descriptor)
            throw FileError(reason.kind, path: path, reason.text)
        }
        (self.descriptor, self.status) = (descriptor, status)
    }

    /// Its content, or no more than `prefix` bytes of it, in memory that `memory` gives for so many bytes.
    func read(
        _ path: String, prefix: Int? = nil, into memory: (Int) -> UnsafeMutableRawPointer?
    ) throws(FileError) -> UnsafeRawBufferPointer {
        let wanted = min(size, prefix ?? size)
        guard wanted <= FileContent.limit else {
            throw FileError(.invalid, path: path, "has \(size >> 20) MiB, which is too large: 4096 are the most")
        }
        guard let memory = memory(max(wanted, 1)) else {
            throw FileError(.invalid, path: path, "has \(size >> 20) MiB, for which there is not enough memory")
        }
        var count = 0
        while count < wanted {
            let result = Glibc.read(descriptor, memory + count, wanted - count)
            if result == 0 { break }
            if result > 0 {
                count += result
            } else if errno != EINTR {
                throw FileError(.missing, path: path, "cannot be read: \(MappedFile.message(errno))")
            }
        }
        guard count == wanted, isUnchanged else {
            throw FileError(.invalid, path: path, count < wanted ? "ends early: it was cut short while it was read" : "was changed while it was read")
        }
        return UnsafeRawBufferPointer(start: memory, count: count)
    }

    /// Whether size and time of the last change are what they were.
    var isUnchanged: Bool {
        var now = stat()
        return fstat(descriptor, &now) == 0 && now.st_size == status.st_size && now.st_mtim.tv_sec == status.st_mtim.tv_sec
            && now.st_mtim.tv_nsec == status.st_mtim.tv_nsec
    }
}
