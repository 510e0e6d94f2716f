import Explorer

/// Frames to try a screen with, the same ones for the same seed in every process.
public enum RandomFrames {
    /// SplitMix64 (Steele, Lea, Flood 2014).
    public struct Generator: RandomNumberGenerator {
        var state: UInt64
        public init(state: UInt64) { self.state = state }
        public mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }

    /// The `step`-th of a sequence, in which each third frame changes only some cells of the one before.
    public static func frame(seed: UInt64, step: Int, columns: Int, rows: Int) -> Frame {
        let base = step % 3 == 2 ? step - 1 : step
        var generator = Generator(state: seed &* 1_000_003 &+ UInt64(base))
        var frame = Frame(columns: columns, rows: rows)
        let colors = (0..<(base % 2 == 0 ? 6 : 4000)).map { _ in color(&generator) }
        for row in 0..<rows { fill(&frame, row: row, from: 0, to: columns, colors, &generator) }
        if step != base {
            generator = Generator(state: seed &* 1_000_003 &+ UInt64(step))
            for _ in 0..<rows {
                let row = Int.random(in: 0..<rows, using: &generator)
                let from = Int.random(in: 0..<columns, using: &generator)
                // Not through the middle of a wide character.
                guard frame[from, row].scalar.value != 0 else { continue }
                var to = min(columns, from + 9)
                while to < columns, frame[to, row].scalar.value == 0 { to += 1 }
                fill(&frame, row: row, from: from, to: to, colors, &generator)
            }
        }
        return frame
    }

    /// Hardly two cells with the same pair of colors.
    public static func noise(columns: Int, rows: Int) -> Frame {
        var generator = Generator(state: 99)
        var frame = Frame(columns: columns, rows: rows)
        func any() -> Color {
            let bits = generator.next()
            return Color(UInt8(bits & 0xFF), UInt8(bits >> 8 & 0xFF), UInt8(bits >> 16 & 0xFF))
        }
        for i in frame.cells.indices { frame.cells[i] = Cell("▀", foreground: any(), background: any()) }
        return frame
    }

    private static func color(_ generator: inout Generator) -> Color {
        if Int.random(in: 0..<6, using: &generator) == 0 { return .standard }
        func channel() -> UInt8 { UInt8.random(in: 0...255, using: &generator) }
        return Color(channel(), channel(), channel())
    }

    private static func fill(
        _ frame: inout Frame, row: Int, from: Int, to: Int, _ colors: [Color], _ generator: inout Generator
    ) {
        var column = from
        while column < to {
            // Stretches of one kind make ncurses use its repetitions and erasures.
            let length = min(to - column, Int.random(in: 1...12, using: &generator))
            let kind = Int.random(in: 0..<8, using: &generator)
            var cell = pick(kind, colors, &generator)
            for _ in 0..<length where column < to {
                if kind == 0 || kind == 5 { cell = pick(kind, colors, &generator) }
                if cell.scalar == "猫" {
                    // Not next to the screen's last cell, where none is drawn.
                    guard column + 1 < to, row < frame.rows - 1 || column + 3 < frame.columns else {
                        frame[column, row] = Cell("-")
                        column += 1
                        continue
                    }
                    frame[column, row] = cell
                    column += 1
                    frame[column, row] = Cell("\0", foreground: cell.foreground, background: cell.background)
                } else {
                    frame[column, row] = cell
                }
                column += 1
            }
        }
    }

    private static func pick(_ kind: Int, _ colors: [Color], _ generator: inout Generator) -> Cell {
        func any() -> Color { colors.randomElement(using: &generator) ?? .standard }
        switch kind {
        case 0, 1: return Cell("▀", foreground: any(), background: any())
        case 2: return Cell(" ", foreground: any(), background: any())
        case 3: return Cell("█", foreground: any(), background: any())
        case 4:
            let same = any()
            return Cell("x", foreground: same, background: same)
        case 6: return Cell("猫", foreground: any(), background: any())
        default:
            let styles: [Cell.Style] = [[], [], .bold, .dim, .reverse, .underline, [.bold, .reverse]]
            let scalars: [Unicode.Scalar] = ["a", "Z", "é", "│", "⠿", "▄", "▌", " ", "~"]
            return Cell(
                scalars.randomElement(using: &generator) ?? "a", foreground: any(), background: any(),
                style: styles.randomElement(using: &generator) ?? [])
        }
    }
}
