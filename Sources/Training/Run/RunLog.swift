import Files

/// `log.csv`: a line a step.
struct RunLog {
    static let columns = ["step", "loss", "softMargin", "gradientNorm", "learningRate", "skipped"]

    private let file: StepLog

    /// Opens the log, cut back to the lines of the first `steps` steps; begins it where it is not there, or lost lines.
    init(path: String, keeping steps: Int) throws(FileError) {
        file = try StepLog(path: path, columns: Self.columns, through: steps, isEveryStep: true)
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
        try file.append([
            "\(row.step)", text(row.loss), text(row.softMargin), text(row.gradientNorm), text(row.learningRate),
            row.skipped.joined(separator: " "),
        ])
    }
}
