import PTYSupport
import TestSupport
import Testing

extension ExplorerSessionTests {
    /// The list or a picture comes by standard input; keys come from the terminal all the same.
    @Suite struct StandardInputTests {
        @Test(arguments: [
            "printf '%s\\n' \"$1\" \"$2\" | \"$0\" explore --list -", "cat \"$1\" | \"$0\" - \"$2\"", "\"$0\" - \"$2\" < \"$1\"",
        ])
        func keysComeFromTheTerminal(_ line: String) throws {
            let program = try PTYSession.builtProduct("getam")
            let session = try PTYSession(
                "/bin/sh", ["-c", line, program, Explorer.picture("01-cat.jpg"), Explorer.picture("03-dog.jpg")],
                environment: ["TERM": "xterm-256color", "SWIFT_BACKTRACE": "enable=no", "PATH": "/usr/bin:/bin", "HOME": "/nonexistent"],
                columns: 120, rows: 40)
            try session.wait("the first maps") { $0.isComplete }
            try session.press("n", "the second picture") { $0.status.contains("2/2") && $0.isComplete }
            try session.press("p", "the first again") { $0.status.contains("1/2") && $0.isComplete }
            #expect(try session.quit() == (.status(0), []))
        }
    }
}
