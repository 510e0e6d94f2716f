import Tensors

/// The cross entropy of a prediction with a label map, the mean over background plus the mean over foreground, each over its
/// own pixels of the whole batch. A batch without one of them is measured by the other alone.
///
/// GETAM takes the sum as it is (weight 1), ToCo half of it (weight ½).
enum BalancedCrossEntropy {
    /// The pixels of a batch that count: label 0, and labels 1 to K − 1. All others are ignored (255).
    struct Counts: Equatable, Sendable {
        private(set) var background = 0
        private(set) var foreground = 0

        /// - Parameters:
        ///   - maps: the label maps of all pictures of the batch.
        ///   - labels: K.
        init(_ maps: some Sequence<[UInt8]>, labels: Int) {
            for map in maps { add(map, labels: labels) }
        }

        /// Of no picture.
        init() {}

        /// Counted elsewhere.
        init(background: Int, foreground: Int) { (self.background, self.foreground) = (background, foreground) }

        /// Counts one more picture's.
        mutating func add(_ map: [UInt8], labels: Int) {
            for label in map where label < labels {
                if label == 0 { background += 1 } else { foreground += 1 }
            }
        }
    }

    /// A picture's part of the batch's loss; its derivatives by the logits times `weight` are added to `gradient`.
    ///
    /// - Parameter map: `height × width` labels.
    static func evaluate(
        _ prediction: PixelPrediction, _ map: [UInt8], counts: Counts, weight: Float, addingTo gradient: FeatureMap,
        compute: Compute
    ) -> Double {
        precondition(map.count == prediction.pixels)
        let (rows, gradient) = (prediction.rows, prediction.place(of: gradient))
        let share = (background: 1 / Double(max(counts.background, 1)), foreground: 1 / Double(max(counts.foreground, 1)))
        let factor = (background: weight * Float(share.background), foreground: weight * Float(share.foreground))
        return map.withUnsafeBufferPointer { map in
            compute.orderedSum(map.count) { range in
                var (background, foreground) = (0.0, 0.0)
                for pixel in range where map[pixel] < rows.labels {
                    let label = Int(map[pixel])
                    let others = rows.probability(ofOthersThan: label, at: pixel)
                    let entropy = Double(rows.entropy(of: label, others, at: pixel))
                    if label == 0 { background += entropy } else { foreground += entropy }
                    rows.addEntropyGradient(
                        of: label, others, times: label == 0 ? factor.background : factor.foreground, to: gradient,
                        at: pixel)
                }
                return background * share.background + foreground * share.foreground
            }
        }
    }
}
