import Glibc
import PTYSupport
import Testing

extension TerminalProgramTests {
    @Suite struct KeyTests {
        /// Bytes as terminals send them, one burst each, and what is made of them.
        static let common: [(bytes: String, events: [String])] = [
            ("a", ["character a"]), ("é", ["character é"]), ("猫", ["character U+732B"]), ("😀", ["character U+1F600"]),
            (" ", ["character  "]), ("\r", ["key enter"]), ("\n", ["key enter"]), ("\t", ["key tab"]),
            ("\u{7F}", ["key backspace"]), ("\u{8}", ["key backspace"]), ("\u{1B}", ["key escape"]),
            ("\u{1}", ["control a"]), ("\u{13}", ["control s"]), ("\u{16}", ["control v"]),
            ("\u{1B}OA", ["key up"]), ("\u{1B}OB", ["key down"]), ("\u{1B}OC", ["key right"]),
            ("\u{1B}OD", ["key left"]), ("\u{1B}[A", ["key up"]), ("\u{1B}[D", ["key left"]),
            ("\u{1B}[1;2C", ["key right"]), ("\u{1B}[1;2A", ["key up"]), ("\u{1B}[5~", ["key pageUp"]),
            ("\u{1B}[6~", ["key pageDown"]), ("\u{1B}[3~", ["key delete"]), ("\u{1B}OH", ["key home"]),
            ("\u{1B}OF", ["key end"]), ("\u{1B}[1~", ["key home"]), ("\u{1B}[4~", ["key end"]),
            ("\u{1B}[Z", ["key backTab"]), ("\u{1B}OP", ["key function(1)"]), ("\u{1B}[15~", ["key function(5)"]),
            ("\u{1B}[24~", ["key function(12)"]),
            // Several at once, in order.
            ("jk\u{1B}OAl", ["character j", "character k", "key up", "character l"]),
            ("\u{1B}x", ["key escape", "character x"]),
            // Unknown sequences and answers vanish.
            ("\u{1B}[99;7zb", ["character b"]), ("\u{1B}[?62;4cb", ["character b"]), ("\u{1B}[12;34Rb", ["character b"]),
            ("\u{1B}]11;rgb:0000/8080/ffff\u{7}b", ["background 0080ff", "character b"]),
            ("\u{1B}]11;rgb:f/8/0\u{1B}\\b", ["background ff8800", "character b"]), ("\u{1B}]11;nonsense\u{7}b", ["character b"]),
            ("\u{1B}]10;rgb:0000/0000/0000\u{7}b", ["character b"]), ("\u{1B}[0nb", ["character b"]), ("\u{1B}_Gi=31;OK\u{1B}\\b", ["character b"]),
            ("\u{1B}P>|kitty(0.32.2)\u{1B}\\b", ["character b"]),
            ("\u{1B}P1+r544e\u{1B}\\b", ["character b"]),
            // Pastes, with what would be keys otherwise.
            ("\u{1B}[200~two words\r\té\u{1B}[201~b", ["paste \"two words\\r\\té\"", "character b"]),
            // The mouse, in decimals and in bytes.
            ("\u{1B}[<0;12;7M", ["mouse left 11 6"]), ("\u{1B}[<0;12;7m\u{1B}[<2;1;1M", ["mouse right 0 0"]),
            ("\u{1B}[<64;5;5M\u{1B}[<65;5;5M", ["mouse wheelUp 4 4", "mouse wheelDown 4 4"]),
            ("\u{1B}[<32;150;40M", ["drag 149 39"]), ("\u{1B}[<4;3;3M", ["mouse left 2 2"]),
            ("\u{1B}[M !!", ["mouse left 0 0"]), ("\u{1B}[M@\"#b", ["drag 1 2", "character b"]),
            ("\u{1B}[M`!!", ["mouse wheelUp 0 0"]), ("\u{1B}[<0;0;0Mb", ["character b"]),
            // Focus; what the next click does is tried elsewhere.
            ("\u{1B}[Ob", ["focus false", "character b"]), ("\u{1B}[Ib", ["focus true", "character b"]),
        ]

