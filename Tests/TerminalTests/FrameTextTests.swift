import Explorer
import PTYSupport
import Terminal
import Testing

@Suite struct FrameTextTests {
    @Test func plainTextIsTrimmed() {
        var frame = Frame(columns: 6, rows: 3)
        frame[1, 0] = Cell("a", foreground: Color(255, 0, 0))
        frame[3, 0] = Cell(" ", background: Color(0, 0, 255))
        #expect(frame.text(depth: .mono) == " a\n")
        #expect(frame.text(depth: .mono, trimmed: false) == " a    \n      \n      \n")
    }

    @Test func sequencesOfEachDepth() {
        var frame = Frame(columns: 3, rows: 1)
        frame[0, 0] = Cell("a", foreground: Color(255, 95, 0), style: .bold)
        frame[1, 0] = Cell(" ", background: Color(1, 2, 3))
        #expect(frame.text(depth: .trueColor) == "\u{1B}[0;1;38;2;255;95;0ma\u{1B}[0;48;2;1;2;3m \u{1B}[49m\n")
        #expect(frame.text(depth: .palette256) == "\u{1B}[0;1;38;5;202ma\u{1B}[0;48;5;16m \u{1B}[49m\n")
        #expect(frame.text(depth: .ansi16) == "\u{1B}[0;1;91ma\u{1B}[0;40m \u{1B}[49m\n")
    }

    /// Grays of pictures are mixed where there are 16 colors: their mean is the gray; hues and text are left alone.
    @Test(arguments: [0, 32, 64, 100, 127, 160, 200, 240, 255]) func graysOfPicturesAreMixed(gray: Int) {
        var frame = Frame(columns: 16, rows: 8, fill: Cell("▀", foreground: Color(UInt8(gray), UInt8(gray), UInt8(gray)),
            background: Color(UInt8(gray), UInt8(gray), UInt8(gray))))
        let plain = frame.text(depth: .ansi16)
        #expect(!plain.contains("▀") && !plain.contains("▄"))
        frame.pictures = [CellRect(column: 0, row: 0, columns: 16, rows: 8)]
        var screen = ScreenModel(columns: 16, rows: 8)
        screen.feed(frame.text(depth: .ansi16, trimmed: false).split(separator: "\n").joined(separator: "\r\n").utf8)
        // xterm's black, grays and white.
        let values = [0: 0, 7: 229, 8: 127, 15: 255]
        var sum = 0
        for cell in screen.cells {
            guard case .indexed(let lower) = cell.background else {
                Issue.record("\(cell)")
                return
            }
            var upper = lower
            if cell.scalar == "▀", case .indexed(let index) = cell.foreground { upper = index }
            sum += (values[upper] ?? 1000) + (values[lower] ?? 1000)
        }
        #expect(abs(sum / 256 - gray) <= 4, "\(sum / 256)")

        frame.cells = Array(repeating: Cell("▀", foreground: Color(0, 0, 238), background: Color(205, 0, 0)), count: 128)
        let hues = frame.text(depth: .ansi16)
        #expect(!hues.contains("40m") && !hues.contains("100m") && !hues.contains("107m"))
    }

    @Test func brightColorsOfSixteen() {
        var frame = Frame(columns: 1, rows: 1)
        frame[0, 0] = Cell("a", foreground: Color(250, 250, 250), background: Color(250, 10, 10))
        #expect(frame.text(depth: .ansi16) == "\u{1B}[97;101ma\u{1B}[39;49m\n")
    }

    @Test(arguments: [ColorDepth.mono, .ansi16, .palette256, .trueColor])
    func aTerminalShowsTheFrame(depth: ColorDepth) {
        for step in 0..<12 {
            let frame = RandomFrames.frame(seed: 7, step: step, columns: 40, rows: 12)
            var screen = ScreenModel(columns: 40, rows: 12)
            let text = frame.text(depth: depth, trimmed: step % 2 == 0)
            // The last line's end would scroll.
            screen.feed(text.utf8.dropLast().flatMap { $0 == 10 ? [13, 10] : [$0] })
            let differences = Look.differences(screen, frame, depth: depth, exact: true, styles: depth != .mono)
            #expect(differences.isEmpty, "step \(step): \(differences.prefix(3))")
            #expect(screen.unknown.isEmpty)
        }
    }
}
