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
                    guard cell.scalar == "▀", cell.style.isEmpty, !cell.foreground.isStandard, !cell.background.isStandard,
                        cells[at] != shown.cells[at]
                    else { continue }
                    let old = shown.cells[at].halves
                    func kept(_ index: Int32?, _ color: Color) -> Int32? {
                        guard let index, index >= 0 else { return nil }
                        return Palette.distance(palette.color(of: index), color) <= limit ? index : nil
                    }
                    let upper = kept(old?.upper, cell.foreground), lower = kept(old?.lower, cell.background)
                    cells[at] = upper != nil && lower != nil
                        ? shown.cells[at]
                        : .half(upper: upper ?? coarse.reduce(cell.foreground), lower: lower ?? coarse.reduce(cell.background))
                }
            }
        }
    }
}

extension ReducedCell {
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
