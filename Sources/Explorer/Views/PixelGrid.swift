/// Pixels on their way into cells, two above each other in one cell.
struct PixelGrid {
    let width: Int
    let height: Int
    /// `0xRRGGBB`, row by row.
    var pixels: [UInt32]

    /// Characters of growing density, for screens without color.
    private static let ramp: [Unicode.Scalar] = [" ", ".", ":", "-", "=", "+", "*", "#", "%", "@"]

    /// Draws with the top left at a cell.
    ///
    /// - Parameter stretched: in `mono`, spreads the pixels' brightness over all characters.
    func draw(into writer: inout FrameWriter, column: Int, row: Int, mono: Bool, stretched: Bool = false) {
        let columns = writer.frame.columns, rows = writer.frame.rows
        guard column >= 0, row >= 0 else { return }
        let drawn = min(width, columns - column), lines = min((height + 1) / 2, rows - row)
        guard drawn > 0, lines > 0 else { return }
        let width = self.width, height = self.height
        if !mono {
            writer.frame.pictures.append(CellRect(column: column, row: row, columns: drawn, rows: lines))
        }
        let (dark, bright) = mono && stretched ? Self.brightnessRange(pixels) : (0, 256)
        let span = max(bright - dark, 32)
        writer.frame.cells.withUnsafeMutableBufferPointer { cells in
            pixels.withUnsafeBufferPointer { pixels in
                for line in 0..<lines {
                    let upper = line * 2 * width
                    let hasLower = line * 2 + 1 < height
                    let lower = hasLower ? upper + width : upper
                    let target = (row + line) * columns + column
                    for x in 0..<drawn {
                        let a = pixels[upper + x], b = pixels[lower + x]
                        if mono {
                            let light = (Self.brightness(a) + Self.brightness(b)) / 2 - dark
                            let place = light * Self.ramp.count / span
                            cells[target + x] = Cell(Self.ramp[min(max(place, 0), Self.ramp.count - 1)])
                        } else {
                            cells[target + x] = Cell(
                                "▀", foreground: Self.color(a), background: hasLower ? Self.color(b) : .standard)
                        }
                    }
                }
            }
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
    private static func color(_ packed: UInt32) -> Color {
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
