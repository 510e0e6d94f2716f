import Glibc
import Tensors

/// The binary cross entropy of a pixel's probability of background with a saliency mask after label completion, the mean over
/// all pixels of a batch.
///
/// Computed from logits: PyTorch's `binary_cross_entropy` of the probability is the same as long as that is not within 1e−12
/// of 0 or 1, where it cuts off the loss and its derivatives.
struct SaliencyLoss: Sendable {
    typealias Target = Recipe.SaliencyForm

    var target = Target.corrected

    /// A picture's part of the batch's loss; its derivatives by the logits times `weight` are added to `gradient`.
    ///
    /// - Parameters:
    ///   - saliency: `height × width`: 0 not salient, 1 salient, 255 completed (`CompletedLabels.saliency`).
    ///   - total: pixels of all pictures of the batch.
    func evaluate(
        _ prediction: PixelPrediction, saliency: [UInt8], of total: Int, weight: Float, addingTo gradient: FeatureMap,
        compute: Compute
    ) -> Double {
        precondition(saliency.count == prediction.pixels)
        let (rows, gradient) = (prediction.rows, prediction.place(of: gradient))
        let share = 1 / Double(max(total, 1))
        let factor = weight * Float(share)
        let leastForeground: UInt8 = target == .corrected ? 1 : 255
        return share * saliency.withUnsafeBufferPointer { saliency in
            compute.orderedSum(saliency.count) { range in
                var sum = 0.0
                for pixel in range {
                    let foreground = rows.probability(ofOthersThan: 0, at: pixel)
                    if saliency[pixel] < leastForeground {
                        sum += Double(rows.entropy(of: 0, foreground, at: pixel))
                        rows.addEntropyGradient(of: 0, foreground, times: factor, to: gradient, at: pixel)
                    } else {
                        sum += rows.addForeground(foreground, factor, to: gradient, at: pixel)
                    }
                }
                return sum
            }
        }
    }
}

extension PixelRows {
    /// −log of the probability of any foreground; adds its derivatives times `factor`.
    @inline(__always)
    fileprivate func addForeground(
        _ foreground: Float, _ factor: Float, to gradient: UnsafeMutablePointer<Float>, at pixel: Int
    ) -> Double {
        let (row, out) = (probabilities + pixel &* labels, gradient + pixel &* labels)
        let background = row[0]
        out[0] += factor * background
        guard foreground > Self.leastExact else { return addUnderflown(factor * background, to: gradient, at: pixel) }
        let share = factor * background / foreground
        for index in 1..<labels { out[index] -= share * row[index] }
        return Double(background < 0.5 ? -log1pf(-background) : -logf(foreground))
    }

    /// The same where no foreground is left in the probabilities: the logits still tell how it is shared out.
    private func addUnderflown(
        _ factor: Float, to gradient: UnsafeMutablePointer<Float>, at pixel: Int
    ) -> Double {
        let foreground = logOfSum(1..<labels, at: pixel)
        for index in 1..<labels {
            gradient[pixel * labels + index] -= factor * Float(exp(Double(logits[pixel * labels + index]) - foreground))
        }
        return logOfSum(0..<labels, at: pixel) - foreground
    }
}
