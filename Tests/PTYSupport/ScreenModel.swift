/// A color as the terminal was told it.
public enum ScreenColor: Hashable, Sendable {
    case standard
    case indexed(Int)
    case rgb(UInt8, UInt8, UInt8)
}

/// What stands in one position of the modeled screen.
public struct ScreenCell: Hashable, Sendable {
    /// U+0000 in the right half of a wide character.
    public var scalar: Unicode.Scalar = " "
    public var foreground = ScreenColor.standard
    public var background = ScreenColor.standard
    public var bold = false
    public var dim = false
    public var underline = false
    public var reverse = false
    /// Over the character.
    public var marks: [Unicode.Scalar] = []

    public init() {}
}

/// A model of an xterm-like terminal, complete enough for what ncurses writes: bytes in, cells out.
public struct ScreenModel: Sendable {
    public internal(set) var columns: Int
    public internal(set) var rows: Int
    public internal(set) var cells: [ScreenCell]
    public internal(set) var column = 0
    public internal(set) var row = 0

    public internal(set) var alternate = false
    public internal(set) var cursorVisible = true
    public internal(set) var applicationKeys = false
    /// DEC private modes that are on, the three above left out: 1000, 1002, 1006 mouse, 2004 paste, …
    public internal(set) var modes: Set<Int> = []
    public internal(set) var title = ""
    /// Titles put by.
    var titles: [String] = []
    /// Whether a frame is being taken that is to be shown whole (mode 2026), and how many there were.
    public internal(set) var isInFrame = false
    public internal(set) var wholeFrames = 0
    /// Sequences that were not understood, as text.
    public internal(set) var unknown: [String] = []
    /// How often it was asked whether it is there (DSR).
    public internal(set) var statusQuestions = 0
    /// Pictures in pixels that it was sent.
    public private(set) var pictures = TerminalPictures()
    /// Operating system commands received, for marks: `ESC ] … BEL`.
    public private(set) var commands: [String] = []

    var pen = ScreenCell()
    var main: (cells: [ScreenCell], column: Int, row: Int)?
    var saved = (column: 0, row: 0)
    var top = 0
    var bottom: Int
    /// The cursor stands behind the last column, which it does not show.
    private var wraps = false
    var inserts = false
    var lastPrinted: Unicode.Scalar = " "

    private enum State: Sendable {
        case ground, escape
        /// `ESC (` or `ESC )`.
        case charset(UInt8)
        case sequence([UInt8])
        case string(opener: UInt8, [UInt8], escape: Bool)
    }
    private var state = State.ground
    private var character: [UInt8] = []

    public init(columns: Int, rows: Int) {
        self.columns = columns
        self.rows = rows
        bottom = rows - 1
        cells = Array(repeating: ScreenCell(), count: columns * rows)
    }

    public subscript(column: Int, row: Int) -> ScreenCell { cells[row * columns + column] }

    /// A row's characters, without the blanks at its end. ▄ in two colors is ▀ in their other order, and is written so.
    public func line(_ row: Int) -> String {
        var text = ""
        for cell in cells[row * columns..<(row + 1) * columns] where cell.scalar.value != 0 {
            let isTurned = cell.scalar == "▄" && cell.foreground != .standard && cell.background != .standard
            text.unicodeScalars.append(isTurned ? "▀" : cell.scalar)
        }
        while text.last == " " { text.removeLast() }
        return text
    }

    public var lines: [String] { (0..<rows).map(line) }

    public func contains(_ text: String) -> Bool { lines.contains { $0.contains(text) } }

    /// Cuts or fills at the right and at the bottom, as most terminals do on the alternate screen.
    public mutating func resize(columns: Int, rows: Int) {
        func cut(_ cells: [ScreenCell]) -> [ScreenCell] {
            var result = Array(repeating: ScreenCell(), count: columns * rows)
            for row in 0..<min(rows, self.rows) {
                for column in 0..<min(columns, self.columns) {
                    result[row * columns + column] = cells[row * self.columns + column]
                }
            }
            return result
        }
        cells = cut(cells)
        if let former = main {
            main = (cut(former.cells), min(former.column, columns - 1), min(former.row, rows - 1))
        }
        (self.columns, self.rows) = (columns, rows)
        (top, bottom) = (0, rows - 1)
        move(column, row)
    }

    public mutating func feed(_ bytes: some Sequence<UInt8>) { for byte in bytes { take(byte) } }

    // MARK: Bytes

    private mutating func take(_ byte: UInt8) {
        switch state {
        case .ground:
            if byte >= 0x80 { utf8(byte) } else if byte >= 0x20, byte < 0x7F {
                print(Unicode.Scalar(byte))
            } else {
                control(byte)
            }
        case .escape:
            state = .ground
            escape(byte)
        case .charset(let set):
            state = .ground
            if set == UInt8(ascii: "("), byte != UInt8(ascii: "B") { unknown.append("charset \(byte)") }
        case .sequence(var bytes):
            if byte >= 0x40, byte <= 0x7E {
                state = .ground
                sequence(bytes, byte)
            } else if byte == 0x1B {
                state = .escape
            } else if byte < 0x20 {
                control(byte)
            } else {
                state = .ground
                bytes.append(byte)
                state = .sequence(bytes)
            }
        case .string(let opener, var bytes, let escape):
            state = .ground
            if opener == UInt8(ascii: "_"), bytes.first == UInt8(ascii: "G"), escape, byte == UInt8(ascii: "\\") {
                pictures.take(bytes.dropFirst())
            } else if byte == 0x07 || (escape && byte == UInt8(ascii: "\\")) {
                let command = String(decoding: bytes, as: UTF8.self)
                if command.hasPrefix("2;") { title = String(command.dropFirst(2)) }
                commands.append(command)
                if commands.count > 64 { commands.removeFirst(32) }
            } else {
                if byte != 0x1B { bytes.append(byte) }
                state = .string(opener: opener, bytes, escape: byte == 0x1B)
            }
        }
    }

