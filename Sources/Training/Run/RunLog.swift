import Files
import Glibc

/// `log.csv`: a line a step.
struct RunLog {
    static let columns = ["step", "loss", "softMargin", "gradientNorm", "learningRate", "skipped"]

    private let path: String
    private let file: AppendedFile

    /// Opens the log, cut back to the lines of the first `steps` steps; begins it where it is not there.
    init(path: String, keeping steps: Int) throws(FileError) {
        self.path = path
        var kept = 0
        let header = Self.columns.joined(separator: ",") + "\n"
        if AtomicFile.exists(path) {
            let bytes = try MappedFile(path: path).withBytes { Array($0) }
            var lines = 0
            for (index, byte) in bytes.enumerated() where byte == 0x0A {
                lines += 1
                kept = index + 1
                if lines == steps + 1 { break }
            }
            // A log of another kind, or one that lost lines, begins anew.
            if lines < steps + 1 || !bytes.starts(with: header.utf8) { kept = 0 }
        }
        file = try AppendedFile(path: path, keeping: kept)
        if kept == 0 { try file.append(header) }
    }

    /// One step's figures; numbers have the shortest digits that read back the same.
    struct Row {
        let step: Int
        let loss: Double
        let softMargin: Double
        let gradientNorm: Double
        let learningRate: Double
        /// Pictures of a step whose loss was no number; empty where it was taken.
        var skipped: [String] = []
    }

    func append(_ row: Row) throws(FileError) {
        func text(_ value: Double) -> String { value.isFinite ? "\(value)" : "nan" }
        let names = row.skipped.joined(separator: " ").split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
        let fields = [
            "\(row.step)", text(row.loss), text(row.softMargin), text(row.gradientNorm), text(row.learningRate),
            names.isEmpty ? "" : "\"\(names)\"",
        ]
        try file.append(fields.joined(separator: ",") + "\n")
    }
}
