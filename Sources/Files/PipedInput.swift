import Glibc
import Synchronization

/// What comes in through a pipe, such as standard input or a shell's `<(…)`: it can be read once only, and is kept for all
/// who read it.
enum PipedInput {
    /// The bytes of standard input, and of the open file that `/dev/fd/N` names where it is a pipe, a socket or a device; nil
    /// for other paths.
    ///
    /// - Throws: `FileError` where it cannot be read.
    static func bytes(_ path: String) throws(FileError) -> UnsafeRawBufferPointer? {
        guard let descriptor = descriptor(path) else { return nil }
        let content = contents.withLock { contents -> Result<Content, Failure>? in
            if let content = contents[descriptor] { return content }
            var status = stat()
            // A file that the shell opened is read as a pipe is: another may take its place once it is read.
            let isMapped = descriptor == STDIN_FILENO ? [S_IFDIR] : [S_IFREG, S_IFDIR]
            guard fstat(descriptor, &status) == 0, !isMapped.contains(status.st_mode & S_IFMT) else { return nil }
            contents[descriptor] = read(descriptor)
            return contents[descriptor]
        }
        switch content {
        case nil: return nil
        case .success(let content)?: return content.bytes
        case .failure(let failure)?: throw FileError(.missing, path: path, "cannot be read: \(MappedFile.message(failure.number))")
        }
    }

    private static func descriptor(_ path: String) -> Int32? {
        if path == "/dev/stdin" { return STDIN_FILENO }
        for folder in ["/dev/fd/", "/proc/self/fd/"] where path.hasPrefix(folder) { return Int32(path.dropFirst(folder.count)) }
        return nil
    }

    /// Bytes that stay for the life of the program.
    private struct Content: @unchecked Sendable {
        let bytes: UnsafeRawBufferPointer
    }

    private struct Failure: Error {
        let number: Int32
    }

    private static let contents = Mutex<[Int32: Result<Content, Failure>]>([:])

    private static func read(_ descriptor: Int32) -> Result<Content, Failure> {
        var capacity = 1 << 20, count = 0
        var memory = realloc(nil, capacity)
        while let place = memory {
            let read = Glibc.read(descriptor, place + count, capacity - count)
            if read == 0 { return .success(Content(bytes: UnsafeRawBufferPointer(start: place, count: count))) }
            if read < 0, errno != EINTR { return .failure(Failure(number: errno)) }
            count += max(read, 0)
            guard count <= FileContent.limit else {
                free(place)
                return .failure(Failure(number: EFBIG))
            }
            if count == capacity {
                capacity *= 2
                memory = realloc(place, capacity)
            }
        }
        return .failure(Failure(number: ENOMEM))
    }
}
