extension String {
    /// The text as a word of a shell's command line: itself where it is plain, else between single quotes.
    package var shellQuoted: String {
        let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=@%+,")
        if !isEmpty, allSatisfy(plain.contains) { return self }
        return "'" + map { $0 == "'" ? "'\\''" : String($0) }.joined() + "'"
    }
}
