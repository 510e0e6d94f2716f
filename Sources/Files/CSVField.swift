extension String {
    /// The text as a field of comma-separated values (RFC 4180): in quotes where it holds what would end a field.
    package var csvField: String {
        guard utf8.contains(where: { [0x2C, 0x22, 0x0A, 0x0D].contains($0) }) else { return self }
        var field = "\"".unicodeScalars
        for scalar in unicodeScalars {
            if scalar == "\"" { field.append(scalar) }
            field.append(scalar)
        }
        return String(field) + "\""
    }
}
