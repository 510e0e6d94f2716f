import Files

/// A file of comma-separated values beside a run: a header, then lines that begin with a step, ascending.
///
/// A run that is gone on with cuts it back, so that no step stands there twice.
struct StepLog {
    private let file: AppendedFile

    /// Opens the file at `path`, cut back to the lines up to a step; begins it where it is not there, or has another header.
    ///
    /// - Parameter isEveryStep: whether each step has a line; a file that lost some begins anew.
    init(path: String, columns: [String], through step: Int, isEveryStep: Bool = false) throws(FileError) {
        let header = Self.line(columns)
        var kept = 0
        if AtomicFile.exists(path) {
            let bytes = try MappedFile(path: path).withBytes { Array($0) }
            if bytes.starts(with: header.utf8) { kept = Self.kept(bytes, after: header.utf8.count, through: step, isEveryStep: isEveryStep) }
        }
        file = try AppendedFile(path: path, keeping: kept)
        if kept == 0 { try file.append(header) }
    }

    func append(_ fields: [String]) throws(FileError) { try file.append(Self.line(fields)) }

    private static func line(_ fields: [String]) -> String { fields.map(\.csvField).joined(separator: ",") + "\n" }

    /// How many bytes stay.
    private static func kept(_ bytes: [UInt8], after header: Int, through step: Int, isEveryStep: Bool) -> Int {
        var kept = header, lines = 0, begin = header, isQuoted = false
        for place in header..<bytes.count {
            if bytes[place] == UInt8(ascii: "\"") { isQuoted.toggle() }
            guard bytes[place] == UInt8(ascii: "\n"), !isQuoted else { continue }
            let first = bytes[begin..<place].prefix { $0 != UInt8(ascii: ",") }
            guard let number = Int(String(decoding: first, as: UTF8.self)), number <= step else { break }
            lines += 1
            (kept, begin) = (place + 1, place + 1)
        }
        return isEveryStep && lines != step ? 0 : kept
    }
}
