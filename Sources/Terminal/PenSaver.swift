/// Leaves out of what ncurses writes the colors that the terminal has already, or that nothing is drawn with: ncurses names
/// both colors at every change of either. What is seen is the same, in about two thirds of the bytes.
package struct PenSaver {
    /// A color as SGR names it.
    private struct Paint: Equatable {
        /// What is not known differs from all others.
        static let unknown = Paint(form: .unknown, value: 0)
        static let standard = Paint(form: .standard, value: 0)

        enum Form { case unknown, standard, basic, indexed, direct, directByColons }
        let form: Form
        let value: UInt32
    }

    private struct Pen: Equatable {
        var foreground = Paint.unknown
        var background = Paint.unknown
    }

    /// The colors as ncurses takes them to be, and as the terminal has them.
    private var wanted = Pen()
    private var held = Pen()
    /// Whether bold, underline or the like may be on: then even blanks show their foreground.
    private var hasStyle = false
    private var out: [UInt8] = []

    package init() {}

    /// The bytes to send in place of these, which must not end within a sequence or a character.
    package mutating func saved(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        out = []
        out.reserveCapacity(bytes.count)
        var at = 0
        while at < bytes.count { at = take(bytes, at) }
        return out
    }

    package mutating func saved(_ bytes: [UInt8]) -> [UInt8] { bytes.withUnsafeBufferPointer { saved($0) } }

    /// Forgets what the terminal has.
    package mutating func forget() {
        wanted = Pen()
        held = Pen()
        hasStyle = true
    }

    /// What is still to be sent for the terminal to be as ncurses takes it to be.
    package mutating func settled() -> [UInt8] {
        out = []
        change(to: wanted)
        return out
    }

    /// Takes what begins at a place. - Returns: the place after it.
    private mutating func take(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int {
        let byte = bytes[start]
        switch byte {
        case 0x1B: return escape(bytes, start)
        case 0x20:
            var end = start + 1
            while end < bytes.count, bytes[end] == 0x20 { end += 1 }
            change(to: hasStyle ? wanted : Pen(foreground: held.foreground, background: wanted.background))
            out.append(contentsOf: bytes[start..<end])
            return end
        case 0x00..<0x20:
            // A line feed may bring in a line in the background's color.
            if byte == 0x0A { change(to: wanted) }
            out.append(byte)
            return start + 1
        case 0xE2 where isHalfBlock(bytes, start):
            half(isUpper: bytes[start + 2] == 0x80)
            return start + 3
        default:
            change(to: wanted)
            var end = start + 1
            while end < bytes.count, bytes[end] > 0x20, bytes[end] != 0xE2 { end += 1 }
            out.append(contentsOf: bytes[start..<end])
            return end
        }
    }

    private func isHalfBlock(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int) -> Bool {
        start + 2 < bytes.count && bytes[start + 1] == 0x96 && (bytes[start + 2] == 0x80 || bytes[start + 2] == 0x84)
    }

    /// ▀ in one order of the colors is ▄ in the other: the one that changes less.
    private mutating func half(isUpper: Bool) {
        let turned = Pen(foreground: wanted.background, background: wanted.foreground)
        let isTurned = !hasStyle && wanted.foreground != .standard && wanted.background != .standard && cost(turned) < cost(wanted)
        change(to: isTurned ? turned : wanted)
        out.append(0xE2)
        out.append(0x96)
        out.append(isUpper != isTurned ? 0x80 : 0x84)
    }

    private func cost(_ pen: Pen) -> Int {
        (pen.foreground == held.foreground ? 0 : 1) + (pen.background == held.background ? 0 : 1)
    }

    private mutating func escape(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int {
        guard start + 1 < bytes.count else { return plain(bytes, start, bytes.count) }
        guard bytes[start + 1] == UInt8(ascii: "[") else {
            // ESC, intermediates, and one more; strings do not come from ncurses.
            var end = start + 1
            while end < bytes.count, (0x20...0x2F).contains(bytes[end]) { end += 1 }
            return plain(bytes, start, min(end + 1, bytes.count), isHarmless: bytes[start + 1] == UInt8(ascii: "("))
        }
        var end = start + 2
        while end < bytes.count, !(0x40...0x7E).contains(bytes[end]) { end += 1 }
        guard end < bytes.count else { return plain(bytes, start, bytes.count) }
        if bytes[end] == UInt8(ascii: "m"), graphics(UnsafeBufferPointer(rebasing: bytes[start + 2..<end])) { return end + 1 }
        return plain(bytes, start, end + 1, isHarmless: Self.isMove(bytes[end]))
    }

    /// Whether a sequence only moves the cursor, or sets modes.
    private static func isMove(_ final: UInt8) -> Bool {
        switch final {
        case 0x41...0x44, 0x47, 0x48, 0x49, 0x5A, 0x64, 0x66, 0x68, 0x6C: true  // ABCD G H I Z d f h l
        default: false
        }
    }

    private mutating func plain(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int, isHarmless: Bool = false) -> Int {
        if !isHarmless { change(to: wanted) }
        out.append(contentsOf: bytes[start..<end])
        return end
    }

    // MARK: SGR

    /// Takes the parameters of SGR: colors wait until something is drawn with them. False where they are not all understood;
    /// nothing is known then.
    private mutating func graphics(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var pen = wanted, style = hasStyle, isReset = false
        // Of bold and the like, a bit each: this runs for each cell, and allocates nothing.
        var others: UInt32 = 0
        var at = 0
        func number() -> Int {
            var value = 0
            while at < bytes.count, (0x30...0x39).contains(bytes[at]) {
                value = min(value * 10 + Int(bytes[at] - 0x30), 1 << 20)
                at += 1
            }
            return value
        }
        repeat {
            let code = number()
            switch code {
            case 0:
                pen = Pen(foreground: .standard, background: .standard)
                (style, isReset, others) = (false, true, 0)
            case 30...37, 90...97: pen.foreground = Paint(form: .basic, value: UInt32(code))
            case 40...47, 100...107: pen.background = Paint(form: .basic, value: UInt32(code))
            case 39: pen.foreground = .standard
            case 49: pen.background = .standard
            case 38, 48:
                guard at < bytes.count, case let separator = bytes[at], separator == 0x3A || separator == 0x3B else { return forgetting() }
                at += 1
                let kind = number()
                var value: UInt32 = 0, count = 0
                while count < (kind == 5 ? 1 : 3), at < bytes.count, bytes[at] == separator {
                    at += 1
                    // By colons a color space may stand before the values, usually empty.
                    if separator == 0x3A, kind == 2, count == 0, at < bytes.count, bytes[at] == separator { at += 1 }
                    value = value << 8 | UInt32(number() & 255)
                    count += 1
                }
                let paint: Paint
                switch (kind, count) {
                case (5, 1): paint = Paint(form: .indexed, value: value)
                case (2, 3): paint = Paint(form: separator == 0x3A ? .directByColons : .direct, value: value)
                default: return forgetting()
                }
                if code == 38 { pen.foreground = paint } else { pen.background = paint }
            case 1...9, 21...29:
                others |= 1 << UInt32(code)
                style = style || code < 10
            default: return forgetting()
            }
            guard at < bytes.count else { break }
            guard bytes[at] == 0x3B else { return forgetting() }
            at += 1
        } while true
        wanted = pen
        hasStyle = style
        if isReset {
            held = Pen(foreground: .standard, background: .standard)
            others |= 1
        }
        guard others != 0 else { return true }
        // What is off goes before what is on.
        let codes = [0] + Array(21...29) + Array(1...9)
        let text = codes.filter { others >> UInt32($0) & 1 != 0 }.map { $0 == 0 ? "" : "\($0)" }.joined(separator: ";")
        out += Array("\u{1B}[\(text)m".utf8)
        return true
    }

    private mutating func forgetting() -> Bool {
        change(to: wanted)
        forget()
        return false
    }

    private mutating func change(to pen: Pen) {
        let isNewFront = pen.foreground != held.foreground && pen.foreground != .unknown
        let isNewBack = pen.background != held.background && pen.background != .unknown
        guard isNewFront || isNewBack else { return }
        out.append(0x1B)
        out.append(UInt8(ascii: "["))
        if isNewFront {
            append(pen.foreground, base: 30)
            held.foreground = pen.foreground
        }
        if isNewBack {
            if isNewFront { out.append(UInt8(ascii: ";")) }
            append(pen.background, base: 40)
            held.background = pen.background
        }
        out.append(UInt8(ascii: "m"))
    }

    private mutating func append(_ paint: Paint, base: Int) {
        switch paint.form {
        case .unknown: break
        case .standard: append(number: base + 9)
        // 30 to 37 and 90 to 97 in front are 40 to 47 and 100 to 107 behind.
        case .basic: append(number: base + Int(paint.value % 10) + (paint.value >= 90 ? 60 : 0))
        case .indexed:
            append(number: base + 8)
            out.append(UInt8(ascii: ";"))
            out.append(UInt8(ascii: "5"))
            out.append(UInt8(ascii: ";"))
            append(number: Int(paint.value))
        case .direct, .directByColons:
            let isByColons = paint.form == .directByColons
            let mark = isByColons ? UInt8(ascii: ":") : UInt8(ascii: ";")
            append(number: base + 8)
            out.append(mark)
            out.append(UInt8(ascii: "2"))
            out.append(mark)
            if isByColons { out.append(mark) }
            append(number: Int(paint.value >> 16))
            out.append(mark)
            append(number: Int(paint.value >> 8 & 255))
            out.append(mark)
            append(number: Int(paint.value & 255))
        }
    }

    private mutating func append(number: Int) {
        if number >= 100 { out.append(UInt8(0x30 + number / 100)) }
        if number >= 10 { out.append(UInt8(0x30 + number / 10 % 10)) }
        out.append(UInt8(0x30 + number % 10))
    }
}
