import Explorer
import Glibc
import PTYSupport
import Terminal
import Testing

/// What a terminal answers, whole or in pieces, soon or late; what it tells by itself.
@Suite struct ReplyTests {
    private func events(_ pieces: [(bytes: String, at: Double)], awaiting: Bool = true) -> [Event] {
        var decoder = KeyDecoder()
        if awaiting { decoder.expect(2, at: 0) }
        var events: [Event] = []
        for piece in pieces {
            for byte in piece.bytes.utf8 { decoder.take(Int32(byte), at: piece.at) }
            events += decoder.finish(at: piece.at)
        }
        return events + decoder.finish(at: (pieces.last?.at ?? 0) + 60)
    }

    static let answer = "\u{1B}_Gi=31;OK\u{1B}\\\u{1B}P>|kitty(0.35.2)\u{1B}\\\u{1B}]11;rgb:ffff/8080/0000\u{1B}\\\u{1B}[0n\u{1B}[?62;22;52c"

    /// Cut anywhere, with any pause, an answer is never a key.
    @Test(arguments: [0.0, 0.1, 0.3, 1.5])
    func answersInPieces(pause: Double) {
        let bytes = Array(Self.answer.utf8)
        for cut in 1..<bytes.count {
            // An Escape that stands alone so long is one, and what follows it is typed.
            if pause > 0.2, bytes[cut - 1] == 0x1B { continue }
            let pieces = [String(decoding: bytes[..<cut], as: UTF8.self), String(decoding: bytes[cut...], as: UTF8.self)]
            let got = events([(pieces[0], 0.01), (pieces[1], 0.01 + pause)])
            #expect(got == [.background(Color(255, 128, 0))], "cut at \(cut): \(got)")
        }
        // Byte by byte.
        let slowly = bytes.enumerated().map { (String(decoding: [$1], as: UTF8.self), 0.01 + 0.02 * Double($0)) }
        #expect(events(slowly) == [.background(Color(255, 128, 0))])
    }

    /// Long after nobody waits for it any more it is still none.
    @Test func lateAnswers() {
        #expect(events([(Self.answer, 30)]) == [.background(Color(255, 128, 0))])
        #expect(events([("\u{1B}]11;rgb:ff", 30), ("ff/8080/0000\u{7}x", 31)]) == [.background(Color(255, 128, 0)), .key(.character("x"))])
        #expect(events([("\u{1B}_Gi=31;O", 30), ("K\u{1B}\\x", 31)], awaiting: false) == [.key(.character("x"))])
        #expect(events([("\u{1B}P>|kit", 30), ("ty(0.35.2)\u{1B}\\x", 31)], awaiting: false) == [.key(.character("x"))])
        #expect(events([("\u{1B}[?62;", 30), ("22cx", 31)], awaiting: false) == [.key(.character("x"))])
    }

    /// What is typed while answers are awaited is not lost.
    @Test func keysAmongAnswers() {
        #expect(events([("q", 0.01), (Self.answer + "j", 0.02), ("\u{1B}", 0.5)])
            == [.key(.character("q")), .background(Color(255, 128, 0)), .key(.character("j")), .key(.escape)])
        // An Escape alone, while an answer may begin with one.
        #expect(events([("\u{1B}", 0.01), ("", 0.3), ("k", 0.4)]) == [.key(.escape), .key(.character("k"))])
        #expect(events([("\u{1B}]11;rgb:ff", 0.01), ("?", 0.4)]) == [.key(.character("?"))])
    }

    /// The button that gives the window the keyboard does nothing else.
    @Test func theFirstClickOnlyFocuses() {
        var decoder = KeyDecoder()
        func click(_ at: Double) -> [Event] {
            for byte in "\u{1B}[<0;5;5M\u{1B}[<32;6;5M\u{1B}[<0;6;5m".utf8 { decoder.take(Int32(byte), at: at) }
            return decoder.finish(at: at)
        }
        let press = Event.mouse(.left, column: 4, row: 4), drag = Event.drag(column: 5, row: 4)
        #expect(click(1) == [press, drag])
        decoder.take(KeyDecoder.focusOut, at: 2)
        decoder.take(KeyDecoder.focusIn, at: 3)
        #expect(click(3.05) == [.focus(false), .focus(true)])
        #expect(click(3.1) == [] && click(4) == [press, drag])
        // Told in the other order.
        decoder.take(KeyDecoder.focusOut, at: 5)
        #expect(click(6) == [.focus(false), .focus(true)])
        #expect(click(7) == [press, drag])
    }

    @Test func textForTheClipboard() {
        for (text, encoded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy"), ("é\n", "w6kK")] {
            #expect(String(decoding: Clipboard.sequence(text), as: UTF8.self) == "\u{1B}]52;c;\(encoded)\u{7}")
        }
    }
}

