import Images

/// What pixels become.
enum PixelMedium: Equatable {
    /// Characters, so many pixels in one as the glyphs have.
    case glyphs(GlyphSet)
    /// Pixels of a terminal that shows such: the cells that they fill, and the pixels from the top of those to their bottom.
    case pixels(columns: Int, rows: Int, height: Int)
}

/// Pixels on their way into cells.
struct PixelGrid {
    let width: Int
    let height: Int
    /// `0xRRGGBB`, row by row.
    var pixels: [UInt32]
    var medium = PixelMedium.glyphs(.half)
    /// Whether, without colors, the pixels' brightness is spread over all characters.
    var isStretched = false

    init(width: Int, height: Int, pixels: [UInt32]) {
        self.width = width
        self.height = height
        self.pixels = pixels
    }

    init(_ area: PixelArea, _ pixels: [UInt32], isStretched: Bool = false) {
        self.init(width: area.width, height: area.height, pixels: pixels)
        medium = area.medium
        self.isStretched = isStretched
    }

    /// Characters of growing density, for screens without color.
    private static let ramp: [Unicode.Scalar] = [" ", ".", ":", "-", "=", "+", "*", "#", "%", "@"]

    /// Draws with the top left at a cell.
    func draw(into writer: inout FrameWriter, column: Int, row: Int, mono: Bool) {
        let glyphs: GlyphSet
        switch medium {
        case .glyphs(let set): glyphs = set
        case .pixels(let columns, let rows, let height):
            return writer.place(
                PixelImage(
                    rect: CellRect(column: column, row: row, columns: columns, rows: rows), width: width, height: height,
                    pixels: pixels))
        }
        let columns = writer.frame.columns, rows = writer.frame.rows
        guard column >= 0, row >= 0 else { return }
        let drawn = min(width / glyphs.columns, columns - column)
        let lines = min((height + glyphs.rows - 1) / glyphs.rows, rows - row)
        guard drawn > 0, lines > 0 else { return }
        if !mono {
            writer.frame.pictures.append(CellRect(column: column, row: row, columns: drawn, rows: lines))
        }
        writer.frame.cells.withUnsafeMutableBufferPointer { cells in
            pixels.withUnsafeBufferPointer { pixels in
                if mono {
                    drawCharacters(pixels, into: cells, from: row * columns + column, columns, drawn, lines)
                } else if glyphs == .half {
                    drawHalves(pixels, into: cells, from: row * columns + column, columns, drawn, lines)
                } else {
                    drawFitted(pixels, glyphs, into: cells, from: row * columns + column, columns, drawn, lines)
                }
            }
        }
    }

    private typealias Pixels = UnsafeBufferPointer<UInt32>
    private typealias Cells = UnsafeMutableBufferPointer<Cell>

    /// Characters by brightness; of the finer glyphs none are asked for without color.
    private func drawCharacters(_ pixels: Pixels, into cells: Cells, from start: Int, _ columns: Int, _ drawn: Int, _ lines: Int) {
        let (dark, bright) = isStretched ? Self.brightnessRange(self.pixels) : (0, 256)
        let span = max(bright - dark, 32)
        for line in 0..<lines {
            let upper = line * 2 * width, lower = line * 2 + 1 < height ? upper + width : upper
            for x in 0..<drawn {
                let light = (Self.brightness(pixels[upper + x]) + Self.brightness(pixels[lower + x])) / 2 - dark
                let place = light * Self.ramp.count / span
                cells[start + line * columns + x] = Cell(Self.ramp[min(max(place, 0), Self.ramp.count - 1)])
            }
        }
    }

    private func drawHalves(_ pixels: Pixels, into cells: Cells, from start: Int, _ columns: Int, _ drawn: Int, _ lines: Int) {
        for line in 0..<lines {
            let upper = line * 2 * width
            let hasLower = line * 2 + 1 < height
            let lower = hasLower ? upper + width : upper
            for x in 0..<drawn {
                cells[start + line * columns + x] = Cell(
                    "▀", foreground: Self.color(pixels[upper + x]), background: hasLower ? Self.color(pixels[lower + x]) : .standard)
            }
        }
    }

    /// Of each cell the glyph and the two colors that leave the least error.
    private func drawFitted(
        _ pixels: Pixels, _ glyphs: GlyphSet, into cells: Cells, from start: Int, _ columns: Int, _ drawn: Int, _ lines: Int
    ) {
        guard let source = pixels.baseAddress, let target = cells.baseAddress else { return }
        let fit = GlyphFit.of(glyphs)
        for line in 0..<lines {
            let first = line * glyphs.rows * width
            fit.draw(
                source + first, width: width, rows: min(height - line * glyphs.rows, glyphs.rows), cells: drawn,
                into: target + start + line * columns)
        }
    }

    /// What all but the darkest and the brightest fiftieth of the pixels lie between.
    static func brightnessRange(_ pixels: [UInt32]) -> (dark: Int, bright: Int) {
        var counts = [Int](repeating: 0, count: 256)
        for pixel in pixels { counts[min(brightness(pixel), 255)] += 1 }
        let few = pixels.count / 50
        func reach(_ order: some Sequence<Int>) -> Int? {
            var sum = 0
            return order.first { level in
                sum += counts[level]
                return sum > few
            }
        }
        return (reach(0..<256) ?? 0, (reach((0..<256).reversed()) ?? 255) + 1)
    }

    @inline(__always)
    static func color(_ packed: UInt32) -> Color {
        Color(
            UInt8(truncatingIfNeeded: packed >> 16), UInt8(truncatingIfNeeded: packed >> 8),
            UInt8(truncatingIfNeeded: packed))
    }

    /// 0…255, Rec. 601.
    @inline(__always)
    static func brightness(_ packed: UInt32) -> Int {
        (Int(packed >> 16 & 255) * 77 + Int(packed >> 8 & 255) * 150 + Int(packed & 255) * 29) >> 8
    }
}
