import CTerminal
import Explorer
import Files
import Glibc

extension NcursesScreen {
    public var facts: [Fact] {
        [
            Fact("terminal", "TERM=\(traits.terminal), drawn as \(entryName)" + (traits.isTmux ? ", in tmux" : traits.isScreen ? ", in screen" : "")),
            Fact("colors", "\(depth.title): \(depthReason)"),
            Fact("answers", answersText),
            Fact("background", backgroundText),
            Fact("glyphs", glyphsText),
            Fact("pixels", pixelsText),
            Fact("mouse", modes.hasMouse ? (mouse ? "reported" : "left to the terminal") : "this terminal reports none"),
            Fact("whole frames", wholeText),
            Fact("focus", modes.hasFocus ? "asked for; work in advance rests while the window has no keyboard" : "not told by this terminal"),
            Fact("paste", modes.hasPaste ? "in brackets: a pasted path opens that picture" : "as if typed: this terminal knows no brackets"),
            Fact("title", modes.hasTitle ? "set, brought back at the end" : "left alone: it could not be brought back"),
            Fact("clipboard", clipboard.route),
            Fact("last frame", frameText),
            Fact("line", lineText),
        ]
    }

    private var answersText: String {
        guard traits.isEmulator else { return "not asked: this terminal might print the question" }
        guard let time = inquiry.time else { return "none: frames are not waited for" }
        let numbers = inquiry.attributes.map { "; it calls itself " + $0.map(String.init).joined(separator: ";") } ?? ""
        return "after \(Self.milliseconds(time))" + numbers
    }

    private var backgroundText: String {
        if let color = inquiry.background {
            return "#" + String(hexadecimal: color.packed, digits: 6) + ", as the terminal answers (OSC 11)"
        }
        return inquiry.asksBackground ? "asked (OSC 11); no answer" : "not asked"
    }

    private var glyphsText: String {
        let locale = setlocale(LC_CTYPE, nil).map { String(cString: $0) } ?? "?"
        let tried: [(String, UInt32)] = [("▀", 0x2580), ("⠿", 0x283F), ("猫", 0x732B), ("sextants", 0x1FB00), ("octants", 0x1CD00)]
        return "locale \(locale); columns here: " + tried.map { "\($0) \(terminal_character_width($1))" }.joined(separator: ", ")
    }

    private var pixelsText: String {
        let size = cell.map { "characters of \($0.width)×\($0.height), as the terminal says" }
            ?? "characters of \(CellSize.usual.width)×\(CellSize.usual.height) are assumed"
        let held = pictureBytes == 0 ? "" : "; pictures held: \(shelf.count), the last sent in \(pictureBytes) bytes"
        return size + held + (inquiry.attributes?.contains(4) == true ? "; the terminal says it knows sixels, which are not drawn" : "")
    }

    private var wholeText: String {
        guard traits.isEmulator else { return "no: this terminal would not know the mode" }
        guard synchronized else { return "off (:sync on)" }
        return pace.thrift > 0 ? "resting: the line is slow, frames are shown as they come" : "on (mode 2026)"
    }

    private var frameText: String {
        guard output.isCatching else { return "not measured: files are limited in size, and ncurses writes by itself" }
        guard let last = pace.last else { return "none yet" }
        return "\(last.bytes) bytes, made in \(Self.milliseconds(drawingTime / 1000)), "
            + (pace.answers ? "with the terminal after " : "taken after ") + Self.milliseconds(last.seconds)
    }

    private var lineText: String {
        let saving = pace.thrift == 0 ? "nothing is saved" : "saving \(pace.thrift) of \(LinkPace.mostThrift)"
        guard let seconds = pace.secondsPerByte, seconds > 0 else { return "not yet measured; " + saving }
        let rate = 1 / seconds
        return (rate < 1e6 ? "\(Int(rate / 1000)) kB" : "\(Int(rate / 1e6)) MB") + " a second; " + saving
    }

    private static func milliseconds(_ seconds: Double) -> String {
        let tenths = Int((seconds * 10_000).rounded())
        return tenths < 1000 ? "\(tenths / 10).\(tenths % 10) ms" : "\(tenths / 10) ms"
    }
}

extension ColorDepth {
    /// Whether there are colors enough to number pictures by.
    var hasPictures: Bool { self == .trueColor || self == .palette256 }

    var title: String {
        switch self {
        case .mono: "none"
        case .ansi16: "16"
        case .palette256: "256"
        case .trueColor: "24-bit"
        }
    }
}
