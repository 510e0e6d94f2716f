import Checkpoints
import Images
import Labels
import Testing

@Suite struct EvaluationTests {
    private func matrix(only: Set<UInt8>?) throws -> ConfusionMatrix {
        let expected = try json("evaluation")
        var matrix = ConfusionMatrix(classes: Int(try #require(expected["classes"].number)))
        for index in 0..<3 {
            // In parts, as jobs do it.
            var part = ConfusionMatrix(classes: matrix.classes)
            try part.add(prediction: try labelMap("prediction_\(index)"), truth: try labelMap("truth_\(index)"), only: only)
            matrix.add(part)
        }
        return matrix
    }

    private func compare(_ matrix: ConfusionMatrix, _ report: EvaluationReport, _ expected: JSONValue) {
        #expect(matrix.counts == expected["matrix"].list.flatMap(\.integers))
        #expect(matrix.missed == expected["missed"].integers)
        #expect(report.iou.map(\.value) == expected["iou"].list.map(\.number))
        for (found, key) in [
            (report.meanIoU, "meanIoU"), (report.pixelAccuracy, "pixelAccuracy"), (report.classAccuracy, "classAccuracy"),
            (report.frequencyWeightedIoU, "frequencyWeightedIoU"), (report.ignoredShare, "ignoredShare"),
        ] {
            // NumPy adds in another order: the last bit may differ.
            #expect(abs((found ?? -1) - (expected[key].number ?? -2)) < 1e-15, "\(key)")
        }
        #expect(report.images == 3)
    }

    @Test func equalsNumPy() throws {
        let expected = try json("evaluation")
        let whole = try matrix(only: nil)
        compare(whole, EvaluationReport(whole), expected["all"])
        // One class occurs nowhere: no IoU, and not in the mean.
        #expect(EvaluationReport(whole).iou.contains { $0.value == nil })
        let only = expected["only"].integers
        let restricted = try matrix(only: Set(([0] + only).map { UInt8($0) }))
        compare(restricted, EvaluationReport(restricted, classes: [0] + only), expected["restricted"])
        #expect(EvaluationReport(restricted, classes: [0] + only) != EvaluationReport(whole, classes: [0] + only))
    }

    /// Means over the data set and over pictures, as mmseg and torchmetrics define them (make_averages.py).
    @Test func everyMeanIsTheOthers() throws {
        let expected = try json("averages")
        let classes = Array(0..<Int(try #require(expected["classes"].number)))
        var whole = ConfusionMatrix(classes: classes.count)
        var pictures: [[Int: Double]] = []
        for picture in expected["pictures"].list {
            func map(_ key: String) -> IndexedImage {
                let rows = picture[key].list
                return IndexedImage(width: rows[0].list.count, height: rows.count, indices: rows.flatMap(\.integers).map { UInt8($0) })
            }
            var matrix = ConfusionMatrix(classes: classes.count)
            try matrix.add(prediction: map("prediction"), truth: map("truth"))
            whole.add(matrix)
            pictures.append([:])
            for case (let index, let value?) in EvaluationReport(matrix).iou { pictures[pictures.count - 1][index] = value }
        }
        #expect(pictures.count == 5)
        let report = EvaluationReport(whole), average = PictureAverage(pictures, classes: classes)
        #expect(report.iou.map(\.value) == expected["mmseg"]["iou"].list.map(\.number))
        #expect(abs((report.meanIoU ?? -1) - (expected["mmseg"]["mIoU"].number ?? -2)) < 1e-15)
        // torchmetrics divides in Float32.
        for (found, key) in [(report.meanIoU, "jaccard"), (average.meanIoU, "functional"), (average.pairIoU, "meanIoU")] {
            #expect(abs((found ?? -1) - (expected[key]["mIoU"].number ?? -2)) < 2e-7, "\(key)")
        }
        for (found, value) in zip(average.iou.map(\.value), expected["meanIoU"]["iou"].list) {
            #expect(abs((found ?? -1) - (value.number ?? -2)) < 2e-7)
        }
        #expect(average.images == 5)
        // Of classes that no picture has there is no mean.
        let none = PictureAverage(pictures, classes: [5])
        #expect(none.meanIoU == nil && none.pairIoU == nil && none.images == 0 && none.iou.map(\.value) == [nil])
        #expect(none != average)
    }

    @Test func sweepEqualsNumPy() throws {
        let expected = try json("evaluation")
        var sweep = LevelSweep(classes: 7)
        for index in 0..<3 {
            let dump = try ClassMapDump(path: fixture("cams_\(index).npz"))
            var part = LevelSweep(classes: 7)
            try part.add(try Activation(dump.maps), truth: try labelMap("truth_\(index)"))
            sweep.add(part)
        }
        let matrices = sweep.matrices
        #expect(matrices.enumerated().filter { $0.offset % 10 == 0 }.map { $0.element.counts }
            == expected["sweepMatrices"].list.map { $0.list.flatMap(\.integers) })
        let means = expected["sweep"].list.compactMap(\.number)
        let results = try #require(sweep.results())
        #expect(results.meanIoU.count == 60 && zip(results.meanIoU, means).allSatisfy { abs($0 - $1) < 1e-15 })
        #expect(results.best == means.firstIndex(of: means.max() ?? 0) && results.best > 0)
    }

    @Test func nothingToEvaluate() throws {
        let empty = EvaluationReport(ConfusionMatrix(classes: 3))
        #expect(empty.meanIoU == nil && empty.pixelAccuracy == nil && empty.ignoredShare == nil && empty.iou.allSatisfy { $0.value == nil })
        #expect(LevelSweep(classes: 3).results() == nil)
        var matrix = ConfusionMatrix(classes: 2)
        let a = IndexedImage(width: 2, height: 1, indices: [0, 1]), b = IndexedImage(width: 1, height: 2, indices: [0, 1])
        #expect(complaint { try matrix.add(prediction: a, truth: b) } == "the prediction is 2×1, but the truth is 1×2")
        #expect(matrix == ConfusionMatrix(classes: 2))
    }
}
