import Explorer

extension ReducedFrame {
    /// On a slow line, leaves cells of pictures as they are shown where that is near enough to what they should be, and draws
    /// the others in fewer colors. The error is bounded each time anew, against the colors that are meant.
    ///
    /// - Parameters:
    ///   - shown: what the screen holds.
    ///   - frame: what this frame was made from.
    ///   - thrift: 1 or more.
    mutating func steady(_ shown: ReducedFrame, _ frame: Frame, palette: Palette, thrift: Int) {
        guard palette.depth == .palette256 || palette.depth == .trueColor, thrift > 0, shown.columns == columns, shown.rows == rows
        else { return }
        let level = min(thrift, LinkPace.mostThrift) - 1
        let limit = (palette.depth == .palette256 ? [10_000, 20_000, 40_000] : [1600, 5000, 12_000])[level]
        var coarse = palette
        coarse.bits = min(palette.bits, [5, 4, 3][level])
        for area in frame.pictures {
            for row in max(area.row, 0)..<max(min(area.row + area.rows, rows, frame.rows), max(area.row, 0)) {
                for column in max(area.column, 0)..<max(min(area.column + area.columns, columns, frame.columns), max(area.column, 0)) {
                    let cell = frame[column, row], at = row * columns + column
                    guard let parts = GlyphParts(cell.scalar.value), cell.style.isEmpty, !cell.foreground.isStandard,
                        !cell.background.isStandard, cells[at] != shown.cells[at]
                    else { continue }
                    let old = shown.cells[at]
                    if parts.halves == nil, let error = old.error(against: cell, parts, palette), error <= limit {
                        cells[at] = old
                        continue
                    }
                    func kept(_ index: Int32?, _ color: Color) -> Int32? {
                        guard let index, let shown = palette.pictureColor(of: index) else { return nil }
                        return Palette.distance(shown, color) <= limit ? index : nil
                    }
                    // Two halves take fewer bytes than finer signs, and alike neighbors more often.
                    let halves = parts.halves(cell.foreground, cell.background)
                    let upper = kept(old.halves?.upper, halves.upper), lower = kept(old.halves?.lower, halves.lower)
                    cells[at] = upper != nil && lower != nil
                        ? old : .half(upper: upper ?? coarse.reduce(halves.upper), lower: lower ?? coarse.reduce(halves.lower))
                }
            }
        }
    }
}

/// Which parts of a cell a glyph's foreground covers: two across, six down, so that quadrants and sextants have whole ones.
private struct GlyphParts {
    /// Bit n: the nth part, row by row.
    let mask: UInt16
    static let count: Int32 = 12
    private static let top: UInt16 = 0b111111

    /// - Returns: `nil` for signs that pictures are not made of.
    init?(_ scalar: UInt32) {
        switch scalar {
        case 0x20: mask = 0
        case 0x2588: mask = 0xFFF
        case 0x2580...0x259F:
            // By the quadrants covered: left and right of the upper row, then of the lower.
            let quadrants: [UInt32: UInt16] = [
                0x2580: 0b0011, 0x2584: 0b1100, 0x258C: 0b0101, 0x2590: 0b1010, 0x2596: 0b0100, 0x2597: 0b1000, 0x2598: 0b0001,
                0x2599: 0b1101, 0x259A: 0b1001, 0x259B: 0b0111, 0x259C: 0b1011, 0x259D: 0b0010, 0x259E: 0b0110, 0x259F: 0b1110,
            ]
            guard let found = quadrants[scalar] else { return nil }
            mask = (found & 3) * 0b010101 | (found >> 2) * 0b010101 << 6
        case 0x1FB00...0x1FB3B:
            // In the order of their masks, without the two that are half blocks.
            var found = UInt16(scalar - 0x1FB00) + 1
            if found >= 0b010101 { found += 1 }
            if found >= 0b101010 { found += 1 }
            mask = (0..<3).reduce(0) { $0 | (found >> (2 * $1) & 3) * 0b0101 << (4 * $1) }
        default: return nil
        }
    }

    /// Whether each half is wholly covered, or not at all; `nil` for finer glyphs.
    var halves: (upper: Bool, lower: Bool)? {
        let upper = mask & Self.top, lower = mask >> 6
        guard upper == 0 || upper == Self.top, lower == 0 || lower == Self.top else { return nil }
        return (upper != 0, lower != 0)
    }

    /// The mean colors of the halves.
    func halves(_ foreground: Color, _ background: Color) -> (upper: Color, lower: Color) {
        func mix(_ covered: UInt16) -> Color {
            let share = Int(covered.nonzeroBitCount)
            func channel(_ a: UInt8, _ b: UInt8) -> UInt8 { UInt8((Int(a) * share + Int(b) * (6 - share) + 3) / 6) }
            return Color(
                channel(foreground.red, background.red), channel(foreground.green, background.green),
                channel(foreground.blue, background.blue))
        }
        return (mix(mask & Self.top), mix(mask >> 6))
    }
}

extension Palette {
    /// The color of an index that pictures are drawn in; `nil` for the terminal's own, which may be any.
    fileprivate func pictureColor(of index: Int32) -> Color? {
        index >= (depth == .trueColor ? 0 : 16) ? color(of: index) : nil
    }
}

extension ReducedCell {
    /// The mean distance of what it shows to what is meant; `nil` where it is no piece of a picture.
    fileprivate func error(against cell: Cell, _ parts: GlyphParts, _ palette: Palette) -> Int32? {
        guard style == 0, let own = GlyphParts(scalar) else { return nil }
        var sum: Int32 = 0
        func add(_ index: Int32, _ covered: UInt16) -> Bool {
            guard covered != 0 else { return true }
            guard let shown = palette.pictureColor(of: index) else { return false }
            sum += Int32((covered & parts.mask).nonzeroBitCount) * Palette.distance(shown, cell.foreground)
            sum += Int32((covered & ~parts.mask).nonzeroBitCount) * Palette.distance(shown, cell.background)
            return true
        }
        return add(foreground, own.mask) && add(background, ~own.mask & 0xFFF) ? sum / GlyphParts.count : nil
    }

    /// The colors of its upper and lower half, where it is made of those.
    var halves: (upper: Int32, lower: Int32)? {
        guard style == 0 else { return nil }
        switch scalar {
        case 0x20: return (background, background)
        case 0x2580: return (foreground, background)
        case 0x2584: return (background, foreground)
        default: return nil
        }
    }

    /// A cell of two colors that are not the terminal's own, of all that look so the one that ``ReducedFrame`` makes.
    static func half(upper: Int32, lower: Int32) -> ReducedCell {
        if upper == lower { return ReducedCell(scalar: 0x20, foreground: -1, background: lower, style: 0) }
        return lower < upper
            ? ReducedCell(scalar: 0x2584, foreground: lower, background: upper, style: 0)
            : ReducedCell(scalar: 0x2580, foreground: upper, background: lower, style: 0)
    }
}
