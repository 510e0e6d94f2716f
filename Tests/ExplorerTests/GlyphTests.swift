import Explorer
import Testing
import TestSupport

/// Glyphs of two colors against all that there are, and when which is taken.
@Suite struct GlyphTests {
    /// The pixels that a glyph's foreground covers, row by row, as Unicode names them.
    private static func mask(_ scalar: Unicode.Scalar, _ set: GlyphSet) -> [Bool]? {
        if set == .quadrant {
            let covered: [Unicode.Scalar: [Int]] = [
                "▘": [0], "▀": [0, 1], "▌": [0, 2], "▚": [0, 3], "▛": [0, 1, 2], "▜": [0, 1, 3], "▙": [0, 2, 3],
            ]
            return covered[scalar].map { covered in (0..<4).map(covered.contains) }
        }
        if scalar == "▌" { return [true, false, true, false, true, false] }
        // BLOCK SEXTANT-1 is U+1FB00; those of 135, 246 and the full one are blocks of old.
        let named = (1..<63).filter { $0 != 0b010101 && $0 != 0b101010 }
        guard let place = named.indices.first(where: { 0x1FB00 + UInt32($0) == scalar.value }) else { return nil }
        return (0..<6).map { named[place] >> $0 & 1 == 1 }
    }

    private static func channels(_ color: UInt32) -> [Double] { [16, 8, 0].map { Double(color >> UInt32($0) & 255) } }

    /// The squared error of a picture of two colors against pixels.
    private static func error(_ pixels: [UInt32], _ mask: [Bool], _ inside: [Double], _ outside: [Double]) -> Double {
        zip(pixels, mask).reduce(0) { sum, pixel in
            zip(zip(channels(pixel.0), pixel.1 ? inside : outside), [3.0, 6, 2]).reduce(sum) { $0 + $1.1 * ($1.0.0 - $1.0.1) * ($1.0.0 - $1.0.1) }
        }
    }

    private static func mean(_ pixels: [UInt32]) -> [Double] {
        (0..<3).map { channel in pixels.reduce(0) { $0 + channels($1)[channel] } / Double(max(pixels.count, 1)) }
    }

    @Test(arguments: [GlyphSet.quadrant, .sextant])
    func noOtherGlyphIsNearer(_ set: GlyphSet) throws {
        var random = SplitMix(seed: 3)
        let count = set.columns * set.rows, few: [UInt32] = [0, 0xFFFFFF, 0x804020]
        for round in 0..<400 {
            // Noise, few colors, edges with a little noise, flat.
            let pixels: [UInt32] = (0..<count).map { pixel in
                switch round % 4 {
                case 0: UInt32.random(in: 0...0xFFFFFF, using: &random)
                case 1: few.randomElement(using: &random) ?? 0
                case 2: (pixel * round % 7 < 3 ? 0x303030 : 0xC0C0C0) + UInt32.random(in: 0...9, using: &random) * 0x010101
                default: UInt32(round)
                }
            }
            var cell = Cell()
            pixels.withUnsafeBufferPointer { pixels in
                guard let base = pixels.baseAddress else { return }
                withUnsafeMutablePointer(to: &cell) { GlyphFit.of(set).draw(base, width: set.columns, rows: set.rows, cells: 1, into: $0) }
            }
            if Set(pixels).count == 1 {
                #expect(cell.foreground.packed == pixels[0] && cell.background.packed == pixels[0])
                continue
            }
            let mask = try #require(Self.mask(cell.scalar, set), "\(cell.scalar)")
            func least(_ mask: [Bool]) -> Double {
                let inside = zip(pixels, mask).filter(\.1).map(\.0), outside = zip(pixels, mask).filter { !$0.1 }.map(\.0)
                return Self.error(pixels, mask, Self.mean(inside), Self.mean(outside))
            }
            let best = (1..<1 << count).map { number in least((0..<count).map { number >> $0 & 1 == 1 }) }.min() ?? 0
            let squares = pixels.reduce(0) { $0 + zip(Self.channels($1), [3.0, 6, 2]).reduce(0) { $0 + $1.0 * $1.0 * $1.1 } }
            #expect(least(mask) <= best + squares * 3e-5, "\(cell.scalar): \(least(mask)), not \(best)")
            // The colors are the means, rounded.
            for (color, flag) in [(cell.foreground, true), (cell.background, false)] {
                let wanted = Self.mean(zip(pixels, mask).filter { $0.1 == flag }.map(\.0))
                for (found, wanted) in zip(Self.channels(color.packed), wanted) { #expect(abs(found - wanted) < 0.51) }
            }
        }
    }

    @Test func theTerminalSaysWhatIsTrusted() {
        let cases: [([String: String], GlyphSet)] = [
            ([:], .quadrant), (["TERM": "xterm-256color"], .quadrant), (["TERM": "xterm", "LANG": "de_DE.UTF-8"], .sextant),
            (["TERM": "xterm", "LANG": "C.utf8"], .sextant), (["TERM": "linux", "LANG": "C.UTF-8"], .half), (["TERM": "vt220"], .half),
            (["TERM": "tmux", "LC_ALL": "C", "LANG": "C.UTF-8"], .quadrant), (["TERM": "tmux", "LC_ALL": "", "LC_CTYPE": "en_US.UTF-8"], .sextant),
        ]
        for (environment, wanted) in cases { #expect(GlyphSet.finest(environment: environment) == wanted, "\(environment)") }
    }

    private static let quadrants: Set<Character> = ["▘", "▌", "▚", "▛", "▜", "▙"]

    private func kinds(_ explorer: ScriptedExplorer) -> (quadrants: Bool, sextants: Bool) {
        let text = explorer.screen.dropLast(7).joined()
        return (
            text.contains { Self.quadrants.subtracting(["▌"]).contains($0) },
            text.unicodeScalars.contains { (0x1FB00...0x1FB3B).contains($0.value) }
        )
    }

    @Test func picturesAreFinerThanMaps() {
        var explorer = ScriptedExplorer()
        #expect(kinds(explorer) == (true, false), "over the picture")
        explorer.press("v")
        #expect(kinds(explorer) == (false, false), "the map alone")
        explorer.send(.run("glyphs quadrant"))
        #expect(explorer.state.message?.text == "glyphs quadrant")
        explorer.send(.run("glyphs sextant"))
        explorer.press("v")
        #expect(kinds(explorer).sextants, "the picture")
        explorer.send(.run("glyphs half"))
        #expect(kinds(explorer) == (false, false))
        explorer.send(.run("glyphs next"))
        explorer.send(.run("glyphs next"))
        #expect(explorer.state.glyphs == .sextant)
        explorer.send(.run("glyphs next"))
        #expect(explorer.state.glyphs == .auto)
    }

    @Test func whatTheTerminalLacksIsRefused() {
        var explorer = ScriptedExplorer()
        explorer.state.finestGlyphs = .half
        #expect(kinds(explorer) == (false, false))
        explorer.send(.run("glyphs quadrant"))
        #expect(explorer.state.message?.text == "this terminal's fonts have no quadrants: half blocks it is")
        explorer.state.finestGlyphs = .quadrant
        explorer.send(.run("glyphs sextant"))
        #expect(explorer.state.message?.text == "sextants need a locale of UTF-8, such as LANG=C.UTF-8" && explorer.state.glyphs == .auto)
    }
}
