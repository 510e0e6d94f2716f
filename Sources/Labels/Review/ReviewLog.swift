import Files

/// The decisions of a review: a plain file beside the labels, `review.jsonl`, a line of JSON a change.
///
/// A line holds all that is known of its picture, so that the last one of a picture counts. Lines are only ever appended, and reach the
/// disk before more is said: whatever ends the program, a file holds every line but perhaps its last, which is torn then and left out.
public struct ReviewLog: Sendable {
    /// What the file is called in the folder of the labels.
    public static let name = "review.jsonl"

    /// The file of a folder, or the file itself.
    public static func file(at path: String) -> String { path.isFolder ? path.appending(part: name) : path }

    /// The last entry of each picture, in the order in which they came first.
    public private(set) var entries: [ReviewEntry] = []
    /// How many lines there are.
    public private(set) var lines = 0
    /// Whether the last line was cut short and left out.
    public private(set) var isTorn = false
    /// Bytes of all whole lines.
    package private(set) var wholeBytes = 0
    private var places: [NameKey: Int] = [:]

    /// Without any entry.
    public init() {}

    /// - Parameter entries: of one picture the last counts.
    public init(_ entries: some Sequence<ReviewEntry>) { for entry in entries { take(entry) } }

    /// The log in a file.
    ///
    /// - Throws: `FileError` where it is not there, or names the line that is none of a review.
    public init(path: String) throws(FileError) {
        let file = try FileContent(path: path)
        try file.withBytes { (bytes) throws(FileError) in
            var start = 0
            while start < bytes.count {
                guard let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) else {
                    isTorn = true
                    return
                }
                lines += 1
                if end > start {
                    take(try ReviewEntry(line: UnsafeRawBufferPointer(rebasing: bytes[start..<end]), place: "\(path):\(lines)"))
                }
                start = end + 1
                wholeBytes = start
            }
        }
    }

    /// The last entry of a picture.
    public subscript(picture: String) -> ReviewEntry? { places[NameKey(picture)].map { entries[$0] } }

    /// Takes an entry in the place of the picture's former one.
    public mutating func take(_ entry: ReviewEntry) {
        if let place = places[NameKey(entry.picture)] {
            entries[place] = entry
        } else {
            places[NameKey(entry.picture)] = entries.count
            entries.append(entry)
        }
    }

    /// Writes the log anew, a line a picture in the order of their names: all or nothing.
    public func write(to path: String) throws(FileError) {
        let sorted = entries.sorted { $0.picture.precedesInBytes($1.picture) }
        try AtomicFile.write(Array(sorted.map(\.line).joined().utf8), to: path)
    }
}

/// A log that is being written, by this process alone.
public final class ReviewWriter: Sendable {
    private let file: AppendedFile

    /// Opens a log, made where it is not there; a torn last line is cut off.
    ///
    /// - Returns: the writer, and what the log holds.
    /// - Throws: `FileError` where another process writes it, it cannot be written, or holds what is no line of a review.
    public static func open(_ path: String) throws(FileError) -> (writer: ReviewWriter, log: ReviewLog) {
        if !path.folder.isEmpty { try FileSystem.makeFolder(path.folder) }
        let file = try AppendedFile(alone: path), log = try ReviewLog(path: path)
        if log.isTorn { try file.cut(to: log.wholeBytes) }
        return (ReviewWriter(file), log)
    }

    private init(_ file: AppendedFile) { self.file = file }

    /// Appends entries. They are on the disk when this returns.
    public func append(_ entries: [ReviewEntry]) throws(FileError) {
        guard !entries.isEmpty else { return }
        try file.append(entries.map(\.line).joined())
        try file.sync()
    }
}
