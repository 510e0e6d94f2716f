import CNcurses
import CTerminal
import Explorer

/// Byte strings of the terminal chosen last with `setupterm` that ncurses does not send by itself, or that must be ready
/// when it no longer can.
struct TerminalModes {
    let mouseOn: [UInt8]
    let mouseOff: [UInt8]
    /// Pastes in brackets, focus told, the window's title put by.
    let entering: [UInt8]
    let leaving: [UInt8]
    /// Around a frame, so that it is shown whole (DEC private mode 2026); terminals that do not know it ignore it.
    let frameBegin: [UInt8]
    let frameEnd: [UInt8]
    /// Everything that leaves the terminal as it was found.
    let restoring: [UInt8]
    /// Whether the window has a title that can be put by and brought back.
    let hasTitle: Bool
    let hasPaste: Bool
    let hasFocus: Bool
    var hasMouse: Bool { !mouseOn.isEmpty }

    /// - Parameter traits: what the terminal's name says of it.
    init(_ traits: TerminalTraits) {
        // Presses, drags, and positions in decimals where the terminal can.
        let mouse = Self.string("kmous") != nil
        mouseOn = mouse ? Array("\u{1B}[?1000h\u{1B}[?1002h\u{1B}[?1006h".utf8) : []
        mouseOff = mouse ? Array("\u{1B}[?1006l\u{1B}[?1002l\u{1B}[?1000l".utf8) : []
        func bytes(_ text: String, where condition: Bool) -> [UInt8] { condition ? Array(text.utf8) : [] }
        hasTitle = traits.keepsTitles
        hasFocus = traits.isEmulator
        let paste = (on: Self.string("BE") ?? [], off: Self.string("BD") ?? [])
        hasPaste = !paste.on.isEmpty
        entering = paste.on + bytes("\u{1B}[?1004h", where: hasFocus) + bytes("\u{1B}[22;2t", where: hasTitle)
        leaving = bytes("\u{1B}[23;2t", where: hasTitle) + bytes("\u{1B}[?1004l", where: hasFocus) + paste.off
        frameBegin = bytes("\u{1B}[?2026h", where: traits.isEmulator)
        frameEnd = bytes("\u{1B}[?2026l", where: traits.isEmulator)
        let strings = ["sgr0", "op", "rmir", "rmkx", "cnorm"].compactMap { Self.string($0) }
        restoring = frameEnd + mouseOff + leaving + strings.joined() + (Self.string("rmcup") ?? [])
    }

    /// What is written to the terminal where the program ends without its loop.
    func guardTerminal(with bytes: [UInt8]) {
        bytes.withUnsafeBufferPointer {
            $0.withMemoryRebound(to: CChar.self) { terminal_guard_restore_with($0.baseAddress, $0.count) }
        }
    }

    /// The window's title (OSC 2).
    func title(_ text: String) -> [UInt8] { hasTitle ? Array("\u{1B}]2;\(text)\u{1B}\\".utf8) : [] }

    /// A capability without its padding (`$<5>`).
    private static func string(_ name: String) -> [UInt8]? {
        guard let value = tigetstr(name), Int(bitPattern: value) != -1 else { return nil }
        var result: [UInt8] = []
        var padding = false
        for byte in String(cString: value).utf8 {
            if padding {
                padding = byte != UInt8(ascii: ">")
            } else if byte == UInt8(ascii: "<"), result.last == UInt8(ascii: "$") {
                result.removeLast()
                padding = true
            } else {
                result.append(byte)
            }
        }
        return result
    }
}
