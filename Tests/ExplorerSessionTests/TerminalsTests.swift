import Foundation
import PTYSupport
import TestSupport
import Testing

extension ExplorerSessionTests {
    /// Sizes, colors, pipes and tmux.
    @Suite struct TerminalsTests {
        @Test func sizes() throws {
            // With pictures named: what to begin with stays until a key is pressed, cut where the screen becomes small.
            let session = try Explorer.start([Explorer.pictures])
            for (columns, rows) in [(40, 12), (200, 60), (80, 24), (64, 18), (300, 90)] {
                session.resize(columns: columns, rows: rows)
                try session.wait("\(columns)×\(rows)") {
                    $0.status.contains("fused 6-11") && $0.status.contains("cat") && $0.status.contains("getam")
                        && $0.isComplete && !$0.contains("too small")
                }
            }
            session.resize(columns: 39, rows: 12)
            try session.wait("a note") { $0.contains("40×12 needed, now 39×12") }
            session.resize(columns: 10, rows: 2)
            try session.wait("something") { $0.contains("terminal") }
            session.resize(columns: 1, rows: 1)
            session.resize(columns: 40, rows: 12)
            try session.wait("the screen again") { $0.isComplete && $0.contains("overlay · fused 6-11") }
            // A storm: the last size counts.
            for step in 0..<60 { session.resize(columns: 20 + step * 7 % 150, rows: 5 + step * 5 % 60) }
            session.resize(columns: 90, rows: 27)
            try session.wait("the storm's end") {
                $0.isComplete && $0.line(0).contains("01-cat.jpg") && $0.line(0).hasSuffix("85%") && $0.status.hasSuffix("1/10")
            }
            #expect(session.screen.unknown.isEmpty)
            #expect(try session.quit() == (.status(0), []))
        }

        @Test(arguments: [
            ("24bit", [], "xterm-256color", [:]), ("256", [], "xterm-256color", [:]), ("16", [], "xterm-256color", [:]),
            ("mono", [], "xterm-256color", [:]),
            ("24bit", nil, "xterm-256color", ["COLORTERM": "truecolor"]), ("256", nil, "xterm-256color", [:]),
            ("16", nil, "xterm", [:]), ("mono", nil, "xterm-mono", [:]), ("mono", nil, "xterm-256color", ["NO_COLOR": "1"]),
            ("256", nil, "xterm-256color", ["STY": "1.a", "COLORTERM": "truecolor"]),
            ("24bit", nil, "tmux-256color", ["TMUX": "/tmp/x,1,0"]), ("256", ["--colors", "256"], "xterm-256color", ["NO_COLOR": "1"]),
        ] as [(String, [String]?, String, [String: String])])
        func colors(depth: String, arguments: [String]?, terminal: String, environment: [String: String]) throws {
            let options = arguments.map { $0.isEmpty ? ["--colors", depth] : $0 } ?? []
            let session = try Explorer.start(options, columns: 80, rows: 24, terminal: terminal, environment: environment)
            var colors: Set<ScreenColor> = []
            for cell in session.screen.cells { colors.formUnion([cell.foreground, cell.background]) }
            colors.remove(.standard)
            let rgb = colors.contains { if case .rgb = $0 { true } else { false } }
            let high = colors.contains { if case .indexed(let index) = $0 { index > 15 } else { false } }
            switch depth {
            case "24bit": #expect(rgb && colors.count > 50)
            case "256": #expect(!rgb && high && colors.count > 20)
            case "16": #expect(!rgb && !high && (5...16).contains(colors.count))
            default: #expect(colors.isEmpty)
            }
            #expect(try session.quit() == (.status(0), []))
        }

        /// Dark, middle and bright parts of the picture stay apart where there are few colors or none.
        @Test(arguments: ["16", "mono"]) func fewColorsStillShowThePicture(depth: String) throws {
            let session = try Explorer.start(
                [Explorer.picture("03-dog.jpg"), "--colors", depth], columns: 120, rows: 40)
            try session.press("vv", shows: "─ picture ─")
            var kinds: [ScreenCell: Int] = [:]
            for row in 3..<30 { for column in 4..<76 { kinds[session.screen[column, row], default: 0] += 1 } }
            #expect(kinds.count >= 8, "\(kinds.count)")
            // No single look covers most of it.
            #expect(kinds.values.allSatisfy { $0 < 27 * 72 / 2 })
            #expect(try session.quit() == (.status(0), []))
        }

        @Test func aPipeGetsOneFrame() throws {
            let folder = try ScratchFolder()
            let path = folder.file("frame.txt")
            let session = try Explorer.launch([Explorer.picture("01-cat.jpg")], columns: 80, rows: 24, standardOutput: path)
            #expect(try session.waitForExit() == .status(0))
            #expect(session.output.isEmpty)
            let text = try String(contentsOfFile: path, encoding: .utf8)
            #expect(!text.contains("\u{1B}"))
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            #expect(lines.count == 25 && lines[24].isEmpty)
            #expect(lines[23].contains("fused 6-11") && lines[23].contains("cat"))
            let colored = try Explorer.launch(
                [Explorer.picture("01-cat.jpg"), "--colors", "256"], environment: ["COLUMNS": "100", "LINES": "30"],
                standardOutput: path)
            #expect(try colored.waitForExit() == .status(0))
            let frame = try String(contentsOfFile: path, encoding: .utf8)
            #expect(frame.contains("\u{1B}[") && frame.contains("38;5;"))
            #expect(frame.split(separator: "\n", omittingEmptySubsequences: false).count == 31)
        }

