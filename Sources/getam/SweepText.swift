import Foundation
import GETAM

/// The mean IoU at every value of a number, with a plot, and the best: an oracle's, since it was chosen with the truth in view.
struct SweepText {
    private let number: SweptNumber
    private let values: [Double]
    private let reports: [EvaluationReport]
    private let classes: ClassList
    private let form: EvaluationText.Form

    /// - Parameter reports: the figures at each value.
    init(
        _ number: SweptNumber, values: [Double], reports: [EvaluationReport], _ classes: ClassList, _ form: EvaluationText.Form
    ) {
        self.number = number
        self.values = values
        self.reports = reports
        self.classes = classes
        self.form = form
    }

    private struct Figures: Encodable {
        let steps: [[String: Double]]
        let best: [String: Double]
        let atBest: EvaluationText.Figures
        let oracleThreshold = true
        let images: Int

        private enum CodingKeys: String, CodingKey { case steps, best, atBest, oracleThreshold, images }
    }

    func print() throws {
        let figures = try reports.map { try EvaluationText.Figures($0, classes).mIoU }
        guard let highest = figures.max(), let best = figures.firstIndex(of: highest) else { return }
        let name = number.rawValue
        let remark = "oracle threshold: the \(name) was chosen with the truth in view"
        switch form {
        case .json:
            let steps = zip(values, figures).map { [name: $0, "mIoU": $1] }
            try Output.printJSON(Figures(
                steps: steps, best: steps[best], atBest: .init(reports[best], classes), images: reports[best].images))
        case .csv:
            Swift.print("\(name),mIoU\n" + zip(values, figures).map { "\($0),\($1)" }.joined(separator: "\n"))
            Report.line("best \(name) \(values[best]), mIoU \(figures[best]); \(remark)")
        case .table:
            // As many decimals as tell the values apart.
            let digits = number == .opening ? 0 : (2...9).first { digits in
                values.allSatisfy { abs((Double(String(format: "%.\(digits)f", $0)) ?? .nan) - $0) < 1e-12 }
            } ?? 9
            let labels = values.map { String(format: "%.\(digits)f", $0) }
            let width = max(5, labels.map(\.count).max() ?? 0)
            let columns = max(10, min(TerminalSize.current.columns, 100) - width - 16)
            for (index, value) in figures.enumerated() {
                let length = highest > 0 ? Int((Double(columns) * value / highest).rounded()) : 0
                Swift.print(
                    String(repeating: " ", count: width - labels[index].count) + labels[index]
                        + String(format: " %8.2f %%  ", value * 100)
                        + String(repeating: index == best ? "#" : "-", count: length) + (index == best ? " *" : ""))
            }
            Swift.print("")
            try EvaluationText(reports[best], classes, .table).print()
            Swift.print("best \(name) \(labels[best]): mean IoU \(String(format: "%.2f %%", highest * 100))")
            if values.count > 1, best == 0 || best == values.count - 1 {
                Swift.print("the best is the \(best == 0 ? "first" : "last") value tried: there may be a better one beyond (--steps)")
            }
            Swift.print("(\(remark))")
        }
    }
}
