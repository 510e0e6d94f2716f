import Foundation
import Images
import PTYSupport
import Testing

extension ExplorerSessionTests {
    /// A terminal that takes pictures in pixels.
    @Suite struct PixelsTests {
        private static let answer = "\u{1B}_Gi=31;OK\u{1B}\\\u{1B}P>|kitty(0.35.2)\u{1B}\\\u{1B}[?62;c"

        /// The cells of a screen that show pictures, and of each what it is and where it begins.
        private func pieces(_ screen: ScreenModel) -> [UInt32: (column: Int, row: Int, count: Int)] {
            var all: [UInt32: (column: Int, row: Int, count: Int)] = [:]
            for row in 0..<screen.rows {
                for column in 0..<screen.columns {
                    guard let piece = screen.piece(column, row) else { continue }
                    let known = all[piece.id] ?? (column - piece.column, row - piece.row, 0)
                    #expect(known.column == column - piece.column && known.row == row - piece.row)
                    all[piece.id] = (known.column, known.row, known.count + 1)
                }
            }
            return all
        }

        private func isShown(_ screen: ScreenModel) -> Bool { screen.isComplete && !pieces(screen).isEmpty && !screen.isInFrame }

        /// - Parameter answer: sent as soon as the terminal is asked.
        private func start(
            _ arguments: [String] = [], answer: String? = nil, terminal: String = "xterm-kitty", environment: [String: String] = [:]
        ) throws -> PTYSession {
            let session = try Explorer.launch(
                [Explorer.picture("01-cat.jpg")] + arguments, terminal: terminal, cell: (9, 18), environment: environment)
            session.answersStatus = true
            if let answer {
                try session.wait("the question") { $0.pictures.questions == 1 }
                try session.send(answer)
            }
            try session.wait("the first maps") { $0.isComplete }
            return session
        }

        @Test func aTerminalThatProvesIt() throws {
            let session = try start(answer: Self.answer)
            try session.wait("pixels", until: isShown)
            try session.press(":view picture\r", "the picture") { $0.contains("─ picture ─") && !pieces($0).isEmpty && !$0.isInFrame }
            let (id, place) = try #require(pieces(session.screen).first)
            let picture = try #require(session.screen.pictures.held[id])
            #expect(place.count == picture.columns * picture.rows)
            // The same shape as its cells, to a pixel, and as the file has it.
            #expect(abs(picture.width * picture.rows * 18 - picture.height * picture.columns * 9) <= picture.columns * 9 + picture.rows * 18)
            let file = try ImageFile.read(path: Explorer.picture("01-cat.jpg"))
            let there = picture.pixels.filter { $0 >> 24 == 255 }.count / picture.width
            #expect(there == picture.height || there >= picture.height - picture.height / picture.rows)
            let wanted = file.resized(width: picture.width, height: there, filter: .box)
            var sum = 0, most = 0
            for (at, pixel) in picture.pixels.prefix(there * picture.width).enumerated() {
                for channel in 0..<3 {
                    let difference = abs(Int(pixel >> UInt32(16 - 8 * channel) & 255) - Int(wanted.samples[at * 3 + channel]))
                    sum += difference
                    most = max(most, difference)
                }
            }
            #expect(Double(sum) / Double(there * picture.width * 3) < 3 && most < 100, "mean \(Double(sum) / Double(there * picture.width * 3)), most \(most)")

            // What was there before is not sent again.
            let sent = session.screen.pictures.sent
            try session.press(":view overlay\r", "the overlay") { $0.contains("overlay · fused") && $0.isComplete && !$0.isInFrame && pieces($0)[id] == nil }
            #expect(session.screen.pictures.sent == sent)
            try session.press("?", "help over the picture") { $0.contains("Enter runs") && !$0.isInFrame }
            try session.press("\u{3}", "the picture again") { isShown($0) && pieces($0).values.first?.count == place.count }
            try session.press("\u{C}", "painted again") { isShown($0) && $0.pictures.sent > sent }
            session.resize(columns: 100, rows: 30)
            try session.wait("another size") { isShown($0) && $0.columns == 100 && pieces($0).values.first.map { $0.count < place.count } == true }
            try session.press(":doctor\r", "the doctor") { $0.contains("kitty, as kitty(0.35.2) answers") && $0.contains("characters of 9×18") }
            try session.send("q")
            #expect(try session.quit() == (.status(0), []))
            #expect(session.screen.pictures.held.isEmpty && session.screen.pictures.problems.isEmpty, "\(session.screen.pictures.problems)")
        }

