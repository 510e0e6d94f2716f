/// The glyph of a set that shows a cell's pixels in two colors with the least squared error, red, green and blue weighted as the
/// eye does.
///
/// Of n pixels in two groups with sums S and T, the error against the groups' means is the sum of squares less |S|²/s + |T|²/t:
/// the greatest of that is looked for. Every glyph holds the pixel at the top left in its foreground, as the others are these with
/// the colors exchanged.
package struct GlyphFit: Sendable {
    /// A glyph, by the one pixel that comes to, or leaves, the foreground of the glyph tried before (a Gray code).
    private struct Step: Sendable {
        let pixel: Int
        /// 1 where it comes, -1 where it leaves.
        let sign: Float
        let glyph: Glyph
    }

    private struct Glyph: Sendable {
        let scalar: Unicode.Scalar
        /// One over the pixels in the foreground, and in the background.
        let inside: Float, outside: Float
    }

    private let columns: Int
    private let rows: Int
    /// The upper of two half blocks, of as many pixels as are above the middle: it goes first where nothing is gained.
    private let half: Glyph
    private let halfRows: Int
    /// The glyph of the top left pixel alone.
    private let corner: Glyph
    private let steps: [Step]

    private static let quadrants = GlyphFit(.quadrant), sextants = GlyphFit(.sextant)

    package static func of(_ set: GlyphSet) -> GlyphFit { set == .sextant ? sextants : quadrants }

    private init(_ set: GlyphSet) {
        let count = set.columns * set.rows, all = UInt8(1 << count - 1)
        func glyph(_ mask: UInt8) -> Glyph {
            let inside = mask.nonzeroBitCount
            return Glyph(
                scalar: set == .sextant ? Self.sextant(mask) : Self.quadrant(mask), inside: 1 / Float(inside),
                outside: 1 / Float(count - inside))
        }
        columns = set.columns
        rows = set.rows
        // Two of a sextant's three rows: there is no half of them.
        halfRows = set.rows == 2 ? 1 : 2
        half = glyph(UInt8(1 << (halfRows * set.columns) - 1))
        corner = glyph(1)
        var mask: UInt8 = 1
        steps = (1..<(1 << (count - 1))).map { number in
            let bit = number.trailingZeroBitCount + 1
            mask ^= 1 << UInt8(bit)
            let came = mask >> UInt8(bit) & 1 == 1
            // The full cell is no glyph of two colors, but a step on the way.
            return Step(pixel: bit, sign: came ? 1 : -1, glyph: mask == all ? Glyph(scalar: " ", inside: 0, outside: 0) : glyph(mask))
        }
    }

    /// Bit n of a mask: the nth pixel, row by row, is in the foreground.
    private static func quadrant(_ mask: UInt8) -> Unicode.Scalar {
        switch mask {
        case 0b0001: "▘"
        case 0b0011: "▀"
        case 0b0101: "▌"
        case 0b1001: "▚"
        case 0b0111: "▛"
        case 0b1011: "▜"
        default: "▙"
        }
    }

    /// U+1FB00 on, in the order of the masks, without the two that are half blocks.
    private static func sextant(_ mask: UInt8) -> Unicode.Scalar {
        if mask == 0b010101 { return "▌" }
        let place = UInt32(mask) - 1 - (mask > 0b010101 ? 1 : 0) - (mask > 0b101010 ? 1 : 0)
        return Unicode.Scalar(0x1FB00 + place) ?? "▀"
    }

    /// Draws a row of cells.
    ///
    /// - Parameters:
    ///   - pixels: from the top left of the first cell on.
    ///   - width: pixels of a row.
    ///   - there: how many rows of pixels there are; where some are missing the terminal's own background shows.
    package func draw(_ pixels: UnsafePointer<UInt32>, width: Int, rows there: Int, cells count: Int, into cells: UnsafeMutablePointer<Cell>) {
        withUnsafeTemporaryAllocation(of: SIMD4<Float>.self, capacity: columns * rows) { values in
            guard let values = values.baseAddress else { return }
            for cell in 0..<count {
                let start = cell * columns, first = pixels[start]
                var different: UInt32 = 0
                for row in 0..<there {
                    for column in 0..<columns {
                        let pixel = pixels[start + row * width + column]
                        different |= pixel ^ first
                        values[row * columns + column] = SIMD4(
                            Float(pixel >> 16 & 255), Float(pixel >> 8 & 255), Float(pixel & 255), 0)
                    }
                }
                if there < rows {
                    cells[cell] = Cell(top(there), foreground: mean(values, columns * there), background: .standard)
                } else if different == 0 {
                    cells[cell] = Cell("▀", foreground: PixelGrid.color(first), background: PixelGrid.color(first))
                } else {
                    cells[cell] = best(values)
                }
            }
        }
    }

    @inline(__always)
    private func best(_ values: UnsafeMutablePointer<SIMD4<Float>>) -> Cell {
        let weights = SIMD4<Float>(3, 6, 2, 0)
        var upper = SIMD4<Float>.zero, total = SIMD4<Float>.zero
        for pixel in 0..<columns * halfRows { upper += values[pixel] }
        for pixel in 0..<columns * rows { total += values[pixel] }
        @inline(__always) func gain(_ inside: SIMD4<Float>, _ glyph: Glyph) -> Float {
            let outside = total - inside
            return (weights * (inside * inside * glyph.inside + outside * outside * glyph.outside)).sum()
        }
        // A gain that rounding alone may give is none.
        var (glyph, sum) = (half, upper)
        var greatest = gain(upper, half) * (1 + 1e-5)
        var inside = values[0]
        func take(_ other: Glyph) {
            let own = gain(inside, other)
            if own > greatest { (glyph, sum, greatest) = (other, inside, own) }
        }
        take(corner)
        for step in steps {
            inside += values[step.pixel] * step.sign
            if step.glyph.inside > 0 { take(step.glyph) }
        }
        return Cell(
            glyph.scalar, foreground: Self.color(sum * glyph.inside), background: Self.color((total - sum) * glyph.outside))
    }

    private func mean(_ values: UnsafeMutablePointer<SIMD4<Float>>, _ count: Int) -> Color {
        Self.color((0..<count).reduce(SIMD4.zero) { $0 + values[$1] } / Float(count))
    }

    /// The glyph of the first rows of pixels.
    private func top(_ there: Int) -> Unicode.Scalar { rows == 2 ? "▀" : Self.sextant(there == 1 ? 0b11 : 0b1111) }

    @inline(__always)
    private static func color(_ mean: SIMD4<Float>) -> Color {
        let rounded = mean + 0.5
        return Color(UInt8(rounded.x), UInt8(rounded.y), UInt8(rounded.z))
    }
}
