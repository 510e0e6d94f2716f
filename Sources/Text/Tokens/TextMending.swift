/// The parts of ftfy's `fix_text` that do not guess: entities of HTML, ligatures, wide letters, curly quotes, ends of lines,
/// control characters, and the composed form.
enum TextMending {
    static func mended(_ text: String) -> String {
        // What looks like a tag is taken for HTML, whose entities mean themselves.
        let plain = text.unicodeScalars.contains("<") ? text : unescaped(text)
        if plain.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) { return plain }
        var result = String.UnicodeScalarView()
        var rest = Array(plain.unicodeScalars)[...]
        while let scalar = rest.popFirst() {
            if scalar == "\u{1B}", let end = escapeEnd(rest) {
                rest = rest[end...]
                continue
            }
            for mended in replaced(scalar) where !isControl(mended) { result.append(mended) }
        }
        return String(result).composed
    }

    /// Where a terminal's escape sequence (`[`, digits and semicolons, a letter) ends.
    private static func escapeEnd(_ rest: ArraySlice<Unicode.Scalar>) -> Int? {
        guard rest.first == "[" else { return nil }
        let end = rest.dropFirst().firstIndex { !($0 == ";" || ("0"..."9").contains($0)) }
        guard let end, rest[end].isASCII, rest[end].isLetter else { return nil }
        return end + 1
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0...8, 0xB, 0xE...0x1F, 0x7F, 0x206A...0x206F, 0xFEFF, 0xFFF9...0xFFFC: true
        default: false
        }
    }

    /// The bytes 80 to 9F in Windows-1252; those that mean nothing stand for themselves.
    private static let windows = Array("€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8D}Ž\u{8F}\u{90}‘’“”•–—˜™š›œ\u{9D}žŸ".unicodeScalars)
    /// U+FF5F to U+FF9F in full width.
    private static let katakana = Array(
        "⦅⦆。「」、・ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン\u{3099}\u{309A}".unicodeScalars)
    private static let signs = Array("¢£¬¯¦¥₩".unicodeScalars)
    private static let arrows = Array("│←↑→↓■○".unicodeScalars)

    private static func replaced(_ given: Unicode.Scalar) -> [Unicode.Scalar] {
        let scalar = (0x80...0x9F).contains(given.value) ? windows[Int(given.value - 0x80)] : given
        switch scalar.value {
        case 0x85, 0x2028, 0x2029: return ["\n"]
        case 0x2BC, 0x2018...0x201B: return ["'"]
        case 0x201C...0x201F: return ["\""]
        case 0x132: return ["I", "J"]
        case 0x133: return ["i", "j"]
        case 0x149: return ["'", "n"]
        case 0x1C4...0x1CC, 0x1F1...0x1F3: return digraph(scalar.value)
        case 0xFB00: return ["f", "f"]
        case 0xFB01: return ["f", "i"]
        case 0xFB02: return ["f", "l"]
        case 0xFB03: return ["f", "f", "i"]
        case 0xFB04: return ["f", "f", "l"]
        case 0xFB05: return ["\u{17F}", "t"]
        case 0xFB06: return ["s", "t"]
        case 0x3000: return [" "]
        case 0xFF01...0xFF5E: return [Unicode.Scalar(UInt8(scalar.value - 0xFEE0))]
        case 0xFF5F...0xFF9F: return [katakana[Int(scalar.value - 0xFF5F)]]
        case 0xFFE0...0xFFE6: return scalar.value == 0xFFE3 ? [" ", "\u{304}"] : [signs[Int(scalar.value - 0xFFE0)]]
        case 0xFFE8...0xFFEE: return [arrows[Int(scalar.value - 0xFFE8)]]
        default: return [scalar]
        }
    }

    /// Letters of two that Croatian has.
    private static func digraph(_ value: UInt32) -> [Unicode.Scalar] {
        switch value {
        case 0x1C4: ["D", "\u{17D}"]
        case 0x1C5: ["D", "\u{17E}"]
        case 0x1C6: ["d", "\u{17E}"]
        case 0x1C7: ["L", "J"]
        case 0x1C8: ["L", "j"]
        case 0x1C9: ["l", "j"]
        case 0x1CA: ["N", "J"]
        case 0x1CB: ["N", "j"]
        case 0x1CC: ["n", "j"]
        case 0x1F1: ["D", "Z"]
        case 0x1F2: ["D", "z"]
        default: ["d", "z"]
        }
    }

    private static let entities: [String: Unicode.Scalar] = [
        "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "nbsp": "\u{A0}", "hellip": "…", "ndash": "–", "mdash": "—",
        "lsquo": "‘", "rsquo": "’", "ldquo": "“", "rdquo": "”", "copy": "©", "reg": "®", "deg": "°", "euro": "€", "trade": "™",
        "AMP": "&", "LT": "<", "GT": ">", "QUOT": "\"", "COPY": "©", "REG": "®", "TRADE": "™",
    ]

    /// With HTML's numbered entities and its usual names for what they mean.
    static func unescaped(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "&")) else { return text }
        var result = String.UnicodeScalarView()
        var rest = Array(text.unicodeScalars)[...]
        while let scalar = rest.popFirst() {
            guard scalar == "&", let end = rest.prefix(12).firstIndex(of: ";"),
                let meant = meaning(String(rest[rest.startIndex..<end]))
            else {
                result.append(scalar)
                continue
            }
            result.append(meant)
            rest = rest[(end + 1)...]
        }
        return String(result)
    }

    private static func meaning(_ name: String) -> Unicode.Scalar? {
        guard name.hasPrefix("#") else { return entities[name] }
        let digits = name.dropFirst()
        let number = digits.first == "x" || digits.first == "X" ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
        guard let number, number > 0 else { return nil }
        if (0x80...0x9F).contains(number) { return windows[Int(number - 0x80)] }
        return Unicode.Scalar(number)
    }
}
