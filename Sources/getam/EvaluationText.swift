import Files
import Foundation
import GETAM

/// The figures of an evaluation as a table, JSON, or comma-separated values.
struct EvaluationText {
    enum Form { case table, json, csv }

    /// What is shown of an evaluation, and how.
    struct Style {
        var form = Form.table
        /// What the IoUs are of.
        var average = EvaluationOutputOptions.Averaging.dataset
        /// Whether the table has a row for classes that are nowhere.
        var showsAll = false
        /// How many of the worst pictures are listed.
        var worst = 0
        /// Pictures left out because they have no prediction.
        var missing = 0
        /// Whether only the figures of each picture are wanted, which go elsewhere.
        var isSilent = false
    }

    private let report: EvaluationReport
    private let classes: ClassList
    private let style: Style
    private let pictures: PictureTable?
    /// The pictures' own figures averaged, where those are wanted.
    private let average: PictureAverage?
    /// The IoU of each class that is shown.
    private let iou: [(index: Int, value: Double?)]

    /// - Parameter pictures: the figures of each picture, for the worst of them and for their average.
    init(_ report: EvaluationReport, _ classes: ClassList, _ style: Style, pictures: PictureTable? = nil) {
        self.report = report
        self.classes = classes
        self.style = style
        self.pictures = pictures
        let average = style.average == .image ? pictures?.average : nil
        self.average = average
        iou = average?.iou ?? report.iou
    }

    /// What JSON holds. Fractions; nil becomes null.
    struct Figures: Encodable {
        /// What the IoUs are of.
        let average: EvaluationOutputOptions.Averaging
        let mIoU: Double
        let iou: [String: Double?]
        let pixelAccuracy: Double
        let meanAccuracy: Double?
        let frequencyWeightedIoU: Double?
        let ignoredShare: Double?
        let images: Int
        let missing: Int
        let worst: [PictureTable.Row]?

        /// - Parameter pictures: their averages, which take the place of the report's IoUs.
        init(
            _ report: EvaluationReport, _ classes: ClassList, pictures: PictureAverage? = nil, missing: Int = 0,
            worst: [PictureTable.Row]? = nil
        ) throws {
            guard let mean = pictures == nil ? report.meanIoU : pictures?.meanIoU, let accuracy = report.pixelAccuracy else {
                throw CommandFailure(.badData, "there is no pixel to compare: all true ones are 255, which is no class (1 is the first), or of classes left out")
            }
            average = pictures == nil ? .dataset : .image
            mIoU = mean
            iou = Dictionary(
                (pictures?.iou ?? report.iou).map { (classes.name(of: UInt8(clamping: $0.index)), $0.value) }, uniquingKeysWith: { first, _ in first })
            pixelAccuracy = accuracy
            meanAccuracy = report.classAccuracy
            frequencyWeightedIoU = report.frequencyWeightedIoU
            ignoredShare = report.ignoredShare
            images = report.images
            self.missing = missing
            self.worst = worst
        }
    }

    /// What JSON holds of these figures.
    func figures() throws -> Figures {
        try Figures(
            report, classes, pictures: average, missing: style.missing, worst: style.worst > 0 ? pictures.map { $0.worstRows(style.worst) } : nil)
    }

    func print() throws {
        let figures = try figures()
        if style.isSilent { return }
        switch style.form {
        case .json: try Output.printJSON(figures)
        case .csv:
            var text = "class,index,IoU\n"
            for (index, value) in iou { text += "\(name(index).csvField),\(index),\(value.map { "\($0)" } ?? "")\n" }
            for (key, value) in summary(figures) { text += "\(key.csv),,\(value.map { "\($0)" } ?? "")\n" }
            try Output.data(text + "images,,\(figures.images)\n")
            if figures.missing > 0 { Report.line("\(figures.missing) of the pictures have no prediction and are left out") }
        case .table: try Output.line(table(figures))
        }
    }

    private func table(_ figures: Figures) -> String {
        let shown = iou.filter { style.showsAll || $0.value != nil }
        let rows = shown.map { (name($0.index).printable, $0.value) }
        let width = max(average == nil ? 24 : 31, rows.map(\.0.count).max() ?? 0)
        var lines = rows.map { Self.row($0.0, $0.1, width) } + [""]
        lines += summary(figures).map { Self.row($0.key.table, $0.value, width) }
        let hidden = iou.count - shown.count
        if hidden > 0 {
            lines.append("\(hidden) \(hidden == 1 ? "class is" : "classes are") neither in the truth nor predicted (--all shows them)")
        }
        if let pictures, style.worst > 0 {
            lines += ["", "worst pictures: mean IoU, name, lowest class"] + pictures.worstLines(style.worst) + [""]
        }
        let left = figures.missing > 0 ? "; \(figures.missing) without a prediction left out" : ""
        lines.append("\(figures.images) \(figures.images == 1 ? "picture" : "pictures")\(left)")
        return lines.joined(separator: "\n")
    }

    private func summary(_ figures: Figures) -> [(key: (table: String, csv: String), value: Double?)] {
        // All of them where the less usual one is asked for, so that none is taken for another.
        let means: [((table: String, csv: String), Double?)] =
            average == nil
            ? [(("mean IoU", "mIoU"), figures.mIoU)]
            : [
                (("mean IoU of the pictures", "pictureMIoU"), figures.mIoU),
                (("mean IoU of picture–class pairs", "pairMIoU"), average?.pairIoU),
                (("mean IoU of the data set", "mIoU"), report.meanIoU),
            ]
        return means + [
            (("pixel accuracy", "pixelAccuracy"), figures.pixelAccuracy),
            (("mean accuracy", "meanAccuracy"), figures.meanAccuracy),
            (("frequency-weighted IoU", "frequencyWeightedIoU"), figures.frequencyWeightedIoU),
            (("predicted 255 (missed)", "ignoredShare"), figures.ignoredShare),
        ]
    }

    private func name(_ index: Int) -> String { classes.name(of: UInt8(clamping: index)) }

    static func row(_ name: String, _ value: Double?, _ width: Int) -> String {
        name + String(repeating: " ", count: width - name.count)
            + (value.map { String(format: "%8.2f %%", $0 * 100) } ?? "       –")
    }
}
