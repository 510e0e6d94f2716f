import Attribution
import Images

/// The confusion matrices of class maps at every level of the background, in one pass over the pixels.
///
/// At a level t a pixel is background unless its largest activation exceeds t: the arg max over a constant plane t and the
/// maps, background first. The best level over a set is chosen with its truth in view; say so where its figure is shown.
public struct LevelSweep: Sendable {
    /// Ascending.
    public let levels: [Double]
    public let classes: Int
    /// Pixels by truth, winning class, and how many levels the winner exceeds.
    private var counts: [Int]
    public private(set) var images = 0

    /// 0, 0.01, … 0.59, the levels of the seed literature.
    public static let defaultLevels = (0..<60).map { Double($0) / 100 }

    /// A sweep without pictures.
    ///
    /// - Parameters:
    ///   - levels: ascending, not empty.
    ///   - classes: 2 to 255, background included.
    public init(levels: [Double] = LevelSweep.defaultLevels, classes: Int) {
        precondition(!levels.isEmpty && zip(levels, levels.dropFirst()).allSatisfy { $0 < $1 }, "levels must ascend")
        precondition((1...255).contains(classes))
        self.levels = levels
        self.classes = classes
        counts = [Int](repeating: 0, count: classes * classes * (levels.count + 1))
    }

    /// Adds a picture.
    ///
    /// - Parameters:
    ///   - activation: its maps; numbers of classes beyond the sweep's count as missed.
    ///   - only: as in ``ConfusionMatrix/add(prediction:truth:only:)``.
    /// - Throws: `LabelError` where the sizes differ, or a map's class is beyond the sweep's.
    public mutating func add(
        _ activation: Activation, truth: IndexedImage, only: Set<UInt8>? = nil
    ) throws(LabelError) {
        guard activation.width == truth.width, activation.height == truth.height else {
            throw .size(
                "the class map", width: activation.width, height: activation.height, expected: "the truth",
                expectedWidth: truth.width, expectedHeight: truth.height)
        }
        if let last = activation.labels.last, Int(last) >= classes {
            throw .indices("the maps have class \(last), but the class list ends at \(classes - 1)")
        }
        // The largest Float32 not above each level: comparing with it is comparing with the level.
        let bounds = levels.map { LabelCompletion(background: .level($0)).highestBackground }
        for pixel in truth.indices.indices {
            let row = truth.indices[pixel]
            guard Int(row) < classes, row != LabelCompletion.ignored, only?.contains(row) ?? true else { continue }
            let peak = activation.peaks[pixel]
            // Number of bounds below the peak.
            var low = 0, high = bounds.count
            while low < high {
                let middle = (low + high) / 2
                if bounds[middle] < peak { low = middle + 1 } else { high = middle }
            }
            counts[(Int(row) * classes + Int(activation.winners[pixel])) * (levels.count + 1) + low] += 1
        }
        images += 1
    }

    /// Adds the counts of another sweep with the same levels and classes.
    public mutating func add(_ other: LevelSweep) {
        precondition(other.levels == levels && other.classes == classes)
        for index in counts.indices { counts[index] += other.counts[index] }
        images += other.images
    }

    /// The confusion matrix at each level.
    public var matrices: [ConfusionMatrix] {
        let steps = levels.count + 1
        return levels.indices.map { level in
            var matrix = ConfusionMatrix(classes: classes)
            matrix.images = images
            for row in 0..<classes {
                for winner in 0..<classes {
                    let start = (row * classes + winner) * steps
                    matrix.counts[row * classes] += counts[start...start + level].reduce(0, +)
                    matrix.counts[row * classes + winner] += counts[start + level + 1..<start + steps].reduce(0, +)
                }
            }
            return matrix
        }
    }

    /// The mean IoU at each level, and the place of the best in ``levels``, the lowest of equals; nil where there is no pixel.
    ///
    /// - Parameter classes: as in ``EvaluationReport/init(_:classes:)``.
    public func results(classes: [Int]? = nil) -> (meanIoU: [Double], best: Int)? {
        let means = matrices.map { EvaluationReport($0, classes: classes).meanIoU }
        guard means.allSatisfy({ $0 != nil }) else { return nil }
        let values = means.compactMap { $0 }
        guard let largest = values.max(), let best = values.firstIndex(of: largest) else { return nil }
        return (values, best)
    }
}
