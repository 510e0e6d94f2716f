import Images
import Labels

/// What a label map has of each number, and how well that meets the truth.
struct LabelFigures: Sendable, Equatable {
    /// Of the picture, 0 to 1, one a number.
    let shares: [Float]
    /// Intersection over union of each number with the truth; empty without it.
    let overlaps: [UInt8: Double]
    let meanOverlap: Double?
    /// Of the truth's pixels of each number, those that the label has not; of the label's where the truth is known, those that the
    /// truth has not.
    private(set) var missed: [UInt8: Double] = [:]
    private(set) var excess: [UInt8: Double] = [:]
    /// Of the picture, pixels of a class that the label has not so, pixels that the label has of a class and the truth has not, and
    /// pixels that do not count.
    private(set) var errors: (missed: Double, excess: Double, ignored: Double)?

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
        count(labels.indices, truth.indices)
    }

    private mutating func count(_ labels: [UInt8], _ truth: [UInt8]) {
        var (own, real, both) = ([Int](repeating: 0, count: 256), [Int](repeating: 0, count: 256), [Int](repeating: 0, count: 256))
        var (missing, excessive, ignored) = (0, 0, 0)
        for (label, number) in zip(labels, truth) {
            guard number != LabelCompletion.ignored else {
                ignored += 1
                continue
            }
            own[Int(label)] += 1
            real[Int(number)] += 1
            if label == number {
                both[Int(label)] += 1
            } else {
                if number != 0 { missing += 1 }
                if label != 0, label != LabelCompletion.ignored { excessive += 1 }
            }
        }
        for number in 0..<255 {
            if real[number] > 0 { missed[UInt8(number)] = Double(real[number] - both[number]) / Double(real[number]) }
            if own[number] > 0 { excess[UInt8(number)] = Double(own[number] - both[number]) / Double(own[number]) }
        }
        let all = Double(max(labels.count, 1))
        errors = (Double(missing) / all, Double(excessive) / all, Double(ignored) / all)
    }

    static func == (a: Self, b: Self) -> Bool {
        a.shares == b.shares && a.overlaps == b.overlaps && a.missed == b.missed && a.excess == b.excess
    }
}
