import Foundation
import PTYSupport
import TestSupport
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension ExplorerSessionTests {
    /// However it ends, the terminal is left as it was.
    @Suite struct EndingTests {
        @Test(arguments: [(SIGTERM, 143), (SIGHUP, 129), (SIGINT, 130)] as [(Int32, Int32)])
        func signals(signal: Int32, status: Int32) throws {
            let session = try Explorer.start()
            #expect(session.screen.alternate && !session.screen.cursorVisible)
            #expect(session.screen.modes.contains(1000) && session.modes != session.formerModes)
            session.signal(signal)
            #expect(try session.waitForExit() == .status(status))
            #expect(session.traces == [])
        }

        @Test func controlC() throws {
            let session = try Explorer.start()
            try session.send("\u{3}")
            #expect(try session.waitForExit() == .status(130))
            #expect(session.traces == [])
            // A line is left first, and marks are asked for.
            let other = try Explorer.start(columns: 160)
            try other.press(":lay", hint: ":lay")
            try other.press("\u{3}", "the keys again") { !$0.hint.hasPrefix(" :lay") }
            try other.press(" ", hint: "marked")
            try other.press("\u{3}", hint: "are not saved. Quit?  y yes  n no  s save")
            try other.send("\u{3}")
            #expect(try other.waitForExit() == .status(130))
            #expect(other.traces == [])
        }

        @Test func marksAreSavedOnTheWayOut() throws {
            let folder = try ScratchFolder()
            let session = try Explorer.start([Explorer.picture("01-cat.jpg")], columns: 160)
            try session.press(" ", hint: "cat marked")
            try session.press("qs", hint: "save marks to: labels.txt")
            try session.send("\u{15}\(folder.file("marks.txt"))\r")
            #expect(try session.waitForExit() == .status(0))
            #expect(session.traces == [])
            #expect(try String(contentsOfFile: folder.file("marks.txt"), encoding: .utf8) == "01-cat.jpg cat\n")
            let again = try Explorer.start([Explorer.picture("01-cat.jpg"), "--labels", folder.file("marks.txt")], columns: 160)
            try again.press("a", shows: "labels from file")
            #expect(try again.quit() == (.status(0), []))
        }

        @Test func aCrash() throws {
            let session = try Explorer.start()
            session.signal(SIGSEGV)
            #expect(try session.waitForExit() == .signal(SIGSEGV))
            #expect(session.traces == [])
        }

        @Test func aClosedTerminal() throws {
            let session = try Explorer.start()
            session.hangUp()
            #expect(try session.waitForExit() == .status(129))
        }

        /// Leaving does not wait for the forward pass.
        @Test(arguments: ["q", "\u{3}"]) func duringAForwardPass(key: String) throws {
            let session = try Explorer.launch([Explorer.picture("01-cat.jpg")] + Explorer.slow)
            try session.wait("a forward pass under way") { $0.hint.contains("forward pass") && $0.hint.contains("▱") }
            let clock = ContinuousClock(), start = clock.now
            try session.send(key)
            #expect(try session.waitForExit() == .status(key == "q" ? 0 : 130))
            let time = clock.now - start
            #expect(time < .seconds(1), "\(time)")
            #expect(session.traces == [])
        }

        /// A terminal that takes nothing more: asked once or twice to end, the program does, and what it writes last restores
        /// the terminal that is read again.
        @Test(arguments: [(SIGTERM, 1), (SIGTERM, 2), (SIGHUP, 1), (SIGQUIT, 2), (SIGINT, 2)] as [(Int32, Int)])
        func aTerminalThatIsNotRead(signal: Int32, times: Int) throws {
            let session = try Explorer.start(columns: 400, rows: 150)
            // Colors of maps: more than the terminal holds.
            for _ in 0..<30 {
                try session.send("c")
                usleep(10_000)
            }
            usleep(300_000)
            for _ in 0..<times {
                session.signal(signal)
                usleep(200_000)
            }
            #expect(try session.waitForExit(within: .seconds(3), reading: false) == .status(128 + signal))
            #expect(session.traces == [])
        }

        /// A limit of the file size makes an export fail, and nothing else.
        @Test func aLimitOfTheFileSize() throws {
            let folder = try ScratchFolder()
            let session = try PTYSession(
                "/bin/bash",
                ["-c", "ulimit -f 1; exec env --default-signal=XFSZ,PIPE \"$0\" \"$1\"", PTYSession.builtProduct("getam"), Explorer.picture("01-cat.jpg")],
                environment: [
                    "TERM": "xterm-256color", "PATH": "/usr/bin:/bin", "SWIFT_BACKTRACE": "enable=no",
                    "LD_LIBRARY_PATH": ProcessInfo.processInfo.environment["LD_LIBRARY_PATH"] ?? "",
                ], columns: 160)
            try session.wait("maps") { $0.isComplete }
            try session.press(":export overlay \(folder.file("out.png"))\r", hint: "file too large")
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
            try session.press("h", status: "layer 11")
            #expect(try session.quit() == (.status(0), []))
        }

        /// The model's file is cut short under the explorer: a message, and keys are answered.
        @Test func aModelCutShort() throws {
            let folder = try ScratchFolder()
            let model = try Fixtures.writeModelUsedInPlace(folder.path)
            let session = try Explorer.start([Explorer.pictures, "-m", folder.path], columns: 160)
            #expect(truncate(model, 5000) == 0)
            // The next two may have been computed ahead.
            try session.press("nnnn", "a message about the model") { $0.contains("the model was changed while it was in use") }
            try session.press("?", shows: "keys")
            try session.send("\u{1B}")
            #expect(try session.quit() == (.status(0), []))
        }

        /// Ctrl-Z gives the shell its terminal, `fg` takes it again, at another size.
        @Test func stoppedAndContinued() throws {
            let session = try PTYSession(
                "/bin/sh", ["-i"],
                environment: [
                    "PS1": "ready> ", "TERM": "xterm-256color", "PATH": "/usr/bin:/bin", "SWIFT_BACKTRACE": "enable=no",
                    "LD_LIBRARY_PATH": ProcessInfo.processInfo.environment["LD_LIBRARY_PATH"] ?? "",
                ],
                columns: 100, rows: 30)
            try session.wait("prompt") { $0.contains("ready>") }
            let modes = session.modes
            try session.send("'\(PTYSession.builtProduct("getam"))' '\(Explorer.pictures)'\n")
            try session.wait("maps") { $0.isComplete }
            try session.press("h", status: "layer 11")
            try session.press("\u{1A}", "the shell") {
                !$0.alternate && $0.line($0.row).hasPrefix("ready>") && $0.cursorVisible
            }
            #expect(session.screen.modes.isEmpty && session.modes == modes)
            session.resize(columns: 70, rows: 26)
            try session.press("fg\n", "the screen again") {
                $0.isComplete && $0.status.contains("layer 11") && $0.modes.contains(1000) && !$0.cursorVisible
            }
            try session.press("l", status: "fused 6-11")
            try session.press("q", "the shell") { !$0.alternate && $0.line($0.row).hasPrefix("ready>") }
            #expect(session.modes == modes)
            try session.send("exit\n")
            #expect(try session.waitForExit() == .status(0))
        }
    }
}
