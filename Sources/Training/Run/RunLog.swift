import Files

/// `log.csv`: a line a step.
struct RunLog {
    private let file: StepLog
    private let hasSegmentation: Bool

    /// Opens the log, cut back to the lines of the first `steps` steps; begins it where it is not there, or lost lines.
    ///
    /// - Parameter hasSegmentation: whether the run trains a decoder.
    init(path: String, keeping steps: Int, hasSegmentation: Bool) throws(FileError) {
        self.hasSegmentation = hasSegmentation
        let columns = ["step", "loss", "softMargin"] + (hasSegmentation ? ["segmentation"] : [])
            + ["gradientNorm", "learningRate", "skipped"]
        file = try StepLog(path: path, columns: columns, through: steps, isEveryStep: true)
    }

    /// One step's figures; numbers have the shortest digits that read back the same.
    struct Row {
        let step: Int
        let loss: Double
        let parts: JointObjective.Parts
        let gradientNorm: Double
        let learningRate: Double
        /// Pictures of a step whose loss was no number; empty where it was taken.
        var skipped: [String] = []
    }

    func append(_ row: Row) throws(FileError) {
        func text(_ value: Double) -> String { value.isFinite ? "\(value)" : "nan" }
        try file.append(
            ["\(row.step)", text(row.loss), text(row.parts.softMargin)] + (hasSegmentation ? [text(row.parts.segmentation)] : [])
                + [text(row.gradientNorm), text(row.learningRate), row.skipped.joined(separator: " ")])
    }
}
