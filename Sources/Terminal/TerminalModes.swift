import CNcurses

/// Byte strings of the terminal chosen last with `setupterm` that ncurses does not send by itself, or that must be ready
/// when it no longer can.
struct TerminalModes {
    let mouseOn: [UInt8]
    let mouseOff: [UInt8]
    let pasteOn: [UInt8]
    let pasteOff: [UInt8]
    /// Everything that leaves the terminal as it was found.
    let restoring: [UInt8]

    init() {
        // Presses, drags, and positions in decimals where the terminal can.
        let mouse = Self.string("kmous") != nil
        mouseOn = mouse ? Array("\u{1B}[?1000h\u{1B}[?1002h\u{1B}[?1006h".utf8) : []
        mouseOff = mouse ? Array("\u{1B}[?1006l\u{1B}[?1002l\u{1B}[?1000l".utf8) : []
        pasteOn = Self.string("BE") ?? []
        pasteOff = Self.string("BD") ?? []
        let strings = ["sgr0", "op", "rmir", "rmkx", "cnorm"].compactMap { Self.string($0) }
        restoring = mouseOff + pasteOff + strings.joined() + (Self.string("rmcup") ?? [])
    }

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
