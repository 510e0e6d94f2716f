/// What CSI sequences do (ECMA-48, and xterm's ctlseqs).
extension ScreenModel {
    mutating func sequence(_ bytes: [UInt8], _ final: UInt8) {
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
        case UInt8(ascii: "t"):
            if first == 22 { titles.append(title) }
            if first == 23, let former = titles.popLast() { title = former }
        case UInt8(ascii: "c"), UInt8(ascii: "q"): break
        case UInt8(ascii: "n"): if first == 5 { statusQuestions += 1 }
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
        case 2026:
            if on { wholeFrames += 1 }
            isInFrame = on
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
