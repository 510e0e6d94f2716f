import Explorer
import Testing

/// Whatever is read around the pictures can be read, on light screens as on dark ones.
@Suite struct ThemeTests {
    /// WCAG 2's contrast of two colors `0xRRGGBB`.
    private func contrast(_ a: UInt32, _ b: UInt32) -> Double {
        func luminance(_ color: UInt32) -> Double {
            let linear = [16, 8, 0].map { (shift: UInt32) -> Double in
                let value = Double(color >> shift & 255) / 255
                return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055)
            }
            return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
        }
        /// To the power of 2.4: the fifth root by Newton, of the twelfth power.
        func pow(_ x: Double) -> Double {
            let twelfth = (0..<12).reduce(1) { power, _ in power * x }
            var root = x
            for _ in 0..<60 { root -= (root * root * root * root * root - twelfth) / (5 * root * root * root * root) }
            return root
        }
        let (x, y) = (luminance(a), luminance(b))
        return (max(x, y) + 0.05) / (min(x, y) + 0.05)
    }

    /// As a screen of 24 bits rounds it, to five bits a channel.
    private func rounded(_ color: UInt32) -> UInt32 {
        [UInt32(16), 8, 0].reduce(0) { result, shift in
            let top = (color >> shift & 255) >> 3
            return result | (top << 3 | top >> 2) << shift
        }
    }

    @Test(arguments: ["", "space j space", "a", "space j space a b", "a a a t", "g tab ] ]", "x", ": f o o", "e", "?", "space q", "n"])
    func textStandsOutOnBlackAndWhite(_ keys: String) {
        for (columns, rows) in [(40, 12), (80, 24), (120, 40), (200, 60)] {
            var explorer = ScriptedExplorer(columns: columns, rows: rows)
            explorer.press(keys)
            let frame = view(explorer.state)
            let pictures = frame.pictures
            for row in 0..<rows {
                for column in 0..<columns {
                    let cell = frame[column, row], value = cell.scalar.value
                    let isLine = (0x2500...0x259F).contains(value)
                    let inPicture = pictures.contains {
                        ($0.column..<$0.column + $0.columns).contains(column) && ($0.row..<$0.row + $0.rows).contains(row)
                    }
                    guard value > 0x20, !isLine, !inPicture, !cell.foreground.isStandard else { continue }
                    for (text, ground) in [(cell.foreground.packed, cell.background.packed), (rounded(cell.foreground.packed), rounded(cell.background.packed))] {
                        let grounds = cell.background.isStandard ? [0, 0xFFFFFF] : [ground]
                        for ground in grounds {
                            #expect(contrast(text, ground) >= 4.5, "“\(cell.scalar)” at \(column), \(row): \(contrast(text, ground)) on \(String(ground, radix: 16))")
                        }
                    }
                }
            }
        }
    }

    /// Where each terminal mixes its 16 colors as it likes, text keeps to the terminal's own two.
    @Test func fewColorsAreNotTrustedWithText() {
        var explorer = ScriptedExplorer(columns: 120, rows: 40, colorDepth: .ansi16)
        explorer.press("space j space")
        let frame = view(explorer.state)
        for cell in frame.cells where cell.scalar.properties.isAlphabetic { #expect(cell.foreground.isStandard && cell.background.isStandard) }
    }
}
