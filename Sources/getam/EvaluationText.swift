import Foundation
import GETAM

/// The figures of an evaluation as a table, JSON, or comma-separated values.
struct EvaluationText {
    enum Form { case table, json, csv }

    private let report: EvaluationReport
    private let classes: ClassList
    private let form: Form

    init(_ report: EvaluationReport, _ classes: ClassList, _ form: Form) {
        self.report = report
        self.classes = classes
        self.form = form
    }

    /// What JSON holds. Fractions; nil becomes null.
    struct Figures: Encodable {
        let mIoU: Double
        let iou: [String: Double?]
        let pixelAccuracy: Double
        let meanAccuracy: Double?
        let frequencyWeightedIoU: Double?
        let ignoredShare: Double?
        let images: Int

        init(_ report: EvaluationReport, _ classes: ClassList) throws {
            guard let mean = report.meanIoU, let accuracy = report.pixelAccuracy else {
                throw CommandFailure(.badData, "there is no pixel to compare: all true ones are 255 or of classes left out")
            }
            mIoU = mean
            iou = Dictionary(
                report.iou.map { (classes.name(of: UInt8(clamping: $0.index)), $0.value) }, uniquingKeysWith: { first, _ in first })
            pixelAccuracy = accuracy
            meanAccuracy = report.classAccuracy
            frequencyWeightedIoU = report.frequencyWeightedIoU
            ignoredShare = report.ignoredShare
            images = report.images
        }
    }

    func print() throws {
        let figures = try Figures(report, classes)
        switch form {
        case .json: try Output.printJSON(figures)
        case .csv:
            var text = "class,index,IoU\n"
            for (index, value) in report.iou { text += "\(Self.field(name(index))),\(index),\(value.map { "\($0)" } ?? "")\n" }
            text += "mIoU,,\(figures.mIoU)\npixelAccuracy,,\(figures.pixelAccuracy)\n"
            for (key, value) in summary(figures).dropFirst(2) { text += "\(key.csv),,\(value.map { "\($0)" } ?? "")\n" }
            Swift.print(text + "images,,\(figures.images)")
        case .table:
            let rows = report.iou.map { (name($0.index).printable, $0.value) }
            let width = max(24, rows.map(\.0.count).max() ?? 0)
            for (name, value) in rows { Swift.print(Self.row(name, value, width)) }
            Swift.print("")
            for (key, value) in summary(figures) { Swift.print(Self.row(key.table, value, width)) }
            Swift.print("\(figures.images) \(figures.images == 1 ? "picture" : "pictures")")
        }
    }

    private func summary(_ figures: Figures) -> [(key: (table: String, csv: String), value: Double?)] {
        [
            (("mean IoU", "mIoU"), figures.mIoU), (("pixel accuracy", "pixelAccuracy"), figures.pixelAccuracy),
            (("mean accuracy", "meanAccuracy"), figures.meanAccuracy),
            (("frequency-weighted IoU", "frequencyWeightedIoU"), figures.frequencyWeightedIoU),
            (("predicted 255 (missed)", "ignoredShare"), figures.ignoredShare),
        ]
    }

    private func name(_ index: Int) -> String { classes.name(of: UInt8(clamping: index)) }

    private static func row(_ name: String, _ value: Double?, _ width: Int) -> String {
        name + String(repeating: " ", count: width - name.count)
            + (value.map { String(format: "%8.2f %%", $0 * 100) } ?? "       –")
    }

    /// A field of comma-separated values (RFC 4180).
    static func field(_ text: String) -> String {
        text.contains { ",\"\n\r".contains($0) } ? "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\"" : text
    }
}
