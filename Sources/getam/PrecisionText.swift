import Files
import Foundation
import GETAM

/// Average precision of classes as a table, JSON, or comma-separated values.
struct PrecisionText {
    let report: PrecisionReport
    let classes: ComparedClasses
    let style: EvaluationText.Style
    /// Pictures left out because the labels do not know them, and because they could not be read.
    let withoutEntry: Int
    let failed: Int

    /// What JSON holds. Fractions; nil becomes null.
    private struct Figures: Encodable {
        let mAP: Double
        let AP: [String: Double?]
        let positives: [String: Int]
        let images: Int
        let withoutEntry: Int
        let failed: Int
    }

    func print() throws {
        guard let mean = report.mean else {
            throw CommandFailure(
                .badData, "none of the \(report.images) pictures shows any of the classes (\(ClassMatch.some(classes.names)))")
        }
        switch style.form {
        case .json:
            func named<Value>(_ value: (PrecisionReport.Figures) -> Value) -> [String: Value] {
                Dictionary(zip(classes.names, report.classes.map(value)), uniquingKeysWith: { first, _ in first })
            }
            try Output.printJSON(
                Figures(
                    mAP: mean, AP: named(\.averagePrecision), positives: named(\.pictures), images: report.images,
                    withoutEntry: withoutEntry, failed: failed))
        case .csv:
            var text = "class,index,AP,pictures\n"
            for (place, figures) in report.classes.enumerated() {
                let value = figures.averagePrecision.map { "\($0)" } ?? ""
                text += "\(classes.names[place].csvField),\(classes.logits[place]),\(value),\(figures.pictures)\n"
            }
            try Output.data(text + "mAP,,\(mean),\(report.images)\n")
        case .table: try Output.line(table(mean))
        }
    }

    private func table(_ mean: Double) -> String {
        let shown = report.classes.indices.filter { style.showsAll || report.classes[$0].averagePrecision != nil }
        let names = shown.map { classes.names[$0].printable }
        let width = max(24, names.map(\.count).max() ?? 0)
        var lines = zip(shown, names).map { place, name in
            let figures = report.classes[place]
            let count = String(figures.pictures)
            return EvaluationText.row(name, figures.averagePrecision, width).padding(toLength: width + 10, withPad: " ", startingAt: 0)
                + String(repeating: " ", count: max(1, 8 - count.count)) + count + (figures.pictures == 1 ? " picture" : " pictures")
        }
        lines += ["", EvaluationText.row("mAP", mean, width)]
        let hidden = report.classes.count - shown.count
        if hidden > 0 { lines.append("\(hidden) \(hidden == 1 ? "class is" : "classes are") in no picture (--all shows them)") }
        let left = [(withoutEntry, "without an entry left out"), (failed, "failed")].filter { $0.0 > 0 }.map { "; \($0.0) \($0.1)" }
        lines.append("\(report.images) \(report.images == 1 ? "picture" : "pictures")" + left.joined())
        return lines.joined(separator: "\n")
    }
}
