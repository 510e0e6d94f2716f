import Images

/// How often pixels of each true class were predicted as each class, over a whole set of pictures.
///
/// Pixels whose truth is 255, or beyond the classes, do not count. A pixel predicted as 255, or beyond the classes, counts
/// as missed: it stands in its truth's total but in no prediction's.
public struct ConfusionMatrix: Sendable, Equatable {
    /// Classes, background (0) included.
    public let classes: Int
    /// `classes × classes` pixels, truth by row, prediction by column.
    public internal(set) var counts: [Int]
    /// Pixels of each true class predicted as no class.
    public internal(set) var missed: [Int]
    /// Pictures added.
    public internal(set) var images = 0

    /// An empty matrix. `classes` must be 1 to 255, background included.
    public init(classes: Int) {
        precondition((1...255).contains(classes))
        self.classes = classes
        counts = [Int](repeating: 0, count: classes * classes)
        missed = [Int](repeating: 0, count: classes)
    }

    /// Adds a picture.
    ///
    /// - Parameter only: the true classes that count; pixels of others are ignored as 255 is. nil is all.
    /// - Throws: `LabelError` where the sizes differ.
    public mutating func add(
        prediction: IndexedImage, truth: IndexedImage, only: Set<UInt8>? = nil
    ) throws(LabelError) {
        guard prediction.width == truth.width, prediction.height == truth.height else {
            throw .size(
                "the prediction", width: prediction.width, height: prediction.height, expected: "the truth",
                expectedWidth: truth.width, expectedHeight: truth.height)
        }
        // All 256 × 256 pairs, so that the loop has no branches.
        var pairs = [UInt32](repeating: 0, count: 1 << 16)
        var rest = 0..<truth.indices.count
        while !rest.isEmpty {
            // So many that no counter overflows.
            let part = rest.prefix(1 << 31)
            rest = rest.dropFirst(part.count)
            pairs.withUnsafeMutableBufferPointer { pairs in
                truth.indices.withUnsafeBufferPointer { truth in
                    prediction.indices.withUnsafeBufferPointer { prediction in
                        for pixel in part { pairs[Int(truth[pixel]) << 8 | Int(prediction[pixel])] &+= 1 }
                    }
                }
            }
            for row in 0..<min(classes, 255) where only?.contains(UInt8(row)) ?? true {
                for column in 0..<256 {
                    let count = Int(pairs[row << 8 | column])
                    if column < classes, column != 255 { counts[row * classes + column] += count } else { missed[row] += count }
                }
            }
            for index in pairs.indices { pairs[index] = 0 }
        }
        images += 1
    }

    /// Adds the counts of another matrix of as many classes.
    public mutating func add(_ other: ConfusionMatrix) {
        precondition(other.classes == classes)
        for index in counts.indices { counts[index] += other.counts[index] }
        for index in missed.indices { missed[index] += other.missed[index] }
        images += other.images
    }

    /// Pixels of a true class.
    public func truthTotal(_ index: Int) -> Int {
        counts[index * classes..<(index + 1) * classes].reduce(missed[index], +)
    }

    /// Pixels predicted as a class.
    public func predictedTotal(_ index: Int) -> Int {
        (0..<classes).reduce(0) { $0 + counts[$1 * classes + index] }
    }
}

/// The figures of a confusion matrix. IoU is intersection over union, TP / (TP + FP + FN); all are fractions, 0…1.
public struct EvaluationReport: Sendable, Equatable {
    /// IoU of each class evaluated; nil for one that is neither in the truth nor predicted.
    public let iou: [(index: Int, value: Double?)]
    /// Mean of the IoUs that are; nil where none is.
    public let meanIoU: Double?
    /// Share of the pixels whose class was found.
    public let pixelAccuracy: Double?
    /// Mean of the shares of each class's pixels that were found.
    public let classAccuracy: Double?
    /// Mean of the IoUs weighted by the classes' shares of the true pixels.
    public let frequencyWeightedIoU: Double?
    /// Share of the pixels that were predicted as 255 or beyond the classes, which counts as missed.
    public let ignoredShare: Double?
    public let images: Int

    /// The figures of a matrix.
    ///
    /// - Parameter classes: the classes evaluated, such as background and those of `--only`; nil is all.
    public init(_ matrix: ConfusionMatrix, classes: [Int]? = nil) {
        let chosen = (classes ?? Array(0..<matrix.classes)).filter { (0..<matrix.classes).contains($0) }
        var iou: [(index: Int, value: Double?)] = []
        var (sum, known, accuracy, seen) = (0.0, 0, 0.0, 0)
        var (found, total, missed, weighted) = (0, 0, 0, 0.0)
        for index in chosen {
            let hits = matrix.counts[index * matrix.classes + index]
            let truth = matrix.truthTotal(index)
            let union = truth + matrix.predictedTotal(index) - hits
            found += hits
            total += truth
            missed += matrix.missed[index]
            if truth > 0 {
                accuracy += Double(hits) / Double(truth)
                seen += 1
            }
            guard union > 0 else {
                iou.append((index, nil))
                continue
            }
            let value = Double(hits) / Double(union)
            iou.append((index, value))
            sum += value
            known += 1
            weighted += Double(truth) * value
        }
        self.iou = iou
        meanIoU = known > 0 ? sum / Double(known) : nil
        pixelAccuracy = total > 0 ? Double(found) / Double(total) : nil
        classAccuracy = seen > 0 ? accuracy / Double(seen) : nil
        frequencyWeightedIoU = total > 0 ? weighted / Double(total) : nil
        ignoredShare = total > 0 ? Double(missed) / Double(total) : nil
        images = matrix.images
    }

    public static func == (a: EvaluationReport, b: EvaluationReport) -> Bool {
        a.iou.elementsEqual(b.iou) { $0 == $1 } && a.meanIoU == b.meanIoU && a.pixelAccuracy == b.pixelAccuracy
            && a.classAccuracy == b.classAccuracy && a.frequencyWeightedIoU == b.frequencyWeightedIoU
            && a.ignoredShare == b.ignoredShare && a.images == b.images
    }
}
