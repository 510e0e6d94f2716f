import Files
import GETAM

/// What `getam tune` tried: a line a preset, written as soon as its figure is there, from which a run goes on.
///
/// Comma-separated values: `mIoU`, empty where the preset does not fit the model, `knob`, `preset` in JSON, and `settings`, which says by
/// what the figure was computed.
final class TuneLog {
    private static let header = ["mIoU", "knob", "preset", "settings"]
    private let settings: String
    private let file: AppendedFile
    /// The figure of each preset; nil for one without.
    private var known: [Preset: Double?] = [:]

    /// - Throws: `FileError` where there is a log that is not to be gone on with, or none of this command's.
    init(path: String, settings: String, resumes: Bool) throws(FileError) {
        self.settings = settings
        var kept = 0
        if AtomicFile.exists(path) {
            let bytes = try FileContent(path: path).withBytes { Array($0) }, records = CSVRecords.whole(bytes)
            guard records.isEmpty || records[0] == Self.header else { throw FileError(.unwritable, path: path, "is no log of getam tune; name another file with --log") }
            guard records.count < 2 || resumes else {
                throw FileError(.unwritable, path: path, "holds what was tried before; go on with --resume, or name another file with --log")
            }
            for record in records.dropFirst() where record.count == Self.header.count && record[3] == settings {
                guard let preset = try? Preset.decode(record[2], path: path) else { continue }
                known[preset.nameless] = .some(Double(record[0]))
            }
            // A line that was not written to its end is.
            kept = bytes.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        }
        file = try AppendedFile(path: path, keeping: kept)
        if kept == 0 { try file.append(Self.header.joined(separator: ",") + "\n") }
    }

    /// The figure of a preset; nil where it was not tried.
    func figure(of preset: Preset) -> Double?? { known[preset.nameless] }

    func add(_ preset: Preset, _ figure: Double?, knob: String) throws(FileError) {
        known[preset.nameless] = .some(figure)
        try file.append([figure.map { "\($0)" } ?? "", knob, preset.line, settings].map(\.csvField).joined(separator: ",") + "\n")
    }
}
