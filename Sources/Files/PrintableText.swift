extension String {
    /// The text with U+FFFD in place of every character that is not fit to be shown, and of bytes that are not UTF-8.
    ///
    /// Names that come out of files may hold line breaks and escape sequences; printed as they are they would break a
    /// one-line message in two, drive the terminal, or turn the direction in which a line is read.
    package var printable: String {
        let text = repaired
        guard text.unicodeScalars.contains(where: \.isUnprintable) else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.map { $0.isUnprintable ? "\u{FFFD}" : $0 }))
    }
}

extension Unicode.Scalar {
    /// Whether the character shows nothing itself but steers what is shown: controls (C0, C1, DEL), separators of lines and
    /// paragraphs, marks of direction, and invisible characters, by which two names that look alike would differ.
    ///
    /// Joiners and variation selectors, which scripts and emoji need, are fit to be shown; so are Arabic's number signs.
    package var isUnprintable: Bool {
        if value < 0x7F { return value < 0x20 }
        switch value {
        // Invisible though letters or marks by category: fillers of Hangul, the grapheme joiner, Khmer's inherent vowels.
        case 0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0: return true
        case 0x200C, 0x200D: return false
        case 0x600...0x605, 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD: return false
        default: break
        }
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: return true
        default: return false
        }
    }
}