        /// Nothing waits for an answer; one that comes too late changes nothing, and is no key.
        @Test func aTerminalThatDoesNotAnswer() throws {
            let session = try start()
            #expect(session.screen.pictures.questions == 1 && session.screen.pictures.sent == 0 && pieces(session.screen).isEmpty)
            #expect(session.screen.lines.contains { $0.contains("▀") })
            usleep(2_200_000)
            try session.send(Self.answer)
            try session.press(":graphics\r", hint: "graphics: off: the terminal took")
            #expect(session.screen.pictures.sent == 0)
            #expect(try session.quit() == (.status(0), []))
        }

        @Test(arguments: ["kitty(0.28.0)", "ghostty 1.1.3"])
        func terminalsThatAreKnown(name: String) throws {
            let session = try start(answer: "\u{1B}_Gi=31;OK\u{1B}\\\u{1B}P>|\(name)\u{1B}\\\u{1B}[?62;c")
            try session.wait("pixels", until: isShown)
            try session.press(":graphics\r", hint: "graphics: kitty, as \(name) answers")
            #expect(try session.quit() == (.status(0), []))
        }

        @Test func offAndOn() throws {
            let session = try start(["--graphics", "off"])
            #expect(session.screen.pictures.questions == 0)
            try session.press(":graphics kitty\r", "pixels") { isShown($0) && $0.hint.contains("kitty, as :graphics asks") }
            try session.press(":graphics off\r", "characters") { pieces($0).isEmpty && $0.pictures.held.isEmpty && $0.isComplete }
            try session.press(":graphics auto\r", "a question") { $0.pictures.questions == 1 }
            try session.press("\u{1B}[?62;c:graphics\r", hint: "graphics: off: the terminal does not answer that it can")
            try session.press(":graphics auto\r", hint: "graphics: off")
            #expect(try session.quit() == (.status(0), []))
        }

        /// Four panes, a signal in the middle.
        @Test func panesAndASignal() throws {
            let session = try start(["--graphics", "kitty"])
            try session.wait("pixels", until: isShown)
            try session.press("|||", "four panes") { pieces($0).count >= 1 && pieces($0).values.reduce(0) { $0 + $1.count } > 400 && $0.isComplete && !$0.isInFrame }
            try session.press("hh", "other layers", until: isShown)
            session.signal(SIGTERM)
            #expect(try session.waitForExit() == .status(143))
            #expect(session.traces == [] && session.screen.pictures.held.isEmpty && session.screen.pictures.problems.isEmpty)
        }

        /// Inside tmux they are drawn only where that is asked for, and go through its strings.
        @Test func insideTmux() throws {
            let session = try start(["--graphics", "kitty"], terminal: "tmux-256color", environment: ["TMUX": "/nowhere,1,0"])
            try session.wait("placeholders") { $0.isComplete && $0.lines.contains { $0.contains("\u{10EEEE}") } }
            let began = "\u{1B}Ptmux;\u{1B}\u{1B}_Ga=T,U=1,"
            #expect(session.screen.pictures.sent == 0 && String(decoding: session.output, as: UTF8.self).contains(began))
            try session.press(":graphics\r", hint: "allow-passthrough on")
            try session.press(":graphics auto\r", "characters") { !$0.lines.contains { $0.contains("\u{10EEEE}") } }
            #expect(session.screen.hint.contains("off: in tmux"))
            try session.wait("them gone") { $0.commands.contains { $0.hasPrefix("tmux;_Ga=d") } }
            #expect(try session.quit() == (.status(0), []))
        }
    }
}
