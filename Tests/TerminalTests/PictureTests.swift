import Explorer
import PTYSupport
import Terminal
import Testing

/// Pictures in pixels, as a terminal with kitty's protocol reads them.
@Suite struct PictureEncodingTests {
    private func read(_ bytes: [UInt8]) -> TerminalPictures {
        var screen = ScreenModel(columns: 8, rows: 4)
        screen.feed(bytes)
        #expect(screen.unknown.isEmpty && screen.pictures.problems.isEmpty && !screen.pictures.isComing, "\(screen.pictures.problems)")
        #expect(screen.lines.allSatisfy(\.isEmpty) && screen.column == 0 && screen.row == 0)
        return screen.pictures
    }

    /// Sizes at and around the ends of pieces, pixels that shrink and others that do not, clear parts.
    @Test func whatIsSentIsThePicture() throws {
        let sizes = [(1, 1, 0), (1, 2, 1), (2, 1, 0), (3, 5, 2), (16, 16, 15), (32, 32, 0), (33, 31, 1), (64, 16, 0), (100, 75, 8), (463, 345, 0)]
        for seed in 0..<UInt64(3) {
            for (place, size) in sizes.enumerated() {
                let (width, height, clear) = size, id = UInt32(place + 1) << 8 | 7
                let rect = CellRect(column: 3, row: 1, columns: 2 + place, rows: 1 + place)
                let image = PictureFrames.image(seed, rect, width: width, height: height, clear: clear)
                let bytes = KittyGraphics().transmission(image, id: id)
                let got = try #require(read(bytes).held[id])
                #expect(got.columns == rect.columns && got.rows == rect.rows && got.width == width && got.height == height)
                let wanted = image.pixels.map { $0 | 0xFF00_0000 } + [UInt32](repeating: 0, count: width * clear)
                #expect(got.pixels == wanted, "seed \(seed), \(size)")
                // What is smooth or flat takes less than its samples.
                if seed != 1, width * height > 4000 { #expect(bytes.count < width * height * 2) }
                #expect(read(bytes + KittyGraphics().deletion(id)).held.isEmpty)
                #expect(Self.throughTmux(KittyGraphics(isThroughTmux: true).transmission(image, id: id)) == bytes)
            }
        }
        #expect(Self.throughTmux(KittyGraphics(isThroughTmux: true).deletion(9)) == KittyGraphics().deletion(9))
    }

    /// What tmux passes on of bytes that are all in its strings.
    private static func throughTmux(_ bytes: [UInt8]) -> [UInt8] {
        var out: [UInt8] = [], rest = bytes[...]
        let opening = Array("\u{1B}Ptmux;".utf8)
        while !rest.isEmpty {
            guard rest.starts(with: opening) else { return [] }
            rest = rest.dropFirst(opening.count)
            while let byte = rest.popFirst() {
                guard byte == 0x1B else {
                    out.append(byte)
                    continue
                }
                guard let next = rest.popFirst() else { return [] }
                if next == UInt8(ascii: "\\") { break }
                if next != 0x1B { return [] }
                out.append(next)
            }
        }
        return out
    }
}

extension TerminalProgramTests {
    @Suite struct PictureTests {
        /// A program that shows the frames of ``PictureFrames``, at a step.
        private final class Shown {
            let session: PTYSession
            private let size: (columns: Int, rows: Int)
            private var marks = 0
            private var step = 0

            init(depth: String = "trueColor", terminal: String = "xterm-256color", columns: Int = 60, rows: Int = 20) throws {
                size = (columns, rows)
                session = try Probe.start("pictures", depth: depth, terminal: terminal, columns: columns, rows: rows)
                try wait()
            }

            private func wait() throws {
                let mark = "frame \(marks)"
                try session.wait(mark) { $0.commands.last == mark }
                marks += 1
            }

            func press(_ key: String) throws {
                if key == "n" { step += 1 }
                try session.send(key)
                try wait()
            }

            /// Whether each cell shows what the frame says, and each picture is the one meant.
            func check(_ location: SourceLocation = #_sourceLocation) {
                let frame = PictureFrames.frame(step: step % PictureFrames.steps, columns: size.columns, rows: size.rows), screen = session.screen
                var wrong = 0
                /// Which of the frame's pictures each of the terminal's is.
                let known = screen.pictures.held.mapValues { held in
                    frame.images.filter { image in
                        held.columns == image.rect.columns && held.rows == image.rect.rows && held.width == image.width
                            && held.height == image.height
                            && held.pixels == image.pixels.map { $0 | 0xFF00_0000 } + [UInt32](repeating: 0, count: image.width * image.height - image.pixels.count)
                    }
                }
                for row in 0..<size.rows {
                    for column in 0..<size.columns {
                        let piece = screen.piece(column, row)
                        guard frame[column, row] == PixelImage.cell else {
                            if piece != nil || screen[column, row].scalar != frame[column, row].scalar { wrong += 1 }
                            continue
                        }
                        let isRight = piece.map { piece in
                            known[piece.id]?.contains { $0.rect.column + piece.column == column && $0.rect.row + piece.row == row } == true
                        }
                        if isRight != true { wrong += 1 }
                    }
                }
                #expect(wrong == 0, "step \(step): \(wrong) cells", sourceLocation: location)
                #expect(screen.pictures.problems.isEmpty && screen.unknown.isEmpty, "\(screen.pictures.problems)", sourceLocation: location)
            }
        }

