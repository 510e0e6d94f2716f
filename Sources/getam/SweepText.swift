import Foundation
import GETAM

/// The mean IoU at every value of a number, with a plot, and the best: an oracle's, since it was chosen with the truth in view.
struct SweepText {
    private let number: SweptNumber
    private let values: [Double]
    private let classes: ClassList
    private let style: EvaluationText.Style
    /// Whether the user chose the values, and so sees all of them.
    private let showsAllSteps: Bool
    private let reports: [EvaluationReport]
    private let means: [Double]
    private let summary: SweepSummary
    /// The place of the best value, the first of equals.
    private var best: Int { summary.best }
    private var plateau: ClosedRange<Int> { summary.plateau }

    /// - Parameter reports: the figures at each value, at least one.
    /// - Throws: a failure where there is no pixel to compare.
    init(
        _ number: SweptNumber, values: [Double], reports: [EvaluationReport], _ classes: ClassList, _ style: EvaluationText.Style,
        showsAllSteps: Bool
    ) throws {
        self.number = number
        self.values = values
        self.reports = reports
        self.classes = classes
        self.style = style
        self.showsAllSteps = showsAllSteps
        let means = try reports.map { try EvaluationText.Figures($0, classes).mIoU }
        self.means = means
        guard let summary = SweepSummary(means) else { throw CommandFailure(.badData, "there is no pixel to compare") }
        self.summary = summary
    }

    /// The best of the values.
    var bestValue: Double { values[best] }

    private struct Figures: Encodable {
        /// The values around the best that do nearly as well: at most `within` below it.
        struct Plateau: Encodable { let first, last, within: Double }

        let steps: [[String: Double]]
        let best: [String: Double]
        let atBest: EvaluationText.Figures
        let plateau: Plateau
        let oracleThreshold = true
        let images: Int

        private enum CodingKeys: String, CodingKey { case steps, best, atBest, plateau, oracleThreshold, images }
    }

    /// - Parameter pictures: the figures of each picture at the best value.
    func print(pictures: PictureTable?) throws {
        if style.isSilent { return }
        let name = number.rawValue
        let remark = "oracle threshold: the \(name) was chosen with the truth in view"
        let atBest = EvaluationText(reports[best], classes, style, pictures: pictures)
        switch style.form {
        case .json:
            let steps = zip(values, means).map { [name: $0, "mIoU": $1] }
            try Output.printJSON(Figures(
                steps: steps, best: steps[best], atBest: atBest.figures(),
                plateau: .init(first: values[plateau.lowerBound], last: values[plateau.upperBound], within: SweepSummary.flatness),
                images: reports[best].images))
        case .csv:
            try Output.data("\(name),mIoU\n" + zip(values, means).map { "\($0),\($1)\n" }.joined())
            Report.line("best \(name) \(values[best]), mIoU \(means[best]); \(remark)")
        case .table:
            try Output.line(plot + "\n")
            try atBest.print()
            try Output.line(([verdict] + (boundary.map { [$0] } ?? []) + ["(\(remark))"]).joined(separator: "\n"))
        }
    }

    /// The values as text, with as many decimals as tell them apart.
    private var labels: [String] {
        let digits = number == .opening ? 0 : (2...9).first { digits in
            values.allSatisfy { abs((Double(String(format: "%.\(digits)f", $0)) ?? .nan) - $0) < 1e-12 }
        } ?? 9
        return values.map { String(format: "%.\(digits)f", $0) }
    }

    /// The steps that have a row: all where the user chose them, else about twenty and the best.
    private var shown: [Int] {
        let stride = showsAllSteps ? 1 : max(1, (values.count + 19) / 20)
        return values.indices.filter { $0 % stride == 0 || $0 == best }
    }

    /// A row a step: its value, the mean IoU, and a bar from the worst to the best.
    private var plot: String {
        let labels = labels
        let width = max(5, shown.map { labels[$0].count }.max() ?? 0)
        let columns = max(10, min(TerminalSize.current.columns, 100) - width - 16)
        let (lowest, highest) = (means.min() ?? 0, means[best])
        return shown.map { index in
            let share = highest > lowest ? (means[index] - lowest) / (highest - lowest) : 1
            let bar = String(repeating: index == best ? "#" : "-", count: Int((Double(columns) * share).rounded()))
            let row = String(repeating: " ", count: width - labels[index].count) + labels[index]
                + String(format: " %8.2f %%  ", means[index] * 100) + bar + (index == best ? " *" : "")
            return row.last == " " ? String(row.dropLast(2)) : row
        }.joined(separator: "\n")
    }

    private var verdict: String {
        let (labels, plateau) = (labels, plateau)
        var text = "best \(number.rawValue) \(labels[best]): mean IoU \(String(format: "%.2f %%", means[best] * 100))"
        if plateau.count > 1 {
            text += summary.isFlat ? "; flat: " : "; "
            text += "within 0.5 of the best from \(labels[plateau.lowerBound]) to \(labels[plateau.upperBound])"
        }
        return text
    }

    private var boundary: String? {
        guard values.count > 1, best == 0 || best == values.count - 1 else { return nil }
        return "the best is the \(best == 0 ? "first" : "last") value tried: there may be a better one beyond (--steps)"
    }
}