        @Test(arguments: ["xterm-256color", "tmux-256color"])
        func bytesBecomeEvents(terminal: String) throws {
            let session = try Probe.echo(terminal: terminal, rows: 50)
            var count = 0
            for (bytes, events) in Self.common {
                try session.send(bytes)
                for event in events {
                    count += 1
                    do {
                        try session.wait(for: .seconds(5)) { screen in
                            screen.lines.contains("\(count): \(event)".trimmedRight)
                        }
                    } catch {
                        Issue.record("\(bytes.debugDescription) must give \(events):\n\(session.screen)")
                        return
                    }
                }
                // Nothing more came of it.
                let total = count
                try session.wait { $0.line(49) == "events \(total) end" }
            }
            try session.send("q")
            #expect(try session.waitForExit() == .status(0))
        }

        /// Alt and a letter that begins a control string, and sequences cut off: the keys after a pause, and after an
        /// Escape, are keys.
        @Test(arguments: [
            "P", "]", "X", "^", "_", "[", "O", "]11;rgb:00", "P1+r5", "[12;", "[<3;", "[M", "[M!", "[1;2;3;4", "]0;title",
        ])
        func whatIsCutOffIsOver(begun: String) throws {
            // ESC [ may be the beginning of an answer: to be tried where nothing was asked.
            let session = try Probe.echo(terminal: begun == "[" ? "linux" : "xterm-256color")
            try session.send("\u{1B}" + begun)
            usleep(400_000)
            try session.send("?")
            try session.wait { $0.contains("1: character ?") && $0.contains("events 1 end") }
            try session.send("\u{1B}" + begun + "\u{1B}b")
            try session.wait { $0.contains("2: key escape") && $0.contains("3: character b") && $0.contains("events 3 end") }
            try session.send("q")
            #expect(try session.waitForExit() == .status(0))
            #expect(session.traces == [])
        }

        /// A paste whose end does not come is over when it pauses, or with an Escape; one whose end comes in parts is whole.
        @Test func pastesCutOff() throws {
            let session = try Probe.echo()
            try session.send("\u{1B}[200~one")
            try session.wait { $0.contains("1: paste \"one\"") }
            try session.send("a")
            try session.wait { $0.contains("2: character a") }
            try session.send("\u{1B}[200~two\u{1B}")
            try session.wait(for: .milliseconds(900)) { $0.contains("3: paste \"two\"") }
            try session.send("\u{1B}[200~")
            usleep(1_200_000)
            try session.send("b")
            try session.wait { $0.contains("4: character b") }
            try session.send("\u{1B}[200~three")
            for byte in "\u{1B}[201~".utf8 {
                try session.send([byte])
                usleep(40_000)
            }
            try session.send("c")
            try session.wait { $0.contains("5: paste \"three\"") && $0.contains("6: character c") && $0.contains("events 6 end") }
            try session.send("q")
            #expect(try session.waitForExit() == .status(0))
        }

        /// Bytes beyond ASCII in a mouse report: columns past 95.
        @Test func farColumnsInBytes() throws {
            let session = try Probe.echo(terminal: "tmux-256color", columns: 220)
            try session.send([0x1B, 0x5B, 0x4D, 32, 33 + 180, 33 + 9])
            try session.wait { $0.contains("1: mouse left 180 9") }
            try session.send("q")
            try session.waitForExit()
        }

        /// Broken UTF-8 loses nothing but itself; a character may come in two parts.
        @Test func brokenAndSplitCharacters() throws {
            let session = try Probe.echo()
            try session.send([0xC3])
            try session.send([0xA9])
            try session.wait { $0.contains("1: character é") }
            try session.send([0xFF, 0x61, 0xE7, 0x62, 0x80, 0x63])
            try session.wait { $0.contains("2: character a") && $0.contains("4: character c") }
            #expect(session.screen.contains("3: character b"))
            try session.send("q")
            try session.waitForExit()
        }

        @Test func theMouseIsGivenBack() throws {
            let session = try Probe.echo()
            #expect(session.screen.modes == [1004, 2004])
            try session.send("M")
            try session.wait { $0.contains("mouse true") }
            #expect(session.screen.modes == [1000, 1002, 1004, 1006, 2004])
            try session.send("M")
            try session.wait { $0.contains("mouse false") }
            #expect(session.screen.modes == [1004, 2004])
            try session.send("q")
            try session.waitForExit()
            #expect(session.traces == [])
        }

        /// Thousands of keys at once are one batch and end in one frame.
        @Test func aFloodOfKeys() throws {
            let session = try Probe.echo()
            try session.send(String(repeating: "abcdefgh", count: 400))
            try session.wait { $0.contains("events 3200 end") }
            try session.send("q")
            try session.waitForExit()
        }
    }
}

extension String {
    fileprivate var trimmedRight: String {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}
