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

    /// Grounds that a theme must stand out from: nearly black and nearly white ones too, once the theme is known.
    private static let grounds: [(theme: ThemeChoice, grounds: [UInt32])] = [
        (.auto, [0, 0xFFFFFF]), (.dark, [0, 0x1E1E2E, 0x282C34]), (.light, [0xFFFFFF, 0xFDF6E3, 0xEEEEEE]),
    ]

    @Test(arguments: ["", "space j space", "a", "space j space a b", "a a a t", "g tab ] ]", "x", ": f o o", "e", "?", "space q", "n"])
    func textStandsOutOnBlackAndWhite(_ keys: String) {
        for (columns, rows, theme) in [(40, 12, 0), (80, 24, 1), (80, 24, 2), (120, 40, 0), (120, 40, 1), (200, 60, 2)] {
            var explorer = ScriptedExplorer(columns: columns, rows: rows)
            let known = Self.grounds[theme]
            if known.theme != .auto { explorer.send(.setTheme(known.theme)) }
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
                        let grounds = cell.background.isStandard ? known.grounds : [ground]
                        for ground in grounds {
                            #expect(contrast(text, ground) >= 4.5, "“\(cell.scalar)” at \(column), \(row): \(contrast(text, ground)) on \(String(ground, radix: 16))")
                        }
                    }
                }
            }
        }
    }

    /// The bar of the selected row, and the amounts in it, in every theme; in 256 colors too.
    @Test(arguments: [ThemeChoice.auto, .dark, .light])
    func barsStandOut(_ theme: ThemeChoice) {
        var explorer = ScriptedExplorer(columns: 120, rows: 40)
        explorer.send(.setTheme(theme))
        explorer.press("space j")
        let frame = view(explorer.state)
        var bars = 0
        let selected = frame.lines.firstIndex { $0.contains("golden retriever") } ?? 0
        let grounds = [frame[0, frame.rows - 1].background, frame[frame.columns - 20, selected].background]
        #expect(!grounds.contains(.standard))
        for cell in frame.cells where cell.scalar.value > 0x20 && grounds.contains(cell.background) && cell.scalar != "▀" && cell.scalar != "▄" {
            bars += 1
            #expect(contrast(cell.foreground.packed, cell.background.packed) >= 4.5, "\(cell)")
            #expect(contrast(indexed(cell.foreground.packed), indexed(cell.background.packed)) >= 4.5, "\(cell) in 256 colors")
        }
        #expect(bars > 20)
    }

    /// The nearest of xterm's colors 16 to 255, found by trying all.
    private func indexed(_ color: UInt32) -> UInt32 {
        let levels: [UInt32] = [0, 95, 135, 175, 215, 255]
        let cube = (0..<216).map { levels[$0 / 36] << 16 | levels[$0 / 6 % 6] << 8 | levels[$0 % 6] }
        let all = cube + (0..<24).map { UInt32(8 + 10 * $0) * 0x10101 }
        func distance(_ a: UInt32, _ b: UInt32) -> Int {
            zip([16, 8, 0] as [UInt32], [3, 6, 2]).reduce(0) { sum, channel in
                let difference = Int(a >> channel.0 & 255) - Int(b >> channel.0 & 255)
                return sum + channel.1 * difference * difference
            }
        }
        return all.min { distance($0, color) < distance($1, color) } ?? 0
    }

    /// What is said goes before the environment, and that before the terminal's answer; pictures stay what they are.
    @Test func whereTheThemeComesFrom() {
        func title(_ setting: ThemeSetting, answer: Color? = nil, typed: String? = nil) -> (Frame, ScriptedExplorer) {
            var explorer = ScriptedExplorer(columns: 120, rows: 40)
            explorer.state.context.theme = setting
            if let answer { explorer.send(.background(answer)) }
            if let typed { explorer.send(.run("theme " + typed)) }
            explorer.press("esc")
            return (view(explorer.state), explorer)
        }
        let white = Color(255, 255, 255), black = Color(0, 0, 0)
        let light = title(ThemeSetting(.light)).0, dark = title(ThemeSetting(.dark)).0, unknown = title(ThemeSetting()).0
        #expect(light != dark && light != unknown && dark != unknown)
        #expect(title(ThemeSetting(.light), answer: black).0 == light)
        #expect(title(ThemeSetting(colorFGBG: "0;15"), answer: black).0 == light)
        #expect(title(ThemeSetting(colorFGBG: "15;default;0"), answer: white).0 == dark)
        #expect(title(ThemeSetting(.dark, colorFGBG: "0;15")).0 == dark)
        #expect(title(ThemeSetting(), answer: Color(253, 246, 227)).0 == light)
        #expect(title(ThemeSetting(), answer: Color(40, 44, 52)).0 == dark)
        #expect(title(ThemeSetting(), answer: black, typed: "light").0 == light)
        for nothing in ["", "15", "15;x", "default;default", "1;999"] { #expect(title(ThemeSetting(colorFGBG: nothing)).0 == unknown) }
        #expect(ThemeSetting().needsBackground && !ThemeSetting(.dark).needsBackground && !ThemeSetting(colorFGBG: "0;15").needsBackground)
        // `auto` asks again.
        #expect(title(ThemeSetting(.light), typed: "auto").1.effects.contains(.askBackground))
        for area in light.pictures {
            for row in area.row..<area.row + area.rows {
                for column in area.column..<area.column + area.columns { #expect(light[column, row] == dark[column, row]) }
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