/// One frame at a time, as fast as they get through.
@Suite struct LinkPaceTests {
    @Test func aTerminalThatNeverAnswersIsNotWaitedFor() {
        var pace = LinkPace()
        pace.begin(bytes: 50_000, at: 1)
        pace.taken(at: 1.01)
        #expect(pace.wait(at: 1.02) == 0 && pace.thrift == 0)
        // Writes that are slow to be taken tell as well.
        pace.begin(bytes: 50_000, at: 2)
        pace.taken(at: 4)
        #expect(pace.thrift == 1)
    }

    @Test func aSlowLineGetsOneFrameAtATime() {
        var pace = LinkPace()
        pace.answered(after: 0, at: 0.02)
        pace.begin(bytes: 8000, at: 1)
        pace.taken(at: 1)
        for time in stride(from: 1.0, to: 2.9, by: 0.1) { #expect(pace.wait(at: time) > 0) }
        pace.answered(at: 2)
        #expect(pace.wait(at: 2) == 0 && pace.thrift == 1)
        for round in 0..<5 {
            let start = 3 + Double(round) * 2
            pace.begin(bytes: 8000, at: start)
            #expect(pace.wait(at: start + 0.9) > 0)
            pace.answered(at: start + 1)
        }
        #expect(pace.thrift == 3)
        // It gets better.
        for round in 0..<3 {
            pace.begin(bytes: 8000, at: 20 + Double(round))
            pace.answered(at: 20.03 + Double(round))
        }
        #expect(pace.thrift == 0)
    }

    /// Frames begun before the first answer are each answered for, in their order.
    @Test func answersThatComeLate() {
        var pace = LinkPace()
        pace.begin(bytes: 6000, at: 1)
        pace.taken(at: 1)
        pace.begin(bytes: 80_000, at: 1.1)
        pace.taken(at: 1.1)
        pace.answered(after: 0.9, at: 1.2)
        #expect(pace.isTooSlowForPictures == nil && pace.wait(at: 1.2) > 0)
        pace.answered(at: 1.8)
        // The second is still on its way.
        #expect(pace.isTooSlowForPictures == true && pace.wait(at: 1.8) > 0)
        pace.answered(at: 9)
        #expect(pace.isTooSlowForPictures == true && pace.thrift > 0 && pace.wait(at: 9) == 0)
        // One without the question is not waited for.
        var silent = LinkPace()
        silent.begin(bytes: 6000, isAsked: false, at: 1)
        silent.taken(at: 1)
        silent.answered(after: 5, at: 5.1)
        #expect(silent.answers && silent.wait(at: 5.1) == 0)
    }

    /// Pictures in pixels need a line that takes one in a moment.
    @Test func slowLinesGetNoPictures() {
        var pace = LinkPace(), now = 1.0
        pace.answered(after: 0, at: 0.02)
        func frame(_ bytes: Int, takes time: Double) {
            pace.begin(bytes: bytes, at: now)
            pace.answered(at: now + 0.02 + time)
            now += 10
        }
        // What a small one takes is the terminal's way.
        frame(2000, takes: 0.2)
        #expect(pace.isTooSlowForPictures == nil)
        frame(40_000, takes: 5)
        #expect(pace.isTooSlowForPictures == true)
        // A little faster is not fast enough to come and go; then it is.
        for _ in 0..<12 { frame(40_000, takes: 0.18) }
        #expect(pace.isTooSlowForPictures == true)
        for _ in 0..<12 { frame(40_000, takes: 0.05) }
        #expect(pace.isTooSlowForPictures == false)
        for _ in 0..<12 { frame(40_000, takes: 0.18) }
        #expect(pace.isTooSlowForPictures == false)
    }

    /// Far and fast: frames follow each other sooner than answers come.
    @Test func aFarLineIsNotASlowOne() {
        var pace = LinkPace()
        pace.answered(after: 0, at: 0.3)
        pace.begin(bytes: 8000, at: 1)
        pace.answered(at: 1.301)
        var due: [Double] = []
        for round in 0..<60 {
            let start = 2 + 0.03 * Double(round)
            while let next = due.first, next <= start { pace.answered(at: due.removeFirst()) }
            #expect(pace.wait(at: start) == 0)
            pace.begin(bytes: 8000, at: start)
            pace.taken(at: start)
            due.append(start + 0.301)
        }
        #expect(pace.thrift == 0)
    }

    /// An answer that got lost among keys holds nothing up: later answers are those of later frames.
    @Test func oneLostAnswerFreezesNothing() {
        var pace = LinkPace(), now = 1.0
        pace.answered(after: 0, at: 0.02)
        func frame(_ bytes: Int, isLost: Bool = false) -> Double {
            let wait = pace.wait(at: now)
            now += wait
            pace.begin(bytes: bytes, at: now)
            pace.taken(at: now)
            now += 0.02 + Double(bytes) * 1e-6
            if !isLost { pace.answered(at: now) }
            now += 0.1
            return wait
        }
        for _ in 0..<10 { #expect(frame(5000) == 0) }
        #expect(frame(5000, isLost: true) == 0)
        // Big frames are waited for, each by its own answer; whatever is off is so for a moment.
        var longest = 0.0
        for _ in 0..<10 { longest = max(longest, frame(80_000)) }
        #expect(longest < 3)
        #expect(frame(80_000) == 0 && pace.answers)
        #expect(pace.last?.bytes == 80_000)
        // Frames that say nothing of the line do not stand for it.
        _ = frame(60)
        #expect(pace.last?.bytes == 80_000)
    }

    /// A terminal that ceases to answer is waited for once.
    @Test func answersThatStop() {
        var pace = LinkPace()
        pace.answered(after: 0, at: 0.02)
        pace.begin(bytes: 100, at: 1)
        let wait = pace.wait(at: 1)
        #expect(wait > 1 && wait < 4)
        #expect(pace.wait(at: 1 + wait + 0.001) == 0)
        pace.begin(bytes: 100, at: 5)
        #expect(pace.wait(at: 5) == 0 && !pace.answers)
    }
}

/// Fewer bytes that draw the same.
@Suite struct PenSaverTests {
    private func draw(_ bytes: [UInt8]) -> ScreenModel {
        var screen = ScreenModel(columns: 20, rows: 5)
        screen.feed(bytes)
        return screen
    }

    /// Random writing in the manner of ncurses, at every depth, in frames: each screen is the same as without.
    @Test(arguments: 0..<40)
    func theScreenIsTheSame(seed: UInt64) {
        var generator = RandomFrames.Generator(state: seed)
        var saver = PenSaver(), plain: [UInt8] = [], saved: [UInt8] = []
        func color(_ base: Int) -> String {
            let value = Int.random(in: 0..<3, using: &generator)
            switch (seed % 4, Int.random(in: 0..<8, using: &generator)) {
            case (_, 0): return "\(base + 9)"
            case (0, _): return "\(base + value)"
            case (1, _): return "\(base + 60 + value)"
            case (2, _): return "\(base + 8);5;\(value)"
            default: return "\(base + 8);2;\(value);0;\(value)"
            }
        }
        for _ in 0..<12 {
            var frame = ""
            for _ in 0..<60 {
                switch Int.random(in: 0..<12, using: &generator) {
                case 0...3: frame += "\u{1B}[\(color(30))m\u{1B}[\(color(40))m"
                case 4: frame += "\u{1B}[39;49m"
                case 5: frame += String(repeating: " ", count: Int.random(in: 1...3, using: &generator))
                case 6: frame += ["▀", "▄", "▀▀▄", "é─", "ab c"].randomElement(using: &generator) ?? "x"
                case 7: frame += "\u{1B}[\(Int.random(in: 1...5, using: &generator));\(Int.random(in: 1...20, using: &generator))H"
                case 8: frame += ["\u{1B}[K", "\u{1B}[3X", "\u{1B}[J", "\u{1B}[1K", "\u{1B}[2P", "\u{1B}[2@", "\r\n"].randomElement(using: &generator) ?? ""
                case 9: frame += ["\u{1B}(B\u{1B}[m", "\u{1B}[0;1m", "\u{1B}[7m", "\u{1B}[4m", "\u{1B}[27m"].randomElement(using: &generator) ?? ""
                default: frame += ["▀", "▄"].randomElement(using: &generator) ?? ""
                }
            }
            plain += Array(frame.utf8)
            saved += saver.saved(Array(frame.utf8))
        }
        plain += Array("\u{1B}[2;2H!".utf8)
        saved += saver.saved(Array("\u{1B}[2;2H!".utf8)) + saver.settled()
        let (wanted, got) = (draw(plain), draw(saved))
        #expect(saved.count <= plain.count)
        #expect(wanted.unknown.isEmpty && got.unknown.isEmpty)
        for row in 0..<5 {
            for column in 0..<20 {
                let (a, b) = (halves(wanted[column, row]), halves(got[column, row]))
                #expect(a == b, "\(column), \(row)")
            }
        }
    }

    /// What is seen of a cell: blocks by their halves, blanks by their background.
    private func halves(_ cell: ScreenCell) -> [ScreenCell] {
        guard !cell.reverse, !cell.underline else { return [cell] }
        var upper = ScreenCell(), lower = ScreenCell()
        switch cell.scalar {
        case " ": (upper.background, lower.background) = (cell.background, cell.background)
        case "▀": (upper.background, lower.background) = (cell.foreground, cell.background)
        case "▄": (upper.background, lower.background) = (cell.background, cell.foreground)
        default: return [cell]
        }
        // The terminal's own foreground and background are two colors.
        let isOwn = cell.scalar != " " && (cell.foreground == .standard || cell.background == .standard)
        return isOwn ? [cell] : [upper, lower]
    }

    @Test func colorsThatAreThereAreNotNamedAgain() {
        var saver = PenSaver()
        _ = saver.saved(Array("\u{1B}(B\u{1B}[m".utf8))
        let bytes = saver.saved(Array("\u{1B}[38;5;1m\u{1B}[48;5;2m▀\u{1B}[38;5;1m\u{1B}[48;5;3m▀\u{1B}[39;49m\u{1B}[48;5;3m  \u{1B}[38;5;3m\u{1B}[48;5;1m▄".utf8))
        #expect(String(decoding: bytes, as: UTF8.self) == "\u{1B}[38;5;1;48;5;2m▀\u{1B}[48;5;3m▀  ▀")
    }
}

extension TerminalProgramTests {
    /// The same through a real program and a terminal.
    @Suite struct TerminalMannersTests {
        @Test func lateAnswersAreNoKeys() throws {
            let session = try Probe.echo()
            #expect(session.screen.commands.contains("11;?"))
            for piece in ["\u{1B}]11;rgb:ffff/ffff", "/ffff\u{1B}", "\\\u{1B}[0n\u{1B}[?62", ";22c"] {
                try session.send(piece)
                usleep(piece.hasSuffix("\u{1B}") ? 60_000 : 300_000)
            }
            try session.wait { $0.contains("1: background ffffff") && $0.contains("events 1 end") }
            try session.send("D")
            try session.wait { $0.contains("background: #ffffff, as the terminal answers") && $0.contains("it calls itself 62;22") }
            try session.send("q")
            #expect(try session.waitForExit() == .status(0))
            #expect(session.traces == [])
        }

        /// Each frame whole, and nothing of it outside.
        @Test func framesAreBracketed() throws {
            let session = try Probe.echo()
            for key in "abc" { try session.press("\(key)", "the key") { $0.contains("character \(key)") } }
            #expect(session.screen.wholeFrames >= 4 && !session.screen.isInFrame)
            try session.press("Y", "the key") { $0.contains("character Y") && !$0.isInFrame }
            let frames = session.screen.wholeFrames
            try session.press("d", "the key") { $0.contains("character d") }
            #expect(session.screen.wholeFrames == frames)
            try session.send("q")
            #expect(try session.waitForExit() == .status(0))
            #expect(session.traces == [])
        }

        @Test(arguments: [(SIGTERM, 143), (SIGSEGV, -1)] as [(Int32, Int32)])
        func theTitleComesBack(signal: Int32, status: Int32) throws {
            let session = try Probe.echo()
            try session.press("T", "the title") { $0.title == "a title" }
            session.signal(signal)
            let exit = try session.waitForExit()
            #expect(status < 0 ? exit == .signal(signal) : exit == .status(status))
            #expect(session.screen.title == "" && session.traces == [])
        }

        @Test func theClipboard() throws {
            let session = try Probe.echo()
            try session.press("C", "the key") { $0.contains("character C") }
            #expect(session.screen.commands.contains("52;c;aGVsbG8sIHdvcmxk"))
            try session.send("q")
            try session.waitForExit()
            // screen passes on short pieces; the console of Linux would print it.
            let screen = try Probe.start("echo", terminal: "screen-256color", environment: ["STY": "1"])
            try screen.press("C", "the key") { $0.contains("character C") }
            let written = String(decoding: screen.output, as: UTF8.self)
            #expect(written.contains("\u{1B}P\u{1B}]52;c;aGVsbG8sIHdvcmxk\u{7}\u{1B}\\"))
            try screen.send("q")
            try screen.waitForExit()
            let console = try Probe.start("echo", terminal: "linux")
            try console.press("C", "the key") { $0.contains("character C") }
            let bytes = String(decoding: console.output, as: UTF8.self)
            #expect(!bytes.contains("\u{1B}]") && !bytes.contains("?1004h") && !bytes.contains("\u{1B}[c"))
            try console.send("q")
            try console.waitForExit()
        }

        /// Where the terminal answers, the next frame waits for the one before, and of those between only the last is drawn.
        @Test func oneFrameIsOnItsWay() throws {
            let session = try Probe.echo()
            // The first frame is answered for, the second not.
            try session.send("\u{1B}[0n\u{1B}[?62c\u{1B}[0n")
            try session.press("a", "the key") { $0.contains("1: character a") && $0.contains("events 1 end") }
            for key in ["b", "c", "d"] {
                try session.send(key)
                usleep(100_000)
            }
            #expect(throws: PTYSession.Failure.self) { try session.wait(for: .milliseconds(300)) { $0.contains("character b") } }
            let before = session.output.count
            try session.send("\u{1B}[0n")
            try session.wait { $0.contains("4: character d") && $0.contains("events 4 end") }
            #expect(String(decoding: session.output[before...], as: UTF8.self).components("\u{1B}[5n") == 1)
            // Keys are heard all the while, and the end does not wait.
            try session.send("q")
            #expect(try session.waitForExit(within: .seconds(3)) == .status(0))
            #expect(session.traces == [])
        }
    }
}

extension PTYSession {
    fileprivate func press(_ keys: String, _ what: String, until condition: (ScreenModel) -> Bool) throws {
        try send(keys)
        try wait(what, until: condition)
    }
}

extension String {
    /// How often a text is in it.
    fileprivate func components(_ text: String) -> Int {
        var count = 0, rest = self[...]
        while let range = rest.firstRange(of: text) {
            count += 1
            rest = rest[range.upperBound...]
        }
        return count
    }
}
