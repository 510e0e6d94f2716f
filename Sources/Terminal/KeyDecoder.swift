import CNcurses
import Explorer

/// Turns what ncurses reads (bytes below 256, its own codes for the keys it knows above) into events. Bytes instead of
/// ncurses' wide characters: those lose what follows a broken or split UTF-8 sequence. Unknown sequences vanish.
package struct KeyDecoder {
    /// Codes defined by us, far above those ncurses gives out.
    static let pasteBegin: Int32 = 20001
    static let pasteEnd: Int32 = 20002
    /// `ESC [ <`: a mouse report in decimals follows.
    static let mouseDecimal: Int32 = 20003
    /// `ESC [ M`: a mouse report in three bytes follows.
    static let mouseBytes: Int32 = 20004
    /// `ESC [ I` and `ESC [ O`: the window has the keyboard, or has it no more.
    package static let focusIn: Int32 = 20005
    package static let focusOut: Int32 = 20006

    /// How long, in seconds, a sequence may pause before it is over: what was Alt and a letter, or was cut off on its way,
    /// must not swallow the keys after it.
    static let pause = 0.2
    /// The same for a paste, which may be long and come over a slow line.
    static let pastePause = 1.0
    /// The same for a terminal's answer, as far as each byte goes on as an answer does: over a slow line it comes in pieces,
    /// and none of them is a key.
    static let replyPause = 5.0
    /// How long an Escape that stands alone may be the beginning of an answer that is awaited.
    static let awaiting = 2.0
    /// How long after a window got the keyboard a button pressed is the one that gave it.
    static let focusing = 0.2

    /// The longest paste that is kept, in bytes.
    static let pasteLimit = 1 << 20
    /// What is kept of a control string: no answer is longer.
    static let stringLimit = 512

    package init() {}

    private enum State {
        case ground
        case escape
        /// `ESC [` and parameters.
        case sequence([UInt8])
        /// `ESC O`.
        case shifted
        /// OSC, DCS and their like, up to BEL or ESC \; by the byte after ESC.
        case string(opener: UInt8, [UInt8], escape: Bool)
        case mouseDecimal([UInt8])
        case mouseBytes([UInt8])
        case paste([UInt8])
    }

    private var state = State.ground
    /// When the last code came, in seconds.
    private var latest = 0.0
    private var character: [UInt8] = []
    private var events: [Event] = []
    private var replies: [TerminalReply] = []
    /// Questions whose answer has not come, and until when it may.
    private var awaited = 0
    private var awaitedUntil = 0.0
    /// When the window got the keyboard; nil while it is elsewhere.
    private var focused: Double? = -1.0
    /// Whether the button that is held gave the window the keyboard: it does no more than that.
    private var isIgnoringButton = false

    /// Something was asked whose answers are `count` of ``TerminalReply/attributes(_:)`` and ``TerminalReply/status``.
    ///
    /// - Parameter time: seconds after which they are no longer expected.
    package mutating func expect(_ count: Int, at now: Double, within time: Double = 2) {
        awaited = (isAwaiting(at: now) ? awaited : 0) + count
        awaitedUntil = max(awaitedUntil, now + time)
    }

    /// Whether answers are to come.
    package func isAwaiting(at now: Double) -> Bool { awaited > 0 && now < awaitedUntil }

    /// The terminal's answers since the last call, but the background, which is an event.
    mutating func takeReplies() -> [TerminalReply] {
        defer { replies = [] }
        return replies
    }

    /// Takes one code from ncurses.
    ///
    /// - Parameter now: in seconds, of a clock that never steps.
    package mutating func take(_ code: Int32, at now: Double) {
        if code < 0 { return }
        endAfterPause(now, before: code)
        latest = now
        if code < 256 {
            take(byte: UInt8(code))
        } else {
            take(key: code)
        }
    }

    /// The events since the last call. To be called when nothing more is waiting, an escape that stands alone is a key, and
    /// again after ``patience(at:)``.
    package mutating func finish(at now: Double) -> [Event] {
        if case .escape = state, !isAwaiting(at: latest) || now - latest >= Self.pause {
            emit(.escape)
            state = .ground
        }
        endAfterPause(now)
        defer { events = [] }
        return events
    }

    /// How many seconds from now on what has begun is waited for; nil where nothing has.
    package func patience(at now: Double) -> Double? {
        // Keys that came while answers were waited for.
        if !events.isEmpty { return 0 }
        return limit.map { max(0, latest + $0 - now) }
    }

    /// How long what has begun may pause.
    private var limit: Double? {
        switch state {
        case .ground: nil
        case .escape: isAwaiting(at: latest) ? Self.pause : nil
        // An escape in a paste that nothing follows is the key.
        case .paste(let bytes): bytes.last == 0x1B ? Self.pause : Self.pastePause
        case .sequence, .string: isReply ? Self.replyPause : Self.pause
        case .shifted, .mouseDecimal, .mouseBytes: Self.pause
        }
    }

    /// Whether what has begun can only be a terminal's answer.
    private var isReply: Bool {
        switch state {
        case .sequence(let bytes): TerminalReply.begins(UInt8(ascii: "["), bytes, isAwaited: isAwaiting(at: latest))
        case .string(let opener, let bytes, _): TerminalReply.begins(opener, bytes, isAwaited: isAwaiting(at: latest))
        default: false
        }
    }

    /// Whether a code goes on with an answer that has begun.
    private func continuesReply(_ code: Int32) -> Bool {
        guard code < 256, isReply else { return false }
        let byte = UInt8(code)
        switch state {
        case .sequence(let bytes):
            return bytes.isEmpty || bytes == [UInt8(ascii: "0")]
                ? byte == UInt8(ascii: "?") || byte == UInt8(ascii: "0") || (byte == UInt8(ascii: "n") && !bytes.isEmpty)
                : TerminalReply.begins(UInt8(ascii: "["), bytes + [byte], isAwaited: true) || "cnyu".utf8.contains(byte)
        case .string(let opener, let bytes, let escape):
            if escape { return byte == UInt8(ascii: "\\") }
            return byte == 0x07 || byte == 0x1B || TerminalReply.begins(opener, bytes + [byte], isAwaited: true)
        default: return false
        }
    }

    /// - Parameter next: what comes after the pause.
    private mutating func endAfterPause(_ now: Double, before next: Int32? = nil) {
        let paused = now - latest
        // Of an answer that paused, only what goes on with it is waited for.
        if let next, paused >= Self.pause, isReply, !continuesReply(next) {
            state = .ground
            return
        }
        guard let limit, paused >= limit else { return }
        switch state {
        case .escape: emit(.escape)
        case .paste(var bytes):
            if bytes.last == 0x1B { bytes.removeLast() }
            endPaste(bytes)
        default: break
        }
        state = .ground
    }

    private mutating func endPaste(_ bytes: [UInt8]) {
        state = .ground
        if !bytes.isEmpty { events.append(.paste(String(decoding: bytes, as: UTF8.self))) }
    }

    private mutating func emit(_ key: Key) { events.append(.key(key)) }

    private mutating func take(key code: Int32) {
        if case .paste(let bytes) = state {
            if code == Self.pasteEnd { endPaste(bytes) }
            return
        }
        if case .escape = state { emit(.escape) }
        state = .ground
        character = []
        switch code {
        case Self.pasteBegin: state = .paste([])
        case Self.mouseDecimal: state = .mouseDecimal([])
        case Self.mouseBytes: state = .mouseBytes([])
        case Self.focusIn: focus(true)
        case Self.focusOut: focus(false)
        case KEY_UP, KEY_SR: emit(.up)
        case KEY_DOWN, KEY_SF: emit(.down)
        case KEY_LEFT, KEY_SLEFT: emit(.left)
        case KEY_RIGHT, KEY_SRIGHT: emit(.right)
        case KEY_PPAGE, KEY_SPREVIOUS: emit(.pageUp)
        case KEY_NPAGE, KEY_SNEXT: emit(.pageDown)
        case KEY_HOME, KEY_SHOME, KEY_FIND: emit(.home)
        case KEY_END, KEY_SEND, KEY_SELECT: emit(.end)
        case KEY_ENTER: emit(.enter)
        case KEY_BTAB: emit(.backTab)
        case KEY_BACKSPACE: emit(.backspace)
        case KEY_DC, KEY_SDC: emit(.delete)
        case KEY_F0 + 1...KEY_F0 + 24: emit(.function(Int(code - KEY_F0)))
        default: break
        }
    }

    private mutating func take(byte: UInt8) {
        switch state {
        case .ground: ground(byte)
        case .escape: afterEscape(byte)
        case .shifted:
            state = byte == 0x1B ? .escape : .ground
            shifted(byte)
        case .sequence(var parameters):
            switch byte {
            case 0x20...0x3F:
                if byte == UInt8(ascii: "<"), parameters.isEmpty {
                    state = .mouseDecimal([])
                } else {
                    if parameters.count < 64 { parameters.append(byte) }
                    state = .sequence(parameters)
                }
            case 0x40...0x7E:
                state = byte == UInt8(ascii: "M") && parameters.isEmpty ? .mouseBytes([]) : .ground
                sequence(parameters, final: byte)
            case 0x1B: state = .escape
            default: state = .ground
            }
        case .string(let opener, var bytes, let escape):
            // Released before it grows, or each byte would copy the whole.
            state = .ground
            if byte == 0x07 || (escape && byte == UInt8(ascii: "\\")) {
                TerminalReply.string(opener, bytes).map { take($0) }
            } else if escape {
                // An escape ends it, whatever follows.
                state = .escape
                take(byte: byte)
            } else {
                if byte != 0x1B, bytes.count < Self.stringLimit { bytes.append(byte) }
                state = .string(opener: opener, bytes, escape: byte == 0x1B)
            }
        case .mouseDecimal(var bytes):
            switch byte {
            case UInt8(ascii: "M"), UInt8(ascii: "m"):
                state = .ground
                let numbers = bytes.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
                    .compactMap { Int(String(decoding: $0, as: UTF8.self)) }
                if numbers.count == 3, byte == UInt8(ascii: "M") {
                    mouse(numbers[0], column: numbers[1] - 1, row: numbers[2] - 1)
                }
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: ";"):
                if bytes.count < 32 { bytes.append(byte) }
                state = .mouseDecimal(bytes)
            default:
                state = .ground
                ground(byte)
            }
        case .mouseBytes(var bytes):
            bytes.append(byte)
            if byte < 0x20 {
                state = .ground
                ground(byte)
            } else if bytes.count < 3 {
                state = .mouseBytes(bytes)
            } else {
                state = .ground
                mouse(Int(bytes[0]) - 32, column: Int(bytes[1]) - 33, row: Int(bytes[2]) - 33)
            }
        case .paste(var bytes):
            // Released before it grows, or each byte would copy the whole.
            state = .ground
            if bytes.count < Self.pasteLimit { bytes.append(byte) }
            // The end, where its bytes came one by one and ncurses did not know them.
            if byte == UInt8(ascii: "~"), bytes.suffix(6).elementsEqual("\u{1B}[201~".utf8) {
                endPaste(Array(bytes.dropLast(6)))
            } else {
                state = .paste(bytes)
            }
        }
    }

    private mutating func ground(_ byte: UInt8) {
        if byte >= 0x80 {
            utf8(byte)
            return
        }
        character = []
        switch byte {
        case 0x1B: state = .escape
        case 0x0A, 0x0D: emit(.enter)
        case 0x09: emit(.tab)
        case 0x08, 0x7F: emit(.backspace)
        case 0x00: emit(.control(" "))
        case 0x01...0x1A: emit(.control(Character(Unicode.Scalar(byte + 0x60))))
        case 0x1C...0x1F: emit(.control(Character(Unicode.Scalar(byte + 0x40))))
        default: emit(.character(Character(Unicode.Scalar(byte))))
        }
    }

    private mutating func utf8(_ byte: UInt8) {
        if byte >= 0xC0 { character = [byte] } else if !character.isEmpty { character.append(byte) } else { return }
        let first = character[0]
        let length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
        guard character.count == length else { return }
        if let text = String(validating: character, as: UTF8.self), let only = text.first {
            emit(.character(only))
        }
        character = []
    }

    private mutating func afterEscape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "["): state = .sequence([])
        case UInt8(ascii: "O"): state = .shifted
        case UInt8(ascii: "]"), UInt8(ascii: "P"), UInt8(ascii: "X"), UInt8(ascii: "^"), UInt8(ascii: "_"):
            state = .string(opener: byte, [], escape: false)
        default:
            emit(.escape)
            state = .ground
            ground(byte)
        }
    }

    /// `ESC O x`: keys of terminals whose description says otherwise.
    private mutating func shifted(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "P")...UInt8(ascii: "S"): emit(.function(Int(byte) - 0x4F))
        case UInt8(ascii: "M"): emit(.enter)
        default: arrow(byte)
        }
    }

    private mutating func arrow(_ final: UInt8) {
        switch final {
        case UInt8(ascii: "A"): emit(.up)
        case UInt8(ascii: "B"): emit(.down)
        case UInt8(ascii: "C"): emit(.right)
        case UInt8(ascii: "D"): emit(.left)
        case UInt8(ascii: "H"): emit(.home)
        case UInt8(ascii: "F"): emit(.end)
        default: break
        }
    }

    private mutating func sequence(_ parameters: [UInt8], final: UInt8) {
        if let reply = TerminalReply.sequence(parameters, final: final) { return take(reply) }
        // A private marker makes it a terminal's answer, not a key.
        if let first = parameters.first, (0x3C...0x3F).contains(first) { return }
        switch final {
        case UInt8(ascii: "I") where parameters.isEmpty: focus(true)
        case UInt8(ascii: "O") where parameters.isEmpty: focus(false)
        case UInt8(ascii: "Z"): emit(.backTab)
        case UInt8(ascii: "~"):
            let number = parameters.prefix { $0 != UInt8(ascii: ";") }
            switch Int(String(decoding: number, as: UTF8.self)) {
            case 1, 7: emit(.home)
            case 3: emit(.delete)
            case 4, 8: emit(.end)
            case 5: emit(.pageUp)
            case 6: emit(.pageDown)
            case let n? where (11...15).contains(n): emit(.function(n - 10))
            case let n? where (17...21).contains(n): emit(.function(n - 11))
            case let n? where (23...24).contains(n): emit(.function(n - 12))
            default: break
            }
        default: arrow(final)
        }
    }

    private mutating func take(_ reply: TerminalReply) {
        switch reply {
        case .background(let color): events.append(.background(color))
        case .attributes, .status: awaited = max(awaited - 1, 0)
        case .version, .graphics: break
        }
        replies.append(reply)
    }

    private mutating func focus(_ has: Bool) {
        focused = has ? focused ?? latest : nil
        events.append(.focus(has))
    }

    /// A report: button and modifiers as xterm codes them, position from 0.
    private mutating func mouse(_ code: Int, column: Int, row: Int) {
        guard column >= 0, row >= 0, code >= 0 else { return }
        let moved = code & 32 != 0
        let number = code & ~(4 | 8 | 16 | 32)
        if !moved, number < 3 {
            isIgnoringButton = latest - (focused ?? latest) < Self.focusing
            if focused == nil { focus(true) }
        }
        if isIgnoringButton, number < 3 { return }
        let button: Event.MouseButton
        switch number {
        case 0:
            events.append(moved ? .drag(column: column, row: row) : .mouse(.left, column: column, row: row))
            return
        case 1: button = .middle
        case 2: button = .right
        case 64: button = .wheelUp
        case 65: button = .wheelDown
        default: return
        }
        if !moved { events.append(.mouse(button, column: column, row: row)) }
    }
}