    private mutating func utf8(_ byte: UInt8) {
        if byte >= 0xC0 { character = [byte] } else { character.append(byte) }
        let first = character[0]
        guard character.count == (first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2) else { return }
        if let text = String(validating: character, as: UTF8.self), let scalar = text.unicodeScalars.first {
            print(scalar)
        } else {
            unknown.append("bytes \(character)")
        }
        character = []
    }

    private mutating func control(_ byte: UInt8) {
        switch byte {
        case 0x08: move(column - 1, row)
        case 0x09: move(min((column / 8 + 1) * 8, columns - 1), row)
        case 0x0A: lineFeed()
        case 0x0D: move(0, row)
        case 0x1B: state = .escape
        case 0x00, 0x07, 0x0E, 0x0F: break
        default: unknown.append("control \(byte)")
        }
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "["): state = .sequence([])
        case UInt8(ascii: "]"), UInt8(ascii: "P"), UInt8(ascii: "k"), UInt8(ascii: "_"):
            state = .string(opener: byte, [], escape: false)
        case UInt8(ascii: "("), UInt8(ascii: ")"): state = .charset(byte)
        case UInt8(ascii: "7"): saved = (column, row)
        case UInt8(ascii: "8"): move(saved.column, saved.row)
        case UInt8(ascii: "M"): if row == top { scroll(-1) } else { move(column, row - 1) }
        case UInt8(ascii: "D"): lineFeed()
        case UInt8(ascii: "="): break
        case UInt8(ascii: ">"): break
        case UInt8(ascii: "c"): self = ScreenModel(columns: columns, rows: rows)
        default: unknown.append("escape \(Unicode.Scalar(byte))")
        }
    }

    // MARK: Characters

    mutating func print(_ scalar: Unicode.Scalar) {
        if Self.isMark(scalar) {
            let before = wraps ? column : column - 1
            if before >= 0 { cells[row * columns + before].marks.append(scalar) }
            return
        }
        let width = Self.width(scalar)
        if wraps || column + width > columns {
            wraps = false
            move(0, row)
            lineFeed()
        }
        if inserts { shift(by: width) }
        var cell = pen
        cell.scalar = scalar
        put(cell, column)
        if width == 2, column + 1 < columns {
            cell.scalar = "\0"
            put(cell, column + 1)
        }
        lastPrinted = scalar
        if column + width >= columns {
            column = columns - 1
            wraps = true
        } else {
            column += width
        }
    }

    /// Writing over half of a wide character blanks the other half.
    private mutating func put(_ cell: ScreenCell, _ column: Int) {
        let at = row * columns + column
        if cells[at].scalar.value == 0, column > 0, cell.scalar.value != 0 { cells[at - 1].scalar = " " }
        if column + 1 < columns, cells[at + 1].scalar.value == 0, Self.width(cells[at].scalar) == 2 {
            cells[at + 1].scalar = " "
        }
        cells[at] = cell
    }

    private static func width(_ scalar: Unicode.Scalar) -> Int {
        switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
            0xFF00...0xFF60, 0x1F300...0x1F64F, 0x20000...0x3FFFD:
            2
        default: 1
        }
    }

    private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value >= 0x300 && !(0x2500...0x28FF).contains(scalar.value) && scalar.properties.generalCategory == .nonspacingMark
    }

    mutating func move(_ column: Int, _ row: Int) {
        self.column = min(max(column, 0), columns - 1)
        self.row = min(max(row, 0), rows - 1)
        wraps = false
    }

    private mutating func lineFeed() {
        if row == bottom { scroll(1) } else { move(column, row + 1) }
    }

    private var erased: ScreenCell {
        var cell = ScreenCell()
        cell.background = pen.background
        return cell
    }

    mutating func erase(_ range: Range<Int>) {
        for i in range.clamped(to: 0..<cells.count) { cells[i] = erased }
    }

    /// Moves lines `from`…`bottom` up (or down).
    mutating func scroll(_ count: Int, from first: Int? = nil) {
        let first = first ?? top
        let lines = bottom - first + 1
        guard lines > 0 else { return }
        let distance = min(abs(count), lines)
        for i in 0..<lines {
            let target = count > 0 ? first + i : bottom - i
            let source = count > 0 ? target + distance : target - distance
            for column in 0..<columns {
                cells[target * columns + column] =
                    (first...bottom).contains(source) ? cells[source * columns + column] : erased
            }
        }
    }

    /// Moves the rest of the line right (or left).
    mutating func shift(by count: Int) {
        let line = Array(cells[row * columns..<(row + 1) * columns])
        for target in column..<columns {
            let source = target - count
            cells[row * columns + target] = source >= column && source < columns ? line[source] : erased
        }
    }
}

extension ScreenModel: CustomStringConvertible {
    /// The characters, a line each, between bars.
    public var description: String { lines.map { "|\($0)" }.joined(separator: "\n") }
}
