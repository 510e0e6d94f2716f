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