        @Test(arguments: ["trueColor", "palette256"], ["xterm-256color", "st-256color"])
        func eachIsSentOnceAndLiesWhereItShould(depth: String, terminal: String) throws {
            let shown = try Shown(depth: depth, terminal: terminal)
            shown.check()
            for sent in [1, 2, 2, 2, 2, 3, 3, 3] {
                try shown.press("n")
                shown.check()
                #expect(shown.session.screen.pictures.sent == sent)
            }
            try shown.session.send("q")
            #expect(try shown.session.waitForExit() == .status(0))
            let pictures = shown.session.screen.pictures
            #expect(shown.session.traces == [] && pictures.held.isEmpty && pictures.problems.isEmpty && pictures.missed == 0)
        }

        /// Every mark that there is, as a row and as a column.
        @Test(arguments: ["trueColor", "palette256"])
        func asManyCellsAsCanBeNumbered(depth: String) throws {
            let shown = try Shown(depth: depth, columns: 300, rows: 300)
            for _ in 0..<PictureFrames.steps - 1 { try shown.press("n") }
            shown.check()
            #expect(shown.session.screen.piece(296, 296)?.column == 296 && shown.session.screen.piece(297, 296) == nil)
            try shown.session.send("q")
            #expect(try shown.session.waitForExit() == .status(0))
        }

        @Test func paintedAgainTakenAwayAndStopped() throws {
            let shown = try Shown()
            try shown.press("n")
            try shown.press("n")
            let before = Set(shown.session.screen.pictures.held.keys)
            for key in ["r", "x"] {
                try shown.press(key)
                shown.check()
                #expect(shown.session.screen.pictures.held.count == 2 && before.isDisjoint(with: shown.session.screen.pictures.held.keys))
            }
            try shown.press("n")
            try shown.press("n")
            try shown.press("x")
            #expect(shown.session.screen.pictures.held.isEmpty)
        }

        /// However it ends.
        @Test(arguments: ["c", "TERM", "HUP"])
        func nothingIsLeftBehind(end: String) throws {
            let shown = try Shown()
            try shown.press("n")
            #expect(shown.session.screen.pictures.held.count == 1)
            switch end {
            case "c": try shown.session.send("c")
            case "HUP": shown.session.signal(1)
            default: shown.session.signal(15)
            }
            try shown.session.waitForExit()
            #expect(shown.session.traces == [] && shown.session.screen.pictures.held.isEmpty)
        }
    }

    /// What the terminal answers to the question for pixels.
    @Test(arguments: [
        // Yes; but frames of a few words do not tell how fast the line is.
        ("\u{1B}_Gi=31;OK\u{1B}\\\u{1B}P>|kitty(0.35.2)\u{1B}\\", nil),
        ("\u{1B}_Gi=31;OK\u{1B}\\\u{1B}P>|kitty(0.27.1)\u{1B}\\", "has no placeholders yet"),
        ("\u{1B}_Gi=31;OK\u{1B}\\\u{1B}P>|Konsole 23.08\u{1B}\\", "is not known to have placeholders"),
        ("\u{1B}_Gi=31;OK\u{1B}\\", "does not say its name"),
        ("\u{1B}_Gi=31;ENOTSUPPORTED:no\u{1B}\\\u{1B}P>|kitty(0.35.2)\u{1B}\\", "refuses them: ENOTSUPPORTED:no"),
        ("\u{1B}P>|XTerm(379)\u{1B}\\", "does not answer that it can"),
        ("", "does not answer that it can"),
    ] as [(String, String?)])
    func answersAboutPixels(answers: String, found: String?) throws {
        let session = try Probe.start("echo", depth: "trueColor", columns: 200, arguments: ["pixels"])
        session.answersStatus = true
        try session.wait("the first frame") { $0.contains("events 0 end") }
        #expect(session.screen.pictures.questions == 1)
        // Nothing is known before the last answer.
        try session.send(answers + "a")
        try session.wait { $0.contains("1: character a") }
        #expect(!session.screen.contains("graphics"))
        try session.send("\u{1B}[?62c")
        if let found {
            try session.wait { $0.contains("2: graphics") && $0.contains(found) && $0.contains("events 2 end") }
        } else {
            try session.send("b")
            try session.wait { $0.contains("2: character b") && $0.contains("events 2 end") }
        }
        try session.send("q")
        #expect(try session.waitForExit() == .status(0))
        #expect(session.traces == [])
    }

    /// Where it is not asked: it would not answer, or might print the question.
    @Test(arguments: [("trueColor", "tmux-256color"), ("trueColor", "linux"), ("trueColor", "putty-256color"), ("ansi16", "xterm-256color"), ("mono", "xterm-256color")])
    func notAskedAboutPixels(depth: String, terminal: String) throws {
        let session = try Probe.echo(depth: depth, terminal: terminal, arguments: ["pixels"])
        #expect(session.screen.pictures.questions == 0)
        try session.send("q")
        #expect(try session.waitForExit() == .status(0))
    }
}
