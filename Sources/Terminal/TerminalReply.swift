import Explorer

/// What a terminal answers when it is asked.
enum TerminalReply: Equatable {
    /// DA1, `CSI ? … c`. Every terminal answers this one: what was asked before and is not answered by then never will be.
    case attributes([Int])
    /// DSR, `CSI 0 n`: what was written before it has arrived.
    case status
    /// OSC 11.
    case background(Color)
    /// XTVERSION, `DCS > | NAME ST`.
    case version(String)
    /// kitty's graphics protocol, `APC G … ; OK ST`.
    case graphics(String)

    /// A control sequence's answer; nil for what is none.
    static func sequence(_ parameters: [UInt8], final: UInt8) -> TerminalReply? {
        let text = String(decoding: parameters, as: UTF8.self)
        switch final {
        case UInt8(ascii: "c") where text.hasPrefix("?"):
            return .attributes(text.dropFirst().split(separator: ";").compactMap { Int($0) })
        case UInt8(ascii: "n") where text == "0": return .status
        default: return nil
        }
    }

    /// A control string's answer. - Parameter opener: the byte after ESC.
    static func string(_ opener: UInt8, _ bytes: [UInt8]) -> TerminalReply? {
        let text = String(decoding: bytes, as: UTF8.self)
        switch opener {
        case UInt8(ascii: "]") where text.hasPrefix("11;"): return color(String(text.dropFirst(3))).map { .background($0) }
        case UInt8(ascii: "P") where text.hasPrefix(">|"): return .version(String(text.dropFirst(2)))
        case UInt8(ascii: "_") where text.hasPrefix("G"): return .graphics(String(text.dropFirst()))
        default: return nil
        }
    }

    /// `rgb:R/G/B` or `rgba:R/G/B/A` of one to four hexadecimal digits each, or `#RRGGBB` of one to four.
    static func color(_ text: String) -> Color? {
        let digits: [Substring]
        if text.hasPrefix("#") {
            let all = text.dropFirst(), count = all.count / 3
            guard count > 0, all.count == 3 * count else { return nil }
            digits = (0..<3).map { all.dropFirst($0 * count).prefix(count) }
        } else {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, parts[0] == "rgb" || parts[0] == "rgba" else { return nil }
            digits = parts[1].split(separator: "/", omittingEmptySubsequences: false)
            guard digits.count == (parts[0] == "rgb" ? 3 : 4) else { return nil }
        }
        let channels = digits.prefix(3).compactMap { part -> UInt8? in
            guard (1...4).contains(part.count), part.allSatisfy(\.isHexDigit), let value = Int(part, radix: 16) else { return nil }
            let most = (1 << (4 * part.count)) - 1
            return UInt8((value * 255 + most / 2) / most)
        }
        return channels.count == 3 ? Color(channels[0], channels[1], channels[2]) : nil
    }

    /// Whether bytes are the beginning of an answer that can be recognized as one, a byte at a time, so that its rest is waited for.
    ///
    /// - Parameters:
    ///   - opener: the byte after ESC.
    ///   - isAwaited: whether something was asked: then less tells.
    static func begins(_ opener: UInt8, _ bytes: [UInt8], isAwaited: Bool) -> Bool {
        switch opener {
        case UInt8(ascii: "["):
            guard let first = bytes.first else { return isAwaited }
            if first == UInt8(ascii: "0"), bytes.count == 1 { return isAwaited }
            return first == UInt8(ascii: "?") && bytes.dropFirst().allSatisfy { (0x30...0x3B).contains($0) || $0 == UInt8(ascii: "$") }
        case UInt8(ascii: "]"):
            let start = Array("11;".utf8)
            guard bytes.count >= start.count else { return isAwaited && start.starts(with: bytes) }
            return bytes.starts(with: start)
                && bytes.dropFirst(3).allSatisfy { ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x67 || colorMarks.contains($0) }
        case UInt8(ascii: "P"): return begins(bytes, ">|", isAwaited)
        case UInt8(ascii: "_"): return begins(bytes, "Gi=\(TerminalQuestion.picture)", isAwaited)
        default: return false
        }
    }

    /// A string's beginning that nobody types, and then text; a part of it where an answer is awaited.
    private static func begins(_ bytes: [UInt8], _ beginning: String, _ isAwaited: Bool) -> Bool {
        let start = Array(beginning.utf8)
        guard bytes.count >= start.count else { return isAwaited && start.starts(with: bytes) }
        return bytes.starts(with: start) && bytes.allSatisfy { (0x20...0x7E).contains($0) }
    }

    private static let colorMarks = Set("0123456789:/#r".utf8)
}

/// Bytes that ask.
enum TerminalQuestion {
    static let attributes = Array("\u{1B}[c".utf8)
    static let status = Array("\u{1B}[5n".utf8)
    static let background = Array("\u{1B}]11;?\u{1B}\\".utf8)
    static let version = Array("\u{1B}[>q".utf8)
    /// The number of the picture asked about.
    static let picture = 31
    /// Of a picture of one pixel, sent along and not kept.
    static let graphics = Array("\u{1B}_Gi=\(picture),s=1,v=1,a=q,t=d,f=24;AAAA\u{1B}\\".utf8)
}
