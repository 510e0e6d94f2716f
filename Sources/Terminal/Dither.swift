import Explorer

/// Mixes the few grays of a terminal of at most 16 colors so that their mean over a few pixels is near a wanted gray.
/// Other colors are left alone: mixed hues on such large pixels are noise.
struct Dither: Sendable {
    /// What each gray becomes at each of 16 places: `gray × 16 + place`.
    private let indices: [Int32]

    /// For terminals of 8 and of 16 colors.
    static let of8 = Dither(count: 8), of16 = Dither(count: 16)

    /// The 4×4 matrix of Bayer (1973).
    private static let matrix: [Int] = [0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5]

    private init(count: Int) {
        var levels: [(gray: Int, index: Int32)] = []
        for (index, color) in Palette.ansi.prefix(count).enumerated() where Self.isGray(color) {
            levels.append((Int(color & 255), Int32(index)))
        }
        levels.sort { $0.gray < $1.gray }
        indices = (0..<256 * 16).map { at in
            let gray = at / 16, place = at % 16
            let lower = levels.last { $0.gray <= gray } ?? levels[0]
            guard let upper = levels.first(where: { $0.gray > gray }), upper.gray > lower.gray else { return lower.index }
            return (gray - lower.gray) * 32 > (2 * place + 1) * (upper.gray - lower.gray) ? upper.index : lower.index
        }
    }

    /// The index that stands for a color at a pixel; nil for what is not gray.
    func index(_ color: Color, column: Int, row: Int) -> Int32? {
        guard !color.isStandard, Self.isGray(color.packed) else { return nil }
        return indices[Int(color.packed & 255) * 16 + Self.matrix[(row & 3) * 4 + (column & 3)]]
    }

    private static func isGray(_ packed: UInt32) -> Bool {
        packed >> 16 & 255 == packed & 255 && packed >> 8 & 255 == packed & 255
    }
}

extension ReducedFrame {
    /// Mixes grays in the half blocks of a frame's pictures, where there are at most 16 colors.
    mutating func dither(_ frame: Frame, palette: Palette) {
        guard palette.depth == .ansi16 else { return }
        let dither = palette.count < 16 ? Dither.of8 : Dither.of16
        for area in frame.pictures {
            for row in max(area.row, 0)..<max(min(area.row + area.rows, rows, frame.rows), max(area.row, 0)) {
                for column in max(area.column, 0)..<max(min(area.column + area.columns, columns, frame.columns), max(area.column, 0)) {
                    let cell = frame[column, row]
                    guard cell.scalar == "▀", cell.style.isEmpty else { continue }
                    let upper = dither.index(cell.foreground, column: column, row: row * 2) ?? palette.reduce(cell.foreground)
                    let lower = dither.index(cell.background, column: column, row: row * 2 + 1) ?? palette.reduce(cell.background)
                    cells[row * columns + column] =
                        upper == lower
                        ? ReducedCell(scalar: 0x20, foreground: -1, background: lower, style: 0)
                        : ReducedCell(scalar: 0x2580, foreground: upper, background: lower, style: 0)
                }
            }
        }
    }
}
