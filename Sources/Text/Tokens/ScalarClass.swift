extension Unicode.Scalar {
    /// `\p{L}` of regular expressions.
    var isLetter: Bool {
        if isASCII { return (0x61...0x7A).contains(value | 0x20) }
        return switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
        default: false
        }
    }

    /// `\p{N}` of regular expressions.
    var isNumber: Bool {
        if isASCII { return (0x30...0x39).contains(value) }
        return switch properties.generalCategory {
        case .decimalNumber, .letterNumber, .otherNumber: true
        default: false
        }
    }

    /// `\s` of regular expressions.
    var isBlank: Bool { properties.isWhitespace }

    /// What Python's `str.split` divides at: `\s` and four separators of old.
    var isPythonBlank: Bool { isBlank || (0x1C...0x1F).contains(value) }

    /// What Python's `string.punctuation` holds.
    var isASCIIPunctuation: Bool { isASCII && value > 0x20 && value < 0x7F && !isLetter && !isNumber }
}

extension String {
    init(_ scalars: some Sequence<Unicode.Scalar>) {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        self.init(view)
    }

    /// In lower case, letter by letter.
    var lowered: String { unicodeScalars.reduce(into: "") { $0 += $1.properties.lowercaseMapping } }

    /// In lower case as Python has it: a sigma at a word's end has its own form.
    var loweredWithFinalSigma: String {
        guard unicodeScalars.contains("\u{3A3}") else { return lowered }
        let scalars = Array(unicodeScalars)
        var result = ""
        for (index, scalar) in scalars.enumerated() {
            guard scalar == "\u{3A3}" else {
                result += scalar.properties.lowercaseMapping
                continue
            }
            let before = scalars[..<index].last { !$0.properties.isCaseIgnorable }
            let after = scalars[(index + 1)...].first { !$0.properties.isCaseIgnorable }
            result += before?.properties.isCased == true && after?.properties.isCased != true ? "\u{3C2}" : "\u{3C3}"
        }
        return result
    }

    /// Words with one blank between them, none around, as Python's `" ".join(text.split())`.
    var withSingleBlanks: String {
        unicodeScalars.split(whereSeparator: \.isPythonBlank).map { String(Substring($0)) }.joined(separator: " ")
    }

    /// Without what `isOuter` agrees to at both ends.
    func trimmed(_ isOuter: (Unicode.Scalar) -> Bool = \.isPythonBlank, left: Bool = true, right: Bool = true) -> String {
        var rest = unicodeScalars[...]
        if left { rest = rest.drop(while: isOuter) }
        if right { while let last = rest.last, isOuter(last) { rest.removeLast() } }
        return String(Substring(rest))
    }

    /// `target`, which is not empty, replaced wherever its bytes are.
    func replacing(bytes target: String, with replacement: String) -> String {
        let source = Array(utf8), target = Array(target.utf8), replacement = Array(replacement.utf8)
        guard !target.isEmpty, source.count >= target.count else { return self }
        var result: [UInt8] = [], index = 0
        while index < source.count {
            if source[index] == target[0], source[index...].starts(with: target) {
                result += replacement
                index += target.count
            } else {
                result.append(source[index])
                index += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
