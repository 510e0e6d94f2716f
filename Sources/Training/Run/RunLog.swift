import Files

/// `log.csv`: a line a step.
struct RunLog {
    private let file: StepLog
    private let parts: [Part]

    /// A part of the loss that has a column.
    struct Part {
        let name: String
        let value: @Sendable (JointObjective.Parts) -> Double
    }

    /// The parts that a recipe trains; others have no column.
    static func parts(of recipe: Recipe) -> [Part] {
        var parts = [Part(name: "softMargin") { $0.softMargin }]
        if recipe.patchHead != .none { parts.append(Part(name: "patch") { $0.patch }) }
        if recipe.auxiliaryHead != .none { parts.append(Part(name: "auxiliary") { $0.auxiliary }) }
        if recipe.contrasts { parts.append(Part(name: "contrast") { $0.contrast }) }
        if recipe.segmentationStart >= 0 {
            parts.append(Part(name: "segmentation") { $0.segmentation })
            if recipe.saliencyWeight > 0 { parts.append(Part(name: "saliency") { $0.saliency }) }
            if recipe.energyWeight > 0 { parts.append(Part(name: "energy") { $0.energy }) }
        }
        return parts
    }

    /// Opens the log, cut back to the lines of the first `steps` steps; begins it where it is not there, or lost lines.
    init(path: String, keeping steps: Int, of recipe: Recipe) throws(FileError) {
        parts = Self.parts(of: recipe)
        let columns = ["step", "loss"] + parts.map(\.name) + ["gradientNorm", "learningRate", "skipped"]
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
        try file.append(
            ["\(row.step)"] + figures(row).map { $0.value.isFinite ? "\($0.value)" : "nan" } + [row.skipped.joined(separator: " ")])
    }

    /// The numbers of a row, by the names of their columns.
    func figures(_ row: Row) -> [(name: String, value: Double)] {
        [("loss", row.loss)] + parts.map { ($0.name, $0.value(row.parts)) }
            + [("gradientNorm", row.gradientNorm), ("learningRate", row.learningRate)]
    }
}
