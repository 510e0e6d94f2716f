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

    public init() {}
}

/// A model of an xterm-like terminal, complete enough for what ncurses writes: bytes in, cells out.
public struct ScreenModel: Sendable {
    public private(set) var columns: Int
    public private(set) var rows: Int
    public private(set) var cells: [ScreenCell]
    public private(set) var column = 0
    public private(set) var row = 0

    public private(set) var alternate = false
    public private(set) var cursorVisible = true
    public private(set) var applicationKeys = false
    /// DEC private modes that are on, the three above left out: 1000, 1002, 1006 mouse, 2004 paste, …
    public private(set) var modes: Set<Int> = []
    public private(set) var title = ""
    /// Sequences that were not understood, as text.
    public private(set) var unknown: [String] = []
    /// Operating system commands received, for marks: `ESC ] … BEL`.
    public private(set) var commands: [String] = []

    var pen = ScreenCell()
    private var main: (cells: [ScreenCell], column: Int, row: Int)?
    private var saved = (column: 0, row: 0)
    private var top = 0
    private var bottom: Int
    /// The cursor stands behind the last column, which it does not show.
    private var wraps = false
    private var inserts = false
    private var lastPrinted: Unicode.Scalar = " "

    private enum State: Sendable {
        case ground, escape
        /// `ESC (` or `ESC )`.
        case charset(UInt8)
        case sequence([UInt8])
        case string([UInt8], escape: Bool)
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

