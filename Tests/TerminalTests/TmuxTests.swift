import PTYSupport
import Testing

extension TerminalProgramTests {
    @Suite struct TmuxTests {
        /// Colors as they go into tmux and come out of it; the script says what it saw. Skipped without tmux.
        @Test func colorsPassThroughTmux() throws {
            let session = try PTYSession(
                "/bin/sh",
                [
                    Probe.packageFolder + "/Tests/Scripts/tmux-colors.sh", PTYSession.builtProduct("terminal-probe"),
                    Probe.descriptions,
                ],
                environment: ["TERM": "xterm-256color", "PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"],
                columns: 200, rows: 100)
            let exit = try session.waitForExit(within: .seconds(60))
            let printed = "\(session.screen)"
            #expect(exit == .status(0) || exit == .status(77), "\(printed)")
        }
    }
}
