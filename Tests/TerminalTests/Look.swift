import Explorer
import PTYSupport

/// Whether a screen looks as a frame should, worked out by other means than the code under test.
enum Look {
    /// Where it does not.
    ///
    /// - Parameters:
    ///   - exact: 24-bit colors are shown in full, not in 5 bits a channel.
    ///   - styles: whether bold and the others are shown.
    static func differences(
        _ screen: ScreenModel, _ frame: Frame, depth: ColorDepth, exact: Bool = false, styles: Bool = true
    ) -> [String] {
        guard screen.columns == frame.columns, screen.rows == frame.rows else { return ["size"] }
        var result: [String] = []
        for row in 0..<frame.rows {
            for column in 0..<frame.columns {
                let seen = screen[column, row]
                var cell = frame[column, row]
                if cell.scalar.value == 0 { cell = frame[column - 1, row]; cell.scalar = "\0" }
                if !styles { cell.style = [] }
                if !same(seen, cell, depth, exact) { result.append("\(column),\(row): \(seen) for \(cell)") }
            }
        }
        return result
    }

    private static func same(_ seen: ScreenCell, _ cell: Cell, _ depth: ColorDepth, _ exact: Bool) -> Bool {
        func shows(_ color: ScreenColor, _ wanted: Color) -> Bool { matches(color, wanted, depth, exact) }
        let style = cell.style
        let sameStyle =
            seen.bold == style.contains(.bold) && seen.dim == style.contains(.dim)
            && seen.underline == style.contains(.underline) && seen.reverse == style.contains(.reverse)
        let plain = !style.contains(.reverse) && !style.contains(.underline)
        if plain, let wanted = halves(cell.scalar, cell.foreground, cell.background),
            let shown = halves(seen.scalar, seen.foreground, seen.background),
            !seen.reverse, !seen.underline
        {
            return shows(shown.upper, wanted.upper) && shows(shown.lower, wanted.lower)
                && (seen.scalar == " " || sameStyle)
        }
        // A character in the color of its ground is not seen.
        if plain, seen.scalar == " ", seen.background != .standard, !cell.foreground.isStandard {
            return shows(seen.background, cell.background) && shows(seen.background, cell.foreground)
        }
        return seen.scalar == cell.scalar && sameStyle && shows(seen.foreground, cell.foreground)
            && shows(seen.background, cell.background)
    }

    /// The colors of the upper and the lower half, of what has only those.
    private static func halves<C>(_ scalar: Unicode.Scalar, _ foreground: C, _ background: C) -> (upper: C, lower: C)? {
        switch scalar {
        case " ": (background, background)
        case "█": (foreground, foreground)
        case "▀": (foreground, background)
        case "▄": (background, foreground)
        default: nil
        }
    }

    private static func matches(_ shown: ScreenColor, _ wanted: Color, _ depth: ColorDepth, _ exact: Bool) -> Bool {
        if wanted.isStandard || depth == .mono { return shown == .standard }
        switch (depth, shown) {
        case (.trueColor, .rgb(let r, let g, let b)):
            func spread(_ v: UInt8) -> UInt8 { exact ? v : (v >> 3) << 3 | v >> 5 }
            return r == spread(wanted.red) && g == spread(wanted.green) && b == spread(wanted.blue)
        case (.palette256, .indexed(let index)):
            return (16...255).contains(index)
                && distance(xterm(index), wanted) == (16...255).map { distance(xterm($0), wanted) }.min()
        case (.ansi16, .indexed(let index)):
            return (0...15).contains(index)
                && distance(xterm(index), wanted) == (0...15).map { distance(xterm($0), wanted) }.min()
        default: return false
        }
    }

    private static func distance(_ a: (Int, Int, Int), _ b: Color) -> Int {
        let r = a.0 - Int(b.red), g = a.1 - Int(b.green), b = a.2 - Int(b.blue)
        return 3 * r * r + 6 * g * g + 2 * b * b
    }

    /// xterm's default palette (256colres.h, XTerm-col.ad).
    static func xterm(_ index: Int) -> (Int, Int, Int) {
        if index >= 232 { return (8 + 10 * (index - 232), 8 + 10 * (index - 232), 8 + 10 * (index - 232)) }
        if index >= 16 {
            let levels = [0, 95, 135, 175, 215, 255]
            return (levels[(index - 16) / 36], levels[(index - 16) / 6 % 6], levels[(index - 16) % 6])
        }
        let basic = [
            (0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0), (0, 0, 238), (205, 0, 205), (0, 205, 205),
            (229, 229, 229), (127, 127, 127), (255, 0, 0), (0, 255, 0), (255, 255, 0), (92, 92, 255), (255, 0, 255),
            (0, 255, 255), (255, 255, 255),
        ]
        return basic[index]
    }
}
