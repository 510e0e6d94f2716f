import Explorer
import PTYSupport
import Terminal
import Testing

extension TerminalProgramTests {
    @Suite struct DrawingTests {
        /// Random frames through ncurses and a pseudo terminal come out as they went in, whole frames and differences.
        @Test(
            arguments: [
                ("mono", ColorDepth.mono), ("ansi16", .ansi16), ("palette256", .palette256), ("trueColor", .trueColor),
            ], ["xterm-256color", "tmux-256color"])
        func framesComeOutAsTheyWentIn(depth: (name: String, value: ColorDepth), terminal: String) throws {
            for (seed, columns, rows) in [(1, 80, 24), (2, 37, 13), (3, 2, 2), (4, 200, 60)] {
                let session = try Probe.start(
                    "frames", depth: depth.name, terminal: terminal, columns: columns, rows: rows,
                    arguments: ["\(seed)"])
                for step in 0..<9 {
                    if step > 0 { try session.send("n") }
                    let frame = RandomFrames.frame(seed: UInt64(seed), step: step, columns: columns, rows: rows)
                    let cursor = step % 2 == 1
                    try session.wait("frame \(step)") { $0.commands.last == "frame \(step)" }
                    let differences = Look.differences(session.screen, frame, depth: depth.value)
                    #expect(
                        differences.isEmpty,
                        "seed \(seed) step \(step): \(differences.count) differ: \(differences.prefix(3))")
                    #expect(session.screen.cursorVisible == cursor)
                    if cursor {
                        #expect(session.screen.column == step % columns && session.screen.row == step % rows)
                    }
                    #expect(session.screen.unknown.isEmpty, "\(session.screen.unknown.prefix(3))")
                }
                try session.send("q")
                #expect(try session.waitForExit() == .status(0))
                #expect(session.traces.isEmpty)
            }
        }

        /// Enough pairs to use up ncurses' 65,536 several times.
        @Test func pairsAreRecycled() throws {
            let session = try Probe.start("frames", depth: "trueColor", columns: 250, rows: 80, arguments: ["5"])
            session.keepsOutput = false
            for step in 0..<72 {
                if step > 0 { try session.send("n") }
                let frame = RandomFrames.frame(seed: 5, step: step, columns: 250, rows: 80)
                try session.wait("frame \(step)") { $0.commands.last == "frame \(step)" }
                let differences = Look.differences(session.screen, frame, depth: .trueColor)
                #expect(differences.isEmpty, "step \(step): \(differences.count) differ: \(differences.prefix(3))")
            }
            try session.send("q")
            try session.waitForExit()
        }

        /// One frame with more pairs than there are is shown in fewer colors: here 3 bits a channel.
        @Test func moreColorsThanPairs() throws {
            let (columns, rows) = (400, 200)
            let session = try Probe.start(
                "frames", depth: "trueColor", columns: columns, rows: rows, arguments: ["0"])
            session.keepsOutput = false
            try session.wait("noise") { $0.commands.last == "frame 0" }
            let frame = RandomFrames.noise(columns: columns, rows: rows)
            var wrong = 0
            for row in 0..<rows {
                for column in 0..<columns {
                    let cell = frame[column, row], seen = session.screen[column, row]
                    // Either order of the two colors may be drawn.
                    let upper = seen.scalar == "▀" ? seen.foreground : seen.background
                    let lower = seen.scalar == "▄" ? seen.foreground : seen.background
                    if !near(upper, cell.foreground) || !near(lower, cell.background) { wrong += 1 }
                }
            }
            #expect(wrong == 0)
            try session.send("q")
            try session.waitForExit()
        }

        private func near(_ seen: ScreenColor, _ wanted: Color) -> Bool {
            guard case .rgb(let r, let g, let b) = seen else { return false }
            return [(r, wanted.red), (g, wanted.green), (b, wanted.blue)].allSatisfy { abs(Int($0) - Int($1)) < 32 }
        }

        /// A frame that differs only below the color depth writes nothing.
        @Test(arguments: ["palette256", "trueColor"])
        func onlyVisibleChangesAreWritten(depth: String) throws {
            let session = try Probe.start("colors", depth: depth)
            try session.wait { $0.commands.last == "frame 0" }
            #expect(session.screen.contains("\(depth) done"))
            let before = session.output.count
            try session.send("x")
            try session.wait { $0.commands.last == "frame 1" }
            let written = session.output[before...]
            #expect(written.count < 40, "\(String(decoding: written, as: UTF8.self).debugDescription)")
            try session.send("q")
            try session.waitForExit()
        }

        /// The 24-bit screen shows nearly black as it is, not as the palette's first colors.
        @Test func darkColorsAreNotPaletteColors() throws {
            let session = try Probe.start("colors", depth: "trueColor")
            try session.wait { $0.contains("trueColor done") }
            #expect(session.screen[0, 3].background == .rgb(0, 0, 0))
            #expect(session.screen[0, 2].background == .rgb(8, 8, 255))
            try session.send("q")
            try session.waitForExit()
        }

        @Test(arguments: [
            ("xterm", ["COLORTERM": "truecolor"], "trueColor"), ("xterm", [:], "ansi16"), ("vt100", [:], "mono"),
            ("screen", ["STY": "1"], "palette256"), ("screen", ["TMUX": "1"], "trueColor"),
            ("xterm-256color", ["NO_COLOR": "1"], "mono"), ("linux", [:], "ansi16"),
        ])
        func depthIsFound(terminal: String, environment: [String: String], depth: String) throws {
            let session = try Probe.start("colors", terminal: terminal, environment: environment)
            try session.wait { $0.contains("\(depth) done") }
            let red = session.screen[0, 0].background
            switch depth {
            case "trueColor": #expect(red == .rgb(255, 0, 0))
            case "palette256": #expect(red == .indexed(196))
            case "ansi16": #expect(red == .indexed(1))
            default: #expect(red == .standard)
            }
            try session.send("q")
            #expect(try session.waitForExit() == .status(0))
        }
    }
}