        @Test(arguments: [
            (["no-such-picture.jpg"], 66, "neither a command nor a picture"), (["/sys/kernel/mm"], 66, "no pictures"),
            (["/dev/null"], 65, "/dev/null"),
        ] as [([String], Int32, String)])
        func errorsComeBeforeAnyScreen(arguments: [String], status: Int32, message: String) throws {
            let session = try Explorer.launch(arguments, columns: 200)
            #expect(try session.waitForExit() == .status(status))
            #expect(session.screen.contains(message), "\(session.screen)")
            #expect(!session.output.contains(0x1B))
        }

        /// Emulators that the machine has no description of are served by the bundled ones.
        @Test(arguments: [
            ("xterm-kitty", "24bit"), ("foot", "24bit"), ("foot-extra", "24bit"), ("alacritty", "24bit"), ("alacritty-direct", "24bit"),
            ("xterm-ghostty", "24bit"), ("ghostty", "24bit"), ("wezterm", "24bit"), ("xterm-direct", "24bit"), ("contour", "24bit"),
            ("konsole-256color", "256"), ("gnome-256color", "256"), ("vte-256color", "256"), ("st-256color", "256"), ("iterm2", "256"),
            ("mintty", "256"), ("putty-256color", "256"), ("nsterm-256color", "256"), ("rxvt-unicode-256color", "256"), ("linux", "16"),
            ("screen.linux", "16"), ("tmux-direct", "24bit"), ("xterm-mono", "mono"), ("odd-256color", "256"),
        ]) func terminalsTheMachineDoesNotKnow(terminal: String, depth: String) throws {
            // Neither folder of descriptions is there.
            let session = try Explorer.launch(
                columns: 80, rows: 24, terminal: terminal, environment: ["TERMINFO": "/nonexistent", "TERMINFO_DIRS": "/nonexistent"])
            // The console of Linux has no second screen.
            try session.wait("the first maps") { screen in
                screen.alternate == (terminal != "linux") && screen.status.contains("e-") && !screen.isWorking
            }
            let colors = Set(session.screen.cells.flatMap { [$0.foreground, $0.background] })
            let rgb = colors.contains { if case .rgb = $0 { true } else { false } }
            let high = colors.contains { if case .indexed(let index) = $0 { index > 15 } else { false } }
            switch depth {
            case "24bit": #expect(rgb)
            case "256": #expect(!rgb && high)
            case "16": #expect(!rgb && !high && colors.count > 3)
            default: #expect(colors == [.standard])
            }
            #expect(try session.quit() == (.status(0), []))
        }

        @Test func anUnknownTerminal() throws {
            let session = try Explorer.launch(terminal: "nonesuch", environment: ["X": "1"])
            #expect(try session.waitForExit() != .status(0))
            #expect(session.screen.contains("TERM=nonesuch is not known"), "\(session.screen)")
            #expect(!session.output.contains(0x1B))
        }

        /// The script says which bytes go into tmux and what tmux shows of them. Skipped without tmux.
        @Test func insideTmux() throws {
            let session = try PTYSession(
                "/bin/sh",
                [Fixtures.root.appending(path: "Tests/Scripts/tmux-explorer.sh").path, PTYSession.builtProduct("getam"), Explorer.pictures],
                environment: [
                    "TERM": "xterm-256color", "PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8",
                    "LD_LIBRARY_PATH": ProcessInfo.processInfo.environment["LD_LIBRARY_PATH"] ?? "",
                ],
                columns: 200, rows: 200)
            let exit = try session.waitForExit(within: .seconds(120))
            #expect(exit == .status(0) || exit == .status(77), "\(session.screen)")
        }
    }

    /// The keyboard goes to another window and comes back: nothing has changed, so nothing is sent; what was lost is painted again.
    @Test func focusPaintsNothing() throws {
        let session = try Explorer.start([Explorer.picture("01-cat.jpg")])
        // One key more is waited for, so that all of the start was read.
        try session.press("h", status: "layer 11")
        try session.wait("the maps") { $0.isComplete }
        while session.isReadable(within: 300) { _ = session.taken(upTo: 1 << 20, within: 10) }
        try session.send("\u{1B}[O")
        #expect(session.taken(upTo: 1 << 20, within: 500).isEmpty)
        try session.send("\u{1B}[I")
        let sent = session.taken(upTo: 1 << 20, within: 500).count
        #expect(sent < 64, "\(sent) bytes")
        try session.send("\u{0C}")
        #expect(session.taken(upTo: 1 << 20, within: 3000).count > 1000)
        _ = try session.quit()
    }
}
