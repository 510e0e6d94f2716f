extension String {
    /// The text with every control character replaced by U+FFFD.
    ///
    /// Names that come out of files may hold line breaks and escape sequences; printed as they are they would break a
    /// one-line message in two, or drive the terminal.
    package var printable: String {
        guard unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else { return self }
        return String(
            String.UnicodeScalarView(unicodeScalars.map { $0.properties.generalCategory == .control ? "\u{FFFD}" : $0 })
        )
    }
}
