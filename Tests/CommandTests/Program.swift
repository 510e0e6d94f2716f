import Files
import Foundation
import PTYSupport
import Synchronization
import TestSupport

/// `getam`, run to its end.
struct Outcome {
    /// The exit status; 128 and the signal's number where a signal ended it, as shells count.
    let status: Int32
    let output: [UInt8]
    let error: String

    var text: String { String(decoding: output, as: UTF8.self) }
    var lines: [String] { text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init) }
    var errorLines: [String] { error.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init) }

    /// Nothing on standard output, and one line on standard error that begins with the program's name.
    var isOneLine: Bool {
        output.isEmpty && errorLines.count == 1 && error.hasSuffix("\n") && error.hasPrefix("getam: ")
            && !error.dropLast().unicodeScalars.contains { $0.properties.generalCategory == .control }
    }
}

enum Program {
    static let path: Result<String, any Error> = Result { try PTYSession.builtProduct("getam") }

    /// Whether this is a release build.
    #if DEBUG
    static let isOptimized = false
    #else
    static let isOptimized = true
    #endif

    private static let spawning = Mutex(())

    /// What every run has in its environment; no terminal, no colors.
    static let environment = ["PATH": "/usr/bin:/bin", "HOME": "/", "SWIFT_BACKTRACE": "enable=no"]

    /// Runs the program and waits for its end. Standard input is empty.
    ///
    /// - Parameters:
    ///   - executable: another copy of the program.
    ///   - folder: the working folder.
    ///   - addressSpace: the most memory it may map, in KiB. (The largest resident set that the system reports of a program
    ///     is no less than that of the tests, which started it.)
    ///   - standardOutput: a file that standard output is appended to instead of being captured.
    static func run(
        _ arguments: [String], environment: [String: String] = [:], executable: String? = nil, folder: String? = nil,
        addressSpace: Int? = nil, standardOutput: String? = nil
    ) throws -> Outcome {
        var (out, err): ([Int32], [Int32]) = ([-1, -1], [-1, -1])
        // The tools' own `env` changes the folder; spawning cannot.
        var command = [try executable ?? path.get()] + arguments
        if let addressSpace { command = ["/bin/sh", "-c", "ulimit -v \(addressSpace) && exec \"$0\" \"$@\""] + command }
        if let folder { command = ["/usr/bin/env", "-C", folder] + command }
        var child: pid_t = 0
        // One at a time: a program that inherits another's pipes would keep them open.
        let code = spawning.withLock { _ -> Int32 in
            guard pipe(&out) == 0, pipe(&err) == 0 else { return errno }
            for end in out + err { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            var actions = posix_spawn_file_actions_t()
            posix_spawn_file_actions_init(&actions)
            defer { posix_spawn_file_actions_destroy(&actions) }
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
            if let standardOutput {
                posix_spawn_file_actions_addopen(&actions, 1, standardOutput, O_WRONLY | O_CREAT | O_APPEND, 0o644)
            } else {
                posix_spawn_file_actions_adddup2(&actions, out[1], 1)
            }
            posix_spawn_file_actions_adddup2(&actions, err[1], 2)
            return withStrings(command) { argv in
                withStrings(Self.environment.merging(environment) { $1 }.map { "\($0)=\($1)" }) { envp in
                    posix_spawn(&child, command[0], &actions, nil, argv, envp)
                }
            }
        }
        close(out[1])
        close(err[1])
        defer {
            close(out[0])
            close(err[0])
        }
        guard code == 0 else { throw PTYSession.Failure("cannot start \(command[0]): error \(code)") }
        let texts = try collect([out[0], err[0]], of: child)
        var status: Int32 = 0
        waitpid(child, &status, 0)
        let signal = status & 0x7F
        return Outcome(
            status: signal == 0 ? status >> 8 & 0xFF : 128 + signal, output: texts[0],
            error: String(decoding: texts[1], as: UTF8.self))
    }

    /// Reads all pipes to their ends, which the program's end brings about.
    private static func collect(_ pipes: [Int32], of child: pid_t) throws -> [[UInt8]] {
        var texts = [[UInt8]](repeating: [], count: pipes.count)
        var waiting = pipes.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while waiting.contains(where: { $0.fd >= 0 }) {
            let ready = poll(&waiting, nfds_t(waiting.count), 240_000)
            if ready < 0, errno == EINTR { continue }
            guard ready > 0 else {
                kill(child, SIGKILL)
                wait4(child, nil, 0, nil)
                throw PTYSession.Failure("silent for four minutes")
            }
            for index in waiting.indices where waiting[index].revents != 0 {
                let count = read(waiting[index].fd, &buffer, buffer.count)
                if count > 0 {
                    texts[index] += buffer[..<count]
                } else if count == 0 || errno != EINTR {
                    waiting[index].fd = -1
                }
            }
        }
        return texts
    }

    private static func withStrings<R>(_ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> R) -> R {
        let pointers = strings.map { $0.withPath { strdup($0) } }
        defer { for pointer in pointers { free(pointer) } }
        return body(pointers + [nil])
    }
}

extension Fixtures {
    static func picture(_ name: String) -> String { root.appending(path: "assets/pictures/\(name)").path }
    static func model(_ name: String) -> String { path("models/\(name)") }
    static var cat: String { picture("01-cat.jpg") }
}
