import Files
import Glibc

/// Text for the clipboard of whoever sits at the terminal, near or far. It is never read.
package struct Clipboard {
    let traits: TerminalTraits
    /// The process's, for tmux's client.
    let environment: [String: String]

    /// The way to it.
    var route: String {
        if traits.isTmux { return "tmux load-buffer -w, else OSC 52" }
        if traits.isScreen { return "OSC 52, passed through by screen" }
        return traits.isEmulator ? "OSC 52" : "none: this terminal has no clipboard"
    }

    /// What to write to the terminal for a text to be copied: empty where tmux has taken it.
    func bytes(_ text: String) -> [UInt8]? {
        guard traits.isEmulator || traits.isTmux else { return nil }
        // By default tmux takes no OSC 52 from programs, but passes on what it is given for its own buffer.
        if traits.isTmux, giveToTmux(text) { return [] }
        let command = Self.sequence(text)
        guard traits.isScreen else { return command }
        // screen passes on what stands in DCS, in short pieces.
        var bytes: [UInt8] = []
        for start in stride(from: 0, to: command.count, by: 200) {
            bytes += Array("\u{1B}P".utf8) + command[start..<min(start + 200, command.count)] + Array("\u{1B}\\".utf8)
        }
        return bytes
    }

    /// OSC 52.
    package static func sequence(_ text: String) -> [UInt8] { Array("\u{1B}]52;c;\(base64(Array(text.utf8)))\u{7}".utf8) }

    /// Since tmux 3.2; false where that is older, not there or does not answer.
    private func giveToTmux(_ text: String) -> Bool {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return false }
        defer { for end in ends where end >= 0 { close(end) } }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        // What a pipe holds at once.
        let bytes = Array(text.utf8)
        guard bytes.count <= 60_000 else { return false }

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
        for stream: Int32 in [1, 2] { posix_spawn_file_actions_addopen(&actions, stream, "/dev/null", O_RDWR, 0) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))

        var child: pid_t = 0
        func pointers(_ texts: [String]) -> [UnsafeMutablePointer<CChar>?] { texts.map { $0.withPath { strdup($0) } } + [nil] }
        var words = pointers(["tmux", "load-buffer", "-w", "-"]), variables = pointers(environment.map { "\($0.key)=\($0.value)" })
        defer { for pointer in words + variables { free(pointer) } }
        guard posix_spawnp(&child, "tmux", &actions, &attributes, &words, &variables) == 0 else { return false }
        _ = bytes.withUnsafeBytes { write(ends[1], $0.baseAddress, $0.count) }
        close(ends[1])
        ends[1] = -1
        // A few milliseconds; a server that hangs is not waited for.
        var status: Int32 = 0
        for _ in 0..<100 {
            if waitpid(child, &status, WNOHANG) == child { return status == 0 }
            usleep(5000)
        }
        kill(child, SIGKILL)
        waitpid(child, &status, 0)
        return false
    }
}
