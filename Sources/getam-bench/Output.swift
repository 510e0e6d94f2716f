import Files

/// Lines on standard output; every write is checked.
enum Output {
    static func line(_ text: String) throws(FileError) { try StandardStream.output.write(text + "\n") }
}
