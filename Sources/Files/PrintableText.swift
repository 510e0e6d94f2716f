extension String {
    /// The text with U+FFFD in place of every control character and of bytes that are not UTF-8.
    ///
    /// Names that come out of files may hold line breaks and escape sequences; printed as they are they would break a
    /// one-line message in two, or drive the terminal.
    package var printable: String {
        let text = repaired
        guard text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else { return text }
        return String(
            String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.generalCategory == .control ? "\u{FFFD}" : $0 })
        )
    }
}
