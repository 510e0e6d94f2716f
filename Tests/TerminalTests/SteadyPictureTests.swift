import Explorer
import PTYSupport
@testable import Terminal
import Testing

/// What a slow line is spared, and how far from the truth that may be.
@Suite struct SteadyPictureTests {
    private static let glyphs: [Unicode.Scalar] =
        "▀▄▌▐▖▗▘▙▚▛▜▝▞▟█".unicodeScalars.map { $0 } + (0x1FB00...0x1FB3B).compactMap { Unicode.Scalar(UInt32($0)) }

    /// The color of each of a cell's 2×6 parts, by the glyph's name in Unicode.
    private func parts(_ scalar: UInt32, _ foreground: Color, _ background: Color) -> [Color] {
        let name = Unicode.Scalar(scalar)?.properties.name ?? ""
        return (0..<12).map { part in
            let column = part % 2, row = part / 2
            let isInside: Bool
            if name.hasPrefix("BLOCK SEXTANT-") {
                isInside = name.dropFirst(14).contains(Character("\(row / 2 * 2 + column + 1)"))
            } else if name.hasPrefix("QUADRANT ") {
                isInside = name.contains("\(row < 3 ? "UPPER" : "LOWER") \(column == 0 ? "LEFT" : "RIGHT")")
            } else {
                isInside =
                    switch name {
                    case "UPPER HALF BLOCK": row < 3
                    case "LOWER HALF BLOCK": row >= 3
                    case "LEFT HALF BLOCK": column == 0
                    case "RIGHT HALF BLOCK": column == 1
                    case "FULL BLOCK": true
                    default: false
                    }
            }
            return isInside ? foreground : background
        }
    }

    private func error(_ shown: ReducedCell, _ cell: Cell, _ palette: Palette) -> Int {
        func color(_ index: Int32) -> Color { index < 0 ? Color(0, 0, 0) : palette.color(of: index) }
        let meant = parts(cell.scalar.value, cell.foreground, cell.background)
        return zip(parts(shown.scalar, color(shown.foreground), color(shown.background)), meant)
            .reduce(0) { $0 + Int(Palette.distance($1.0, $1.1)) } / 12
    }

    /// Random glyphs in colors that drift: cells that stay are near what is meant, and the same again sends nothing.
    @Test(arguments: [ColorDepth.palette256, .trueColor], 1...3)
    func whatStaysIsNear(depth: ColorDepth, thrift: Int) {
        let palette = Palette(depth: depth), columns = 40, rows = 20
        var random = RandomFrames.Generator(state: UInt64(thrift)), kept = 0, changed = 0
        func frame(_ drift: ClosedRange<Int>, from old: Frame?) -> Frame {
            var frame = Frame(columns: columns, rows: rows)
            frame.pictures = [CellRect(column: 0, row: 0, columns: columns, rows: rows)]
            for at in frame.cells.indices {
                func moved(_ color: Color?) -> Color {
                    func channel(_ value: UInt8?) -> UInt8 {
                        value.map { UInt8(min(max(Int($0) + Int.random(in: drift, using: &random), 0), 255)) }
                            ?? UInt8.random(in: 0...255, using: &random)
                    }
                    return Color(channel(color?.red), channel(color?.green), channel(color?.blue))
                }
                let before = old?.cells[at]
                frame.cells[at] = Cell(
                    Int.random(in: 0..<3, using: &random) == 0 ? before?.scalar ?? "▀" : Self.glyphs.randomElement(using: &random) ?? "▀",
                    foreground: moved(before?.foreground), background: moved(before?.background))
            }
            return frame
        }
        func reduced(_ frame: Frame) -> ReducedFrame { ReducedFrame(frame, columns: columns, rows: rows, palette: palette) }
        var meant = frame(0...0, from: nil), shown = reduced(meant)
        let limit = (depth == .palette256 ? [10_000, 20_000, 40_000] : [1600, 5000, 12_000])[thrift - 1]
        for _ in 0..<4 {
            meant = frame(-24...24, from: meant)
            var next = reduced(meant)
            let exact = next
            next.steady(shown, meant, palette: palette, thrift: thrift)
            for at in next.cells.indices where next.cells[at] != exact.cells[at] {
                if next.cells[at] == shown.cells[at] {
                    kept += 1
                    // Halves are kept by themselves, of colors that are means.
                    if next.cells[at].halves == nil { #expect(error(next.cells[at], meant.cells[at], palette) <= limit) }
                } else {
                    changed += 1
                    #expect(next.cells[at].halves != nil)
                }
            }
            var again = reduced(meant)
            again.steady(next, meant, palette: palette, thrift: thrift)
            #expect(again.cells == next.cells)
            shown = next
        }
        #expect(kept > 100 && changed > 100)
    }

    /// A picture whose cells hardly change sends a fraction of them, whatever its glyphs.
    @Test func fineGlyphsAreSparedToo() {
        let palette = Palette(depth: .palette256)
        var frame = Frame(columns: 71, rows: 1)
        frame.pictures = [CellRect(column: 0, row: 0, columns: 71, rows: 1)]
        for at in frame.cells.indices { frame.cells[at] = Cell(Self.glyphs[at % Self.glyphs.count], foreground: Color(215, 95, 95), background: Color(95, 95, 135)) }
        let shown = ReducedFrame(frame, columns: 71, rows: 1, palette: palette)
        for at in frame.cells.indices { frame.cells[at].foreground = Color(215, 125, 95) }
        var next = ReducedFrame(frame, columns: 71, rows: 1, palette: palette)
        #expect(zip(next.cells, shown.cells).count { $0 != $1 } == 71)
        next.steady(shown, frame, palette: palette, thrift: 1)
        #expect(next.cells == shown.cells)
    }
}
