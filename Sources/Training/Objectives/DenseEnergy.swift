import Images
import Tensors

/// The dense energy of a prediction on its picture: near pixels of like colors are to have like labels, most where the
/// prediction is unsure.
///
/// At half the picture's size, S = P·ROI, with the gate g = max(0, ROI − max_k P_k), 1 where the label is unknown:
/// −1/N Σ_{i,k} S_k(i)·g(i)·[K S_k](i) over a batch of N pictures, K = exp(−½(Δplace²/σ² + Δcolor²/σ²)), a pixel's own value
/// included. The derivatives are GETAM's: −2/N·g·[K S]·ROI, which takes the gate for a constant that is the same at both
/// pixels of a pair.
/// Source: Tang et al., "On Regularized Losses for Weakly-supervised CNN Segmentation", 2018.
struct DenseEnergy: Sendable {
    /// The deviations of the Gaussian: places in pixels of the picture, colors of 0…255.
    struct Deviations: Hashable, Sendable {
        var place: Float = 100
        var color: Float = 15
    }

    /// The weight that GETAM gives it, whose lattice, without the vertices between, gathers about 0.6 of the sum.
    static let publishedWeight = 1e-7
    /// A label that opens the gate.
    static let unknown: UInt8 = 255

    private let height: Int
    private let width: Int
    private let halfHeight: Int
    private let halfWidth: Int
    private let kernel: BilateralGaussian

    /// The kernel of a picture.
    ///
    /// - Parameters:
    ///   - picture: as the model sees it, before normalization.
    ///   - mostPairwise: most pixels of half the size whose pairs are summed one by one.
    init(
        _ picture: RGBImage, _ deviations: Deviations = .init(), mostPairwise: Int = PairwiseGaussian.mostPoints, compute: Compute
    ) {
        (height, width) = (picture.height, picture.width)
        let (rows, columns) = (max(1, height / 2), max(1, width / 2))
        (halfHeight, halfWidth) = (rows, columns)
        let (place, color) = (2 / deviations.place, 1 / deviations.color)
        let source = (rows: Self.nearest(rows, of: height), columns: Self.nearest(columns, of: width))
        func enter(_ points: Range<Int>, _ features: UnsafeMutablePointer<Float>) {
            for (point, out) in zip(points, stride(from: 0, to: 5 * points.count, by: 5)) {
                let (row, column) = (point / columns, point % columns)
                features[out] = Float(column) * place
                features[out + 1] = Float(row) * place
                let sample = (source.rows[row] * picture.width + source.columns[column]) * 3
                for channel in 0..<3 { features[out + 2 + channel] = Float(picture.samples[sample + channel]) * color }
            }
        }
        let points = rows * columns
        // Pictures to train on are small: their lattice takes some megabytes.
        if points > mostPairwise,
            let lattice = PermutohedralLattice(
                points: points, limit: 1 << 40, readingElsewhere: nil, compute: compute, features: enter, checkpoint: {}) {
            kernel = .lattice(lattice)
        } else {
            var features = [Float](repeating: 0, count: 5 * points)
            features.withUnsafeMutableBufferPointer { features in
                if let base = features.baseAddress { enter(0..<points, base) }
            }
            kernel = .pairs(PairwiseGaussian(features: features, dimensions: 5, compute: compute))
        }
    }

    /// The pixel that each of fewer stands for, along an axis.
    private static func nearest(_ count: Int, of pixels: Int) -> [Int] { (0..<count).map { $0 * pixels / count } }

    /// A picture's part of the batch's loss; its derivatives by the logits times `weight` are added to `gradient`.
    ///
    /// - Parameters:
    ///   - map: `height × width` labels.
    ///   - inside: `height × width`: the pixels that are the picture's; nil for all.
    ///   - pictures: N.
    func evaluate(
        _ prediction: PixelPrediction, _ map: [UInt8], inside: [Bool]? = nil, pictures: Int, weight: Float,
        addingTo gradient: FeatureMap, compute: Compute, in workspace: Workspace
    ) -> Double {
        precondition(prediction.logits.height == height && prediction.logits.width == width && map.count == height * width)
        precondition(inside.map { $0.count == height * width } ?? true)
        let (labels, points) = (prediction.labels, halfHeight * halfWidth)
        let half = prediction.probabilities.resized(
            height: halfHeight, width: halfWidth, alignCorners: false, compute: compute, in: workspace)
        let channels = BilateralGaussian.channels(labels)
        let (segments, filtered) = (workspace.take(points * channels), workspace.take(points * channels))
        let gates = gates(half, map, inside)
        enterSegments(half, gates, channels, into: segments.base)
        kernel.filter(segments.base, channels: channels, into: filtered.base, compute: compute)
        let slopes = FeatureMap(height: halfHeight, width: halfWidth, channels: labels, in: workspace)
        let share = Double(kernel.gain) / Double(max(pictures, 1))
        let factor = -2 * weight * Float(share)
        let (segment, sum, out) = (segments.base, filtered.base, slopes.values.base)
        let energy = compute.orderedSum(points) { range in
            var energy = 0.0
            for point in range {
                let gate = gates[point].isInside ? gates[point].gate : 0
                for label in 0..<labels {
                    let gated = gate * sum[point * channels + label]
                    energy += Double(segment[point * channels + label]) * Double(gated)
                    out[point * labels + label] = factor * gated
                }
            }
            return energy
        }
        withExtendedLifetime((segments, filtered)) {}
        addThroughSoftmax(slopes, prediction, to: gradient, compute, workspace)
        return -share * energy
    }

    /// How much a pixel of half the size counts, and whether it is the picture's.
    private typealias Gate = (gate: Float, isInside: Bool)

    private func gates(_ half: FeatureMap, _ map: [UInt8], _ inside: [Bool]?) -> [Gate] {
        let rows = Self.nearest(halfHeight, of: height), columns = Self.nearest(halfWidth, of: width)
        return (0..<half.positions).map { point in
            let pixel = rows[point / halfWidth] * width + columns[point % halfWidth]
            let isInside = inside?[pixel] ?? true
            if map[pixel] == Self.unknown { return (1, isInside) }
            let row = half.values.base + point * half.channels
            let top = (1..<half.channels).reduce(row[0]) { max($0, row[$1]) }
            return (max(0, (isInside ? 1 : 0) - top), isInside)
        }
    }

    /// The probabilities inside the picture, with zeros outside and behind them: `[points, channels]`.
    private func enterSegments(_ half: FeatureMap, _ gates: [Gate], _ channels: Int, into segments: UnsafeMutablePointer<Float>) {
        segments.update(repeating: 0, count: half.positions * channels)
        for point in 0..<half.positions where gates[point].isInside {
            (segments + point * channels).update(from: half.values.base + point * half.channels, count: half.channels)
        }
    }

    /// From derivatives by the probabilities at half the size to those by the logits.
    private func addThroughSoftmax(
        _ slopes: FeatureMap, _ prediction: PixelPrediction, to gradient: FeatureMap, _ compute: Compute, _ workspace: Workspace
    ) {
        let full = slopes.resizeGradient(height: height, width: width, alignCorners: false, compute: compute, in: workspace)
        let (labels, kernels) = (prediction.labels, compute.kernels)
        let (slope, probability, out) = (full.values.base, prediction.probabilities.values.base, prediction.place(of: gradient))
        full.forPositions(compute) { range in
            let start = range.lowerBound * labels
            kernels.softmax_backward(slope + start, probability + start, labels, range.count, labels, 1)
            kernels.add_multiple(out + start, slope + start, 1, range.count * labels)
        }
    }
}
