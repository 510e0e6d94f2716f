import Files
import GETAM
import Synchronization

/// The figures of one map: of one class of a picture, by one method.
struct ComparisonRow: Sendable, Equatable {
    let picture: String
    let className: String
    let method: String
    /// One a metric; nil where the map gives no figure.
    let values: [Double?]
}

/// The figures of every map of a run, and the file they are kept in, from which a run goes on.
///
/// Comma-separated values: `picture,class,method`, a column a metric, and `settings`, which says by what the row was computed. A picture's
/// rows are appended together as soon as they are there; in the end the file is written anew in the order of the pictures.
final class ComparisonRows: Sendable {
    let metrics: [String]
    /// What the rows of this run are computed by.
    private let settings: String
    /// Where rows are kept; nil where they are not.
    private let path: String?
    private let state = Mutex(State())

    private struct State {
        var rows: [NameKey: [ComparisonRow]] = [:]
        var file: AppendedFile?
    }

    init(metrics: [String], settings: String, path: String?) {
        self.metrics = metrics
        self.settings = settings
        self.path = path
    }

    private var header: [String] { ["picture", "class", "method"] + metrics + ["settings"] }

    /// Takes in the rows of a file that were computed as this run's are.
    ///
    /// - Throws: `FileError` where the file has other columns, or is not there.
    func read(_ path: String) throws(FileError) {
        let records = CSVRecords.whole(try FileContent(path: path).withBytes { Array($0) })
        // A file of an interrupted write may be empty.
        guard let first = records.first else { return }
        guard first.starts(with: ["picture", "class", "method"]), first.last == "settings" else {
            throw FileError(.invalid, path: path, "is no file of getam compare --per-picture")
        }
        // Other metrics may have been added, or another order asked for.
        let places = metrics.map { metric in first.firstIndex(of: metric) }
        if let missing = places.firstIndex(of: nil) {
            throw FileError(.invalid, path: path, "has no column “\(metrics[missing])”; name the same --metrics, or another file")
        }
        state.withLock { state in
            for record in records.dropFirst() where record.count == first.count && record.last == settings {
                let row = ComparisonRow(
                    picture: record[0], className: record[1], method: record[2], values: places.map { $0.flatMap { Double(record[$0]) } })
                state.rows[NameKey(row.picture), default: []].removeAll { $0.className == row.className && $0.method == row.method }
                state.rows[NameKey(row.picture), default: []].append(row)
            }
        }
    }

    /// Whether a picture has all its rows: of every method, for each of its classes.
    ///
    /// - Parameter classes: nil where the model says which.
    func isWhole(_ picture: String, methods: [String], classes: [String]?) -> Bool {
        let rows = rows(of: picture)
        guard !rows.isEmpty else { return false }
        let found = Set(rows.map(\.className))
        if let classes, found != Set(classes) { return false }
        return found.allSatisfy { name in methods.allSatisfy { method in rows.contains { $0.className == name && $0.method == method } } }
    }

    /// Forgets the rows of other pictures, methods and incomplete ones, and begins the file with those that stay.
    func begin(with pictures: [String], methods: [String]) throws(FileError) {
        let kept = Set(pictures.map(NameKey.init)), wanted = Set(methods)
        state.withLock { state in
            state.rows = state.rows.filter { kept.contains($0.key) }.mapValues { $0.filter { wanted.contains($0.method) } }
        }
        guard let path, !AtomicFile.isSpecial(DashPath.output(path)) else { return }
        let bytes = text(of: pictures).bytes
        try AtomicFile.write(bytes, to: path)
        let file = try AppendedFile(path: path, keeping: bytes.count)
        state.withLock { $0.file = file }
    }

    /// Takes a picture's rows.
    func add(_ rows: [ComparisonRow], of picture: String) throws(FileError) {
        let text = rows.map(line).joined().bytes
        let file = state.withLock { state in
            state.rows[NameKey(picture)] = rows
            return state.file
        }
        // One write: lines of two pictures do not mix.
        try file?.append(text)
    }

    /// Writes the file anew in the order of the pictures; nothing where none is kept.
    func finish(_ pictures: [String]) throws(FileError) {
        guard let path else { return }
        state.withLock { $0.file = nil }
        if path == "-" { return try Output.data(text(of: pictures)) }
        try AtomicFile.write(text(of: pictures).bytes, to: path)
    }

    func rows(of picture: String) -> [ComparisonRow] { state.withLock { $0.rows[NameKey(picture)] ?? [] } }

    /// For each picture the figures of a method and metric, by its place.
    func values(_ pictures: [String], method: String, metric: Int) -> [[Double]] {
        pictures.map { picture in rows(of: picture).filter { $0.method == method }.compactMap { $0.values[metric] } }
    }

    private func text(of pictures: [String]) -> String {
        ([header.map(\.csvField).joined(separator: ",") + "\n"] + pictures.flatMap { rows(of: $0).map(line) }).joined()
    }

    private func line(_ row: ComparisonRow) -> String {
        let fields = [row.picture, row.className, row.method] + row.values.map { $0.map { "\($0)" } ?? "" } + [settings]
        return fields.map(\.csvField).joined(separator: ",") + "\n"
    }
}
