import Files
import Foundation
import GETAM

/// The figures of one picture of an evaluation.
struct PictureFigures: Sendable {
    let name: String
    /// IoU of the classes that are in the picture's truth or predicted there.
    private(set) var iou: [Int: Double] = [:]
    /// Pixels of the true classes.
    private var truth: [Int: Int] = [:]

    init(_ name: String, _ matrix: ConfusionMatrix) {
        self.name = name
        for (index, value) in EvaluationReport(matrix).iou {
            iou[index] = value
            let total = matrix.truthTotal(index)
            if total > 0 { truth[index] = total }
        }
    }

    /// IoU of a class; nil for one that is neither in the picture's truth nor predicted there.
    func value(_ index: Int) -> Double? { iou[index] }

    /// Mean of the IoUs of some classes; nil where the picture has none of them.
    func mean(_ classes: [Int]) -> Double? { PictureAverage.mean(iou, classes: classes) }

    /// Pixels that count: those whose truth is one of some classes.
    func pixels(_ classes: [Int]) -> Int { classes.reduce(0) { $0 + (truth[$1] ?? 0) } }
}

/// What `--per-picture` and `--worst` say of the pictures one by one.
struct PictureTable {
    /// In the order of the list.
    private let pictures: [PictureFigures]
    /// The classes evaluated.
    private let chosen: [Int]
    private let classes: ClassList

    init(_ pictures: [PictureFigures], chosen: [Int], _ classes: ClassList) {
        self.pictures = pictures
        self.chosen = chosen
        self.classes = classes
    }

    /// Comma-separated values: name, IoU of each class, their mean, pixels that count; nothing where there is no figure.
    var csv: String {
        let header = ["name"] + chosen.map(name) + ["mIoU", "pixels"]
        let rows = pictures.map { picture in
            [picture.name] + (chosen.map(picture.value) + [picture.mean(chosen)]).map { $0.map { "\($0)" } ?? "" }
                + ["\(picture.pixels(chosen))"]
        }
        return ([header] + rows).map { $0.map(\.csvField).joined(separator: ",") + "\n" }.joined()
    }

    /// Writes ``csv`` to a file; `-` is standard output.
    func write(to path: String) throws {
        if path == "-" {
            try Output.data(csv)
        } else {
            try AtomicFile.write(csv.bytes, to: path)
        }
    }

    /// The mean over the pictures.
    var average: PictureAverage { PictureAverage(pictures.map(\.iou), classes: chosen) }

    /// The pictures with the lowest mean IoU, the lowest first; of equal ones the earlier in the list.
    private func worst(_ count: Int) -> [(figures: PictureFigures, mean: Double)] {
        let known = pictures.enumerated().compactMap { place, picture in picture.mean(chosen).map { (mean: $0, place: place) } }
        return known.sorted { ($0.mean, $0.place) < ($1.mean, $1.place) }.prefix(count).map { (pictures[$0.place], $0.mean) }
    }

    /// A picture in JSON: the classes that are in its truth or predicted there, and their mean.
    struct Row: Encodable {
        let name: String
        let mIoU: Double
        let iou: [String: Double]
        let pixels: Int
    }

    func worstRows(_ count: Int) -> [Row] {
        worst(count).map { picture, mean in
            let values = chosen.compactMap { index in picture.value(index).map { (name(index), $0) } }
            return Row(
                name: picture.name, mIoU: mean, iou: Dictionary(values, uniquingKeysWith: { first, _ in first }),
                pixels: picture.pixels(chosen))
        }
    }

    /// The worst pictures as lines: mean IoU, name, and the class that is worst there.
    func worstLines(_ count: Int) -> [String] {
        worst(count).map { picture, mean in
            let values = chosen.compactMap { index in picture.value(index).map { (value: $0, index: index) } }
            let lowest = values.min { ($0.value, $0.index) < ($1.value, $1.index) }
            return Self.percent(mean) + "  " + picture.name.printable
                + (lowest.map { "  (\(name($0.index).printable)\(Self.percent($0.value)))" } ?? "")
        }
    }

    private static func percent(_ value: Double) -> String { String(format: "%8.2f %%", value * 100) }

    private func name(_ index: Int) -> String { classes.name(of: UInt8(clamping: index)) }
}
