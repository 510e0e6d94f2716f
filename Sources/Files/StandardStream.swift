import Glibc

/// Standard output or standard error: what is written goes out at once, and no failure stays unknown.
package struct StandardStream: Sendable {
    package static let output = StandardStream(descriptor: STDOUT_FILENO, name: "standard output")
    package static let error = StandardStream(descriptor: STDERR_FILENO, name: "standard error")

    private let descriptor: Int32
    private let name: String

    /// Whether a person reads it.
    package var isTerminal: Bool { isatty(descriptor) == 1 }

    /// Writes all of `text`, in which bytes that are not UTF-8 are as ``Swift/String/bytes`` has them. A reader that has gone
    /// away ends the program as SIGPIPE does.
    ///
    /// - Throws: `FileError` of kind `.unwritable`.
    package func write(_ text: String) throws(FileError) {
        try check(text.bytes.withUnsafeBytes { Descriptor.write($0, to: descriptor) })
    }

    /// Whether the stream would take something at once: a stopped terminal does not.
    package var isReady: Bool {
        var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return poll(&waiting, 1, 0) > 0
    }

    /// Asks for the failures that only closing shows, as on network file systems. The stream stays open.
    package func finish() throws(FileError) {
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
        if copy >= 0, close(copy) != 0, errno != EINTR { try check(errno) }
    }

    private func check(_ number: Int32) throws(FileError) {
        switch number {
        case 0: return
        case EPIPE:
            Self.dieOfBrokenPipes()
            raise(SIGPIPE)
        default: break
        }
        let reason = number == EBADF ? "it is closed" : MappedFile.message(number)
        throw FileError(.unwritable, path: name, "cannot be written: \(reason)")
    }

    /// To be called before anything is opened: a program may be started with its standard descriptors closed, and with
    /// signals ignored or blocked.
    ///
    /// A closed descriptor is taken up by one that fails as it would, or the next file opened would get what is meant for
    /// standard output. Writing beyond a limit of the file size becomes an error instead of a signal.
    package static func prepare() {
        for (descriptor, mode) in [(STDIN_FILENO, O_WRONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_RDONLY)]
        where fcntl(descriptor, F_GETFD) < 0 {
            _ = open("/dev/null", mode)
        }
        signal(SIGXFSZ, SIG_IGN)
        dieOfBrokenPipes()
    }

    /// A reader that goes away (`getam map … | head`) ends the program quietly, as any filter, whatever its parent ignores.
    private static func dieOfBrokenPipes() {
        var pipe = sigset_t()
        sigemptyset(&pipe)
        sigaddset(&pipe, SIGPIPE)
        signal(SIGPIPE, SIG_DFL)
        pthread_sigmask(SIG_UNBLOCK, &pipe, nil)
    }
}

/// Writing to an open descriptor.
enum Descriptor {
    /// Writes every byte, and waits where a descriptor that does not block is full. Returns 0 or the error number.
    static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int32 {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if written >= 0 {
                rest = rest.dropFirst(written)
                continue
            }
            switch errno {
            case EINTR: continue
            case EAGAIN:
                var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                if poll(&waiting, 1, -1) < 0, errno != EINTR { return errno }
            default: return errno
            }
        }
        return 0
    }
}
