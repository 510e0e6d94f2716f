import GETAM
import Foundation

/// The mean IoU at every level, with a plot, and the best: an oracle's number, since it was chosen with the truth in view.
struct SweepText {
    private let levels: [Double]
    private let meanIoU: [Double]
    private let best: Int
    private let report: EvaluationReport
    private let classes: ClassList
    private let form: EvaluationText.Form

    init(
        levels: [Double], meanIoU: [Double], best: Int, report: EvaluationReport, _ classes: ClassList,
        _ form: EvaluationText.Form
    ) {
        self.levels = levels
        self.meanIoU = meanIoU
        self.best = best
        self.report = report
        self.classes = classes
        self.form = form
    }

    private static let remark = "oracle threshold: the level was chosen with the truth in view"

    private struct Step: Encodable {
        let level: Double
        let mIoU: Double
    }

    private struct Figures: Encodable {
        let steps: [Step]
        let best: Step
        let atBest: EvaluationText.Figures
        let oracleThreshold = true
        let images: Int

        private enum CodingKeys: String, CodingKey { case steps, best, atBest, oracleThreshold, images }
    }

    func print() throws {
        let steps = zip(levels, meanIoU).map { Step(level: $0, mIoU: $1) }
        switch form {
        case .json:
            try Output.printJSON(Figures(
                steps: steps, best: steps[best], atBest: .init(report, classes), images: report.images))
        case .csv:
            Swift.print("level,mIoU\n" + steps.map { "\($0.level),\($0.mIoU)" }.joined(separator: "\n"))
        case .table:
            let columns = min(TerminalSize.current.columns, 100) - 20
            let highest = max(meanIoU.max() ?? 0, .leastNonzeroMagnitude)
            for (index, step) in steps.enumerated() {
                let length = max(0, Int((Double(columns) * step.mIoU / highest).rounded()))
                let text = String(format: "%5.2f %8.2f %%  ", step.level, step.mIoU * 100)
                    + String(repeating: index == best ? "#" : "-", count: length)
                Swift.print(text + (index == best ? " *" : ""))
            }
            Swift.print("")
            try EvaluationText(report, classes, .table).print()
            Swift.print(String(format: "best level %.2f: mean IoU %.2f %%", steps[best].level, steps[best].mIoU * 100))
            Swift.print("(\(Self.remark))")
        }
        if form == .csv { Report.line("best level \(steps[best].level), mIoU \(steps[best].mIoU); \(Self.remark)") }
    }
}
