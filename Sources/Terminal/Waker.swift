import CTerminal
import Glibc

/// Wakes the screen's loop from any thread: a worker posts its result where the loop's handler looks, then calls
/// ``wake()``. Many wakes before the loop turns are one.
public final class Waker: Sendable {
    /// The end the loop polls.
    let reading: Int32
    private let writing: Int32

    public init() throws(TerminalError) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw .noPipe(code: errno) }
        (reading, writing) = (ends[0], ends[1])
        for end in ends {
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        }
    }

    deinit {
        close(reading)
        close(writing)
    }

    public func wake() {
        var byte: UInt8 = 1
        _ = write(writing, &byte, 1)  // a full pipe wakes as well
    }
}

/// Takes all bytes waiting in a pipe that does not block.
func drainPipe(_ descriptor: Int32) -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 256)
    while true {
        let count = read(descriptor, &buffer, buffer.count)
        if count <= 0 { return bytes }
        bytes += buffer[..<count]
        if count < buffer.count { return bytes }
    }
}
