import CTerminal
import Glibc

/// What ncurses writes, caught in memory, and sent to the terminal as fast as that takes it: a slow line keeps no key
/// waiting, and what a frame costs is known.
final class FrameOutput {
    /// A file in memory that takes the place of the terminal where ncurses writes; -1 where there can be none: then it
    /// writes to the terminal itself.
    private let memory: Int32
    /// The terminal, by a description of our own where it could be had: writes to that do not wait.
    private let terminal: Int32
    private let isOwn: Bool
    private var unsent: [UInt8] = []
    private var sentCount = 0
    private var buffer: [UInt8] = []

    /// - Parameters:
    ///   - descriptor: the terminal.
    ///   - stream: the descriptor that ncurses writes to, once it has set the terminal's modes by it.
    init(_ descriptor: Int32, catching stream: Int32) {
        memory = terminal_memory_file()
        if memory >= 0 { dup2(memory, stream) }
        let own = terminal_writer(descriptor)
        isOwn = own >= 0
        terminal = isOwn ? own : descriptor
    }

    deinit {
        if memory >= 0 { close(memory) }
        if isOwn { close(terminal) }
    }

    /// Whether what ncurses writes passes through here.
    var isCatching: Bool { memory >= 0 }
    /// For `poll`.
    var descriptor: Int32 { terminal }
    /// Whether something was not yet taken by the terminal.
    var isSending: Bool { sentCount < unsent.count }

    /// Puts bytes behind those not yet sent.
    func append(_ bytes: [UInt8]) { unsent += bytes }

    /// Takes what ncurses has written, less what the terminal need not be told.
    func collect(_ pen: inout PenSaver) -> [UInt8] {
        let count = memory < 0 ? 0 : lseek(memory, 0, SEEK_CUR)
        guard count > 0 else { return [] }
        lseek(memory, 0, SEEK_SET)
        if buffer.count < count { buffer = [UInt8](repeating: 0, count: Int(count)) }
        let got = pread(memory, &buffer, Int(count), 0)
        return got > 0 ? buffer.withUnsafeBufferPointer { pen.saved(UnsafeBufferPointer(rebasing: $0[..<got])) } : []
    }

    /// Sends as much as the terminal takes now. Where it is gone, the rest is nobody's.
    func send() {
        while isSending {
            let count = unsent.withUnsafeBytes { write(terminal, $0.baseAddress.map { $0 + sentCount }, $0.count - sentCount) }
            if count > 0 {
                sentCount += count
            } else if errno == EAGAIN {
                return
            } else if errno != EINTR {
                break
            }
        }
        unsent.removeAll(keepingCapacity: true)
        sentCount = 0
    }

    /// Sends all, for as long as the terminal goes on taking it.
    ///
    /// - Parameter patience: milliseconds that it may take nothing.
    func flush(patience: Int32 = -1) {
        send()
        while isSending {
            var waiting = pollfd(fd: terminal, events: Int16(POLLOUT), revents: 0)
            let ready = poll(&waiting, 1, patience)
            if ready == 0 { return }
            if ready < 0, errno != EINTR { return }
            send()
        }
    }

    /// Leaves out what is not yet sent. What follows must begin with ESC, which ends any sequence cut off by that.
    func dropUnsent() {
        unsent.removeAll(keepingCapacity: true)
        sentCount = 0
    }
}
