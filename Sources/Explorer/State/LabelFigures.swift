import Images
import Labels

/// What a label map has of each number, and how well that meets the truth.
struct LabelFigures: Sendable, Equatable {
    /// Of the picture, 0 to 1, one a number.
    let shares: [Float]
    /// Intersection over union of each number with the truth; empty without it.
    let overlaps: [UInt8: Double]
    let meanOverlap: Double?

    init(_ labels: IndexedImage, truth: IndexedImage?) throws(LabelError) {
        var counts = [Int](repeating: 0, count: 256)
        labels.indices.withUnsafeBufferPointer { for index in $0 { counts[Int(index)] += 1 } }
        let pixels = max(labels.indices.count, 1)
        shares = counts.map { Float($0) / Float(pixels) }
        guard let truth else {
            overlaps = [:]
            meanOverlap = nil
            return
        }
        var matrix = ConfusionMatrix(classes: 255)
        try matrix.add(prediction: labels, truth: truth)
        let report = EvaluationReport(matrix)
        var overlaps: [UInt8: Double] = [:]
        for (index, value) in report.iou { if let value { overlaps[UInt8(index)] = value } }
        self.overlaps = overlaps
        meanOverlap = report.meanIoU
    }
}
