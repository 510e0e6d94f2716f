#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A program running in a pseudo terminal of its own, and the screen its output makes. Everything happens on the caller's
/// thread: the program's output is taken while waiting.
public final class PTYSession {
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
        public init(_ description: String) { self.description = description }
    }

    /// How the program ended.
    public enum Exit: Equatable, Sendable {
        case status(Int32)
        case signal(Int32)
    }

    public private(set) var screen: ScreenModel
    public let process: pid_t
    /// The terminal's modes before the program started.
    public let formerModes: TerminalState
    /// All bytes the program wrote.
    public private(set) var output: [UInt8] = []
    /// Whether the terminal says that it is there when it is asked, as all do.
    public var answersStatus = false
    /// Whether ``output`` is kept.
    public var keepsOutput = true

    private var controller: Int32
    /// Pixels of a character, which the terminal says where they are given.
    private let cell: (width: Int, height: Int)
    /// `POSIX_SPAWN_SETSID`, which the importer leaves out.
    private static let newSession: Int16 = 0x80
    private var exit: Exit?
    private var ended = false
    private var buffer = [UInt8](repeating: 0, count: 65536)

    /// Starts `executable` as the leader of a new session with the pseudo terminal as its terminal.
    ///
    /// - Parameters:
    ///   - environment: the whole of it; `TERM` is up to the caller.
    ///   - output: a file that standard output goes to instead of the terminal.
    public init(
        _ executable: String, _ arguments: [String] = [], environment: [String: String], columns: Int = 80,
        rows: Int = 24, cell: (width: Int, height: Int) = (0, 0), standardOutput: String? = nil
    ) throws {
        self.cell = cell
        screen = ScreenModel(columns: columns, rows: rows)
        var ends: (controller: Int32, terminal: Int32) = (-1, -1)
        var name = [CChar](repeating: 0, count: 256)
        guard openpty(&ends.controller, &ends.terminal, &name, nil, nil) == 0 else {
            throw Failure("no pseudo terminal: error \(errno)")
        }
        // Open until the program has it, for reading from a terminal nobody has open fails.
        defer { close(ends.terminal) }
        controller = ends.controller
        for end in [ends.controller, ends.terminal] { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let path = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        _ = fcntl(controller, F_SETFL, O_NONBLOCK)
        Self.setSize(controller, columns, rows, cell)
        formerModes = Self.modes(controller)

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // Opened by name after setsid, the terminal becomes the controlling one.
        posix_spawn_file_actions_addopen(&actions, 0, path, O_RDWR, 0)
        if let standardOutput {
            posix_spawn_file_actions_addopen(&actions, 1, standardOutput, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        } else {
            posix_spawn_file_actions_adddup2(&actions, 0, 1)
        }
        posix_spawn_file_actions_adddup2(&actions, 0, 2)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        posix_spawnattr_setflags(
            &attributes, Self.newSession | Int16(POSIX_SPAWN_SETSIGDEF) | Int16(POSIX_SPAWN_SETSIGMASK))

        var child: pid_t = 0
        let code = Self.withStrings([executable] + arguments) { argv in
            Self.withStrings(environment.map { "\($0)=\($1)" }) { envp in
                posix_spawn(&child, executable, &actions, &attributes, argv, envp)
            }
        }
        process = child
        guard code == 0 else {
            close(controller)
            throw Failure("cannot start \(executable): error \(code)")
        }
    }

    deinit {
        if controller >= 0 { close(controller) }
        if exit == nil {
            kill(process, SIGKILL)
            var status: Int32 = 0
            waitpid(process, &status, 0)
        }
    }

    // MARK: Doing

    /// Types text, or sends any bytes.
    public func send(_ text: String) throws { try send(Array(text.utf8)) }

    public func send(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(controller, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                // Both directions may be full: take what the program writes.
                _ = take(milliseconds: 10)
            } else if errno != EINTR {
                throw Failure("cannot type: error \(errno)")
            }
        }
    }

    /// Gives the terminal another size; the program gets SIGWINCH.
    public func resize(columns: Int, rows: Int) {
        screen.resize(columns: columns, rows: rows)
        Self.setSize(controller, columns, rows, cell)
    }

    public func signal(_ number: Int32) { kill(process, number) }

    /// The terminal goes away, as a window that is closed.
    public func hangUp() {
        close(controller)
        controller = -1
        ended = true
    }

    // MARK: Seeing

    /// Takes output until the condition holds of the screen. On a timeout the error shows the screen.
    public func wait(
        for timeout: Duration = .seconds(90), _ what: String = "content", until condition: (ScreenModel) -> Bool
    ) throws {
        let deadline = ContinuousClock.now + timeout
        while !condition(screen) {
            if ended { throw Failure("the program ended before \(what):\n\(screen)") }
            if ContinuousClock.now > deadline { throw Failure("no \(what) within \(timeout):\n\(screen)") }
            _ = take(milliseconds: 100)
        }
    }

    /// Takes output up to and with `mark`, past the screen model, which would cost time; the number of bytes.
    public func skip(through mark: [UInt8], within timeout: Duration = .seconds(90)) throws -> Int {
        let deadline = ContinuousClock.now + timeout
        var count = 0
        var tail: [UInt8] = []
        while true {
            if ended || ContinuousClock.now > deadline {
                throw Failure("no mark after \(count) bytes; last: \(String(decoding: tail, as: UTF8.self))")
            }
            guard let bytes = receive(milliseconds: 100) else { continue }
            count += bytes.count
            tail = Array((tail + bytes.suffix(256)).suffix(256))
            if tail.suffix(mark.count) == mark[...] { return count }
        }
    }

    /// Takes output up to the program's end.
    ///
    /// - Parameter reading: where not, the output is taken after the end: the terminal is not read.
    @discardableResult
    public func waitForExit(within timeout: Duration = .seconds(90), reading: Bool = true) throws -> Exit {
        if let exit { return exit }
        let deadline = ContinuousClock.now + timeout
        while true {
            if !ended, reading { _ = take(milliseconds: 20) }
            var status: Int32 = 0
            let result = waitpid(process, &status, WNOHANG)
            if result == process {
                while take(milliseconds: 0) {}
                let number = status & 0x7F
                let exit: Exit = number == 0 ? .status(status >> 8 & 0xFF) : .signal(number)
                self.exit = exit
                return exit
            }
            if ContinuousClock.now > deadline { throw Failure("still running after \(timeout):\n\(screen)") }
            if ended || !reading {
                var nothing = pollfd(fd: -1, events: 0, revents: 0)
                poll(&nothing, 1, 5)
            }
        }
    }

    /// The terminal's modes, as `tcgetattr` has them.
    public var modes: TerminalState { Self.modes(controller) }

    private static func modes(_ descriptor: Int32) -> TerminalState {
        var modes = termios()
        tcgetattr(descriptor, &modes)
        return TerminalState(
            input: modes.c_iflag, output: modes.c_oflag, control: modes.c_cflag, local: modes.c_lflag)
    }

    /// The flags of a terminal.
    public struct TerminalState: Equatable, Sendable {
        public let input, output, control, local: tcflag_t
    }

    /// Waits for output and feeds it to the screen. False when there was none.
    private func take(milliseconds: Int32) -> Bool {
        guard let bytes = receive(milliseconds: milliseconds) else { return false }
        if keepsOutput { output += bytes }
        let asked = screen.statusQuestions
        screen.feed(bytes)
        if answersStatus { for _ in asked..<screen.statusQuestions { try? send("\u{1B}[0n") } }
        return true
    }

    /// Takes at most so many bytes past the screen model; none where none come in time.
    public func taken(upTo limit: Int, within milliseconds: Int32) -> [UInt8] {
        Array(receive(milliseconds: milliseconds, limit: limit) ?? [])
    }

    /// Whether there is output not yet taken.
    public func isReadable(within milliseconds: Int32) -> Bool {
        var waiting = pollfd(fd: controller, events: Int16(POLLIN), revents: 0)
        return poll(&waiting, 1, milliseconds) > 0 && waiting.revents & Int16(POLLIN) != 0
    }

    private func receive(milliseconds: Int32, limit: Int = .max) -> ArraySlice<UInt8>? {
        if ended { return nil }
        var waiting = pollfd(fd: controller, events: Int16(POLLIN), revents: 0)
        if poll(&waiting, 1, milliseconds) <= 0 { return nil }
        let count = read(controller, &buffer, min(buffer.count, limit))
        if count > 0 { return buffer[..<count] }
        // EIO: nobody has the terminal open any more.
        if count == 0 || (errno != EAGAIN && errno != EINTR) { ended = true }
        return nil
    }

    private static func setSize(_ descriptor: Int32, _ columns: Int, _ rows: Int, _ cell: (width: Int, height: Int)) {
        var size = winsize(
            ws_row: UInt16(clamping: rows), ws_col: UInt16(clamping: columns), ws_xpixel: UInt16(clamping: columns * cell.width),
            ws_ypixel: UInt16(clamping: rows * cell.height))
        _ = ioctl(descriptor, UInt(TIOCSWINSZ), &size)
    }

    private static func withStrings<Result>(
        _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
    ) -> Result {
        var pointers = strings.map { strdup($0) }
        defer { for pointer in pointers { free(pointer) } }
        pointers.append(nil)
        return body(pointers)
    }
}
