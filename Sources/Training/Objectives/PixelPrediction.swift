import Glibc
import Tensors

/// What is predicted for a picture, pixel by pixel, with the probabilities that its losses share.
struct PixelPrediction {
    /// Scores of K labels, background first, K at least 2.
    let logits: FeatureMap
    /// Their soft-max.
    let probabilities: FeatureMap

    var pixels: Int { logits.positions }
    var labels: Int { logits.channels }

    init(_ logits: FeatureMap, compute: Compute, in workspace: Workspace) {
        precondition(logits.channels >= 2, "background alone is no prediction")
        self.logits = logits
        let probabilities = FeatureMap(height: logits.height, width: logits.width, channels: logits.channels, in: workspace)
        self.probabilities = probabilities
        let (source, target, labels, kernels) = (logits.values.base, probabilities.values.base, logits.channels, compute.kernels)
        logits.forPositions(compute) { range in
            let start = range.lowerBound * labels
            (target + start).update(from: source + start, count: range.count * labels)
            kernels.softmax(target + start, labels, range.count, labels, 1)
        }
    }

    /// Where a map of gradients by the logits begins.
    func place(of gradient: FeatureMap) -> UnsafeMutablePointer<Float> {
        precondition(gradient.positions == pixels && gradient.channels == labels)
        return gradient.values.base
    }

    /// A view for loops over pixels, valid while the prediction lives.
    var rows: PixelRows {
        PixelRows(
            labels: labels, logits: UnsafePointer(logits.values.base), probabilities: UnsafePointer(probabilities.values.base))
    }
}

/// The rows of a prediction, K values a pixel. No bounds are checked.
struct PixelRows {
    let labels: Int
    let logits: UnsafePointer<Float>
    let probabilities: UnsafePointer<Float>

    /// Below this a probability may have lost digits, or all of itself, to underflow.
    static let leastExact: Float = 1e-30

    /// The probability that a pixel has another label, without the cancellation of 1 − p.
    @inline(__always)
    func probability(ofOthersThan label: Int, at pixel: Int) -> Float {
        let row = probabilities + pixel &* labels
        var sum: Float = 0
        for index in 0..<label { sum += row[index] }
        for index in label &+ 1..<labels { sum += row[index] }
        return sum
    }

    /// −log P(label).
    ///
    /// - Parameter others: ``probability(ofOthersThan:at:)``.
    @inline(__always)
    func entropy(of label: Int, _ others: Float, at pixel: Int) -> Float {
        if others < 0.5 { return -log1pf(-others) }
        let own = probabilities[pixel &* labels &+ label]
        if own > Self.leastExact { return -logf(own) }
        return Float(logOfSum(0..<labels, at: pixel) - Double(logits[pixel &* labels &+ label]))
    }

    /// Adds `factor` times the derivatives of −log P(label) by the pixel's logits to its row of `gradient`.
    @inline(__always)
    func addEntropyGradient(
        of label: Int, _ others: Float, times factor: Float, to gradient: UnsafeMutablePointer<Float>, at pixel: Int
    ) {
        let (row, out) = (probabilities + pixel &* labels, gradient + pixel &* labels)
        for index in 0..<label { out[index] += factor * row[index] }
        out[label] -= factor * others
        for index in label &+ 1..<labels { out[index] += factor * row[index] }
    }

    /// log Σ e^logit over some labels, in double precision.
    func logOfSum(_ range: Range<Int>, at pixel: Int) -> Double {
        let row = logits + pixel * labels
        let top = range.reduce(-Float.infinity) { max($0, row[$1]) }
        return Double(top) + log(range.reduce(0) { $0 + exp(Double(row[$1]) - Double(top)) })
    }
}

extension Compute {
    /// The sum of what `body` gives for ranges that tile `0..<count`: the same ranges, added in the same order, for any number
    /// of threads.
    func orderedSum(_ count: Int, _ body: (Range<Int>) -> Double) -> Double {
        let piece = 4096, pieces = (count + piece - 1) / piece
        return withUnsafeTemporaryAllocation(of: Double.self, capacity: max(pieces, 1)) { sums in
            pool.forEach(pieces) { sums[$0] = body($0 * piece..<min(count, ($0 + 1) * piece)) }
            return sums.prefix(pieces).reduce(0, +)
        }
    }
}
