import CTerminal
import Explorer

/// A cell as the terminal gets it; two equal ones look the same.
struct ReducedCell: Hashable, Sendable {
    /// 0: the right half of a wide character. Beyond all characters: a piece of a picture in pixels.
    var scalar: UInt32
    var foreground: Int32
    var background: Int32
    var style: UInt8

    static let blank = ReducedCell(scalar: 0x20, foreground: -1, background: -1, style: 0)

    /// What shows a picture's piece of a cell: the color is its number, but for the highest byte.
    static func picture(_ id: UInt32, column: Int, row: Int) -> ReducedCell {
        ReducedCell(
            scalar: 1 << 31 | (id >> 24) << 18 | UInt32(row) << 9 | UInt32(column), foreground: Int32(id & 0xFF_FFFF), background: -1,
            style: 0)
    }

    /// Of a picture's piece: the marks over the placeholder for its row, its column and the highest byte of its number.
    /// The last is 0 where it needs none.
    var marks: (row: UInt32, column: UInt32, highest: UInt32)? {
        guard scalar >> 31 == 1 else { return nil }
        let marks = PlaceholderMarks.all, highest = Int(scalar >> 18 & 255)
        return (marks[Int(scalar >> 9 & 511)], marks[Int(scalar & 511)], highest > 0 ? marks[highest] : 0)
    }
}

/// A frame cut or filled to the screen's size, its colors reduced, its cells made canonical.
struct ReducedFrame: Sendable {
    let columns: Int
    let rows: Int
    var cells: [ReducedCell]

    /// - Parameters:
    ///   - pictures: the numbers by which the terminal knows the frame's pictures in pixels.
    ///   - sparesCorner: leaves out wide characters next to the last row's end, where ncurses, on terminals that
    ///     cannot turn off wrapping (tmux), puts the last character before the others and tears them.
    init(_ frame: Frame, columns: Int, rows: Int, palette: Palette, pictures: [UInt32] = [], sparesCorner: Bool = false) {
        self.columns = columns
        self.rows = rows
        cells = Array(repeating: .blank, count: columns * rows)
        let width = min(columns, frame.columns)
        var reducer = Reducer(palette: palette)
        cells.withUnsafeMutableBufferPointer { target in
            frame.cells.withUnsafeBufferPointer { source in
                for row in 0..<min(rows, frame.rows) {
                    let from = row * frame.columns, to = row * columns
                    var column = 0
                    while column < width {
                        let cell = source[from + column]
                        let reduced = reducer.reduce(cell)
                        target[to + column] = reduced
                        column += 1
                        guard characterWidth(reduced.scalar) == 2 else { continue }
                        // A wide character needs its right half, inside the screen.
                        let corner = sparesCorner && row == rows - 1 && column >= columns - 2
                        if column < width, source[from + column].scalar.value == 0, !corner {
                            target[to + column] = reduced
                            target[to + column].scalar = 0
                            column += 1
                        } else {
                            target[to + column - 1].scalar = 0x20
                        }
                    }
                }
            }
        }
        dither(frame, palette: palette)
        joinWords()
        for (image, id) in zip(frame.images, pictures) { place(image.rect, id, frame) }
    }

    /// Puts a picture's pieces where the frame leaves cells to it.
    private mutating func place(_ rect: CellRect, _ id: UInt32, _ frame: Frame) {
        guard rect.column >= 0, rect.row >= 0, max(rect.columns, rect.rows) <= PlaceholderMarks.all.count else { return }
        for row in 0..<max(min(rect.rows, rows - rect.row, frame.rows - rect.row), 0) {
            for column in 0..<max(min(rect.columns, columns - rect.column, frame.columns - rect.column), 0)
            where frame[rect.column + column, rect.row + row].scalar == PixelImage.cell.scalar {
                cells[(rect.row + row) * columns + rect.column + column] = .picture(id, column: column, row: row)
            }
        }
    }

    /// Gives single blanks between words of one look that look, which does not show: words are sent as one run then.
    private mutating func joinWords() {
        guard columns > 2 else { return }
        cells.withUnsafeMutableBufferPointer { cells in
            for start in stride(from: 0, to: cells.count, by: columns) {
                for place in start + 1..<start + columns - 1 where cells[place].scalar == 0x20 && cells[place].style == 0 {
                    let before = cells[place - 1], after = cells[place + 1]
                    guard before.scalar > 0x20, after.scalar > 0x20, before.foreground == after.foreground,
                        before.style == after.style, before.style & ~Self.unseen == 0,
                        before.background == cells[place].background, after.background == cells[place].background
                    else { continue }
                    cells[place].foreground = before.foreground
                    cells[place].style = before.style
                }
            }
        }
    }

    /// The styles that a blank does not show.
    private static let unseen = (Cell.Style.bold.union(.dim)).rawValue
}

/// Columns a character takes: 1 or 2.
@inline(__always)
func characterWidth(_ scalar: UInt32) -> Int {
    // No wide character stands before Hangul Jamo; boxes, blocks and Braille are narrow.
    if scalar < 0x1100 || (0x2500...0x25FC).contains(scalar) || (0x2800...0x28FF).contains(scalar) { return 1 }
    return terminal_character_width(scalar) == 2 ? 2 : 1
}

/// Reduces cell by cell, remembering the last color, since neighbors are often alike.
private struct Reducer {
    let palette: Palette
    private var lastForeground = (Color.standard, Int32(-1))
    private var lastBackground = (Color.standard, Int32(-1))

    init(palette: Palette) { self.palette = palette }

    @inline(__always)
    mutating func reduce(_ cell: Cell) -> ReducedCell {
        if cell.foreground != lastForeground.0 {
            lastForeground = (cell.foreground, palette.reduce(cell.foreground))
        }
        if cell.background != lastBackground.0 {
            lastBackground = (cell.background, palette.reduce(cell.background))
        }
        var result = ReducedCell(
            scalar: Self.printable(cell.scalar.value), foreground: lastForeground.1, background: lastBackground.1,
            style: cell.style.rawValue)
        let showsForeground = cell.style.contains(.reverse) || cell.style.contains(.underline)
        if showsForeground { return result }

        // Fewer pairs, and cells that look alike become equal.
        if result.foreground == result.background, result.foreground >= 0 { result.scalar = 0x20 }
        if result.scalar == 0x2588, result.foreground >= 0, result.style == 0 {
            result.scalar = 0x20
            result.background = result.foreground
        }
        if result.scalar == 0x20 {
            result.foreground = -1
            result.style = 0
        } else if result.style == 0, result.scalar == 0x2580 || result.scalar == 0x2584,
            result.background >= 0, result.background < result.foreground
        {
            // ▀ in one order of the colors is ▄ in the other.
            result.scalar = result.scalar == 0x2580 ? 0x2584 : 0x2580
            swap(&result.foreground, &result.background)
        }
        return result
    }

    /// Controls, and characters that take no column of their own, cannot stand in a cell.
    @inline(__always)
    private static func printable(_ scalar: UInt32) -> UInt32 {
        if scalar >= 0x20, scalar < 0x7F { return scalar }
        if (0x2500...0x25FC).contains(scalar) { return scalar }
        // No placeholder stands where there is no picture, whatever a file's name holds.
        if scalar == 0 || scalar == PixelImage.cell.scalar.value { return 0x20 }
        return terminal_character_width(scalar) >= 1 ? scalar : 0x3F
    }
}