    /// A row's characters, without the blanks at its end.
    public func line(_ row: Int) -> String {
        var text = ""
        for cell in cells[row * columns..<(row + 1) * columns] where cell.scalar.value != 0 {
            text.unicodeScalars.append(cell.scalar)
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
        case .string(var bytes, let escape):
            state = .ground
            if byte == 0x07 || (escape && byte == UInt8(ascii: "\\")) {
                commands.append(String(decoding: bytes, as: UTF8.self))
                if commands.count > 64 { commands.removeFirst(32) }
            } else {
                if byte != 0x1B { bytes.append(byte) }
                state = .string(bytes, escape: byte == 0x1B)
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
            state = .string([], escape: false)
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

    private mutating func print(_ scalar: Unicode.Scalar) {
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

    private mutating func move(_ column: Int, _ row: Int) {
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

    private mutating func erase(_ range: Range<Int>) {
        for i in range.clamped(to: 0..<cells.count) { cells[i] = erased }
    }

    /// Moves lines `from`…`bottom` up (or down).
    private mutating func scroll(_ count: Int, from first: Int? = nil) {
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
    private mutating func shift(by count: Int) {
        let line = Array(cells[row * columns..<(row + 1) * columns])
        for target in column..<columns {
            let source = target - count
            cells[row * columns + target] = source >= column && source < columns ? line[source] : erased
        }
    }

    // MARK: Sequences

    private mutating func sequence(_ bytes: [UInt8], _ final: UInt8) {
        let text = String(decoding: bytes, as: UTF8.self)
        if final == UInt8(ascii: "m"), !text.hasPrefix(">") { return selectGraphics(text) }
        if text.hasPrefix("?"), final == UInt8(ascii: "h") || final == UInt8(ascii: "l") {
            for part in text.dropFirst().split(separator: ";") {
                Int(part).map { privateMode($0, final == UInt8(ascii: "h")) }
            }
            return
        }
        let parameters = text.split(separator: ";", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
        let first = parameters.first ?? 0
        let count = max(first, 1)
        let second = max(parameters.count > 1 ? parameters[1] : 1, 1)
        let here = row * columns + column
        switch final {
        case UInt8(ascii: "A"): move(column, row - count)
        case UInt8(ascii: "B"): move(column, row + count)
        case UInt8(ascii: "C"): move(column + count, row)
        case UInt8(ascii: "D"): move(column - count, row)
        case UInt8(ascii: "G"): move(count - 1, row)
        case UInt8(ascii: "H"), UInt8(ascii: "f"): move(second - 1, count - 1)
        case UInt8(ascii: "d"): move(column, count - 1)
        case UInt8(ascii: "I"): move((column / 8 + count) * 8, row)
        case UInt8(ascii: "Z"): move(((column + 7) / 8 - count) * 8, row)
        case UInt8(ascii: "J"):
            switch first {
            case 0: erase(here..<cells.count)
            case 1: erase(0..<here + 1)
            default: erase(0..<cells.count)
            }
        case UInt8(ascii: "K"):
            let start = row * columns
            switch first {
            case 0: erase(here..<start + columns)
            case 1: erase(start..<here + 1)
            default: erase(start..<start + columns)
            }
        case UInt8(ascii: "X"): erase(here..<min(here + count, (row + 1) * columns))
        case UInt8(ascii: "@"): shift(by: count)
        case UInt8(ascii: "P"): shift(by: -count)
        case UInt8(ascii: "L"): if (top...bottom).contains(row) { scroll(-count, from: row) }
        case UInt8(ascii: "M"): if (top...bottom).contains(row) { scroll(count, from: row) }
        case UInt8(ascii: "S"): scroll(count)
        case UInt8(ascii: "T"): scroll(-count)
        case UInt8(ascii: "b"): for _ in 0..<count { print(lastPrinted) }
        case UInt8(ascii: "r"):
            top = min(max(count - 1, 0), rows - 1)
            bottom = parameters.count > 1 && parameters[1] > 0 ? min(parameters[1], rows) - 1 : rows - 1
            move(0, 0)
        case UInt8(ascii: "h"), UInt8(ascii: "l"):
            if first == 4 { inserts = final == UInt8(ascii: "h") }
            // 34: tmux's and screen's shape of the cursor.
        case UInt8(ascii: "t"), UInt8(ascii: "c"), UInt8(ascii: "q"), UInt8(ascii: "n"): break
        default: unknown.append("CSI \(text)\(Unicode.Scalar(final))")
        }
    }

    private mutating func privateMode(_ number: Int, _ on: Bool) {
        switch number {
        case 1: applicationKeys = on
        case 25: cursorVisible = on
        case 47, 1047, 1049:
            if on, !alternate {
                main = (cells, column, row)
                cells = Array(repeating: ScreenCell(), count: cells.count)
            } else if !on, alternate, let former = main {
                cells = former.cells
                move(former.column, former.row)
            }
            alternate = on
        case 7, 12: break
        default: if on { modes.insert(number) } else { modes.remove(number) }
        }
    }

    private mutating func selectGraphics(_ text: String) {
        // Parameters by semicolons; each may carry subparameters by colons.
        let parts = text.split(separator: ";", omittingEmptySubsequences: false)
            .map { $0.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) } }
        var i = 0
        while i < max(parts.count, 1) {
            let part = parts.isEmpty ? [0] : parts[i]
            let number = (part.first ?? 0) ?? 0
            i += 1
            switch number {
            case 0: pen = ScreenCell()
            case 1: pen.bold = true
            case 2: pen.dim = true
            case 4: pen.underline = true
            case 7: pen.reverse = true
            case 22: (pen.bold, pen.dim) = (false, false)
            case 24: pen.underline = false
            case 27: pen.reverse = false
            case 30...37: pen.foreground = .indexed(number - 30)
            case 40...47: pen.background = .indexed(number - 40)
            case 90...97: pen.foreground = .indexed(number - 82)
            case 100...107: pen.background = .indexed(number - 92)
            case 39: pen.foreground = .standard
            case 49: pen.background = .standard
            case 38, 48:
                var numbers: [Int]
                if part.count > 1 {
                    // 38:2::r:g:b has a color space before the values; 38:2:r:g:b leaves it out.
                    numbers = part.dropFirst().map { $0 ?? 0 }
                    if numbers.first == 2, numbers.count > 4 { numbers.remove(at: 1) }
                } else {
                    let kind = i < parts.count ? parts[i].first.flatMap { $0 } : nil
                    let length = kind == 2 ? 4 : 2
                    numbers = parts[i..<min(i + length, parts.count)].map { ($0.first ?? 0) ?? 0 }
                    i += numbers.count
                }
                guard let color = Self.color(numbers) else {
                    unknown.append("SGR \(text)")
                    continue
                }
                if number == 38 { pen.foreground = color } else { pen.background = color }
            default: unknown.append("SGR \(text)")
            }
        }
    }

    private static func color(_ numbers: [Int]) -> ScreenColor? {
        if numbers.count == 2, numbers[0] == 5, (0...255).contains(numbers[1]) { return .indexed(numbers[1]) }
        guard numbers.count == 4, numbers[0] == 2, numbers.dropFirst().allSatisfy({ (0...255).contains($0) }) else {
            return nil
        }
        return .rgb(UInt8(numbers[1]), UInt8(numbers[2]), UInt8(numbers[3]))
    }
}

extension ScreenModel: CustomStringConvertible {
    /// The characters, a line each, between bars.
    public var description: String { lines.map { "|\($0)" }.joined(separator: "\n") }
}
