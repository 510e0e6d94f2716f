/// Mean and variance of every channel over all positions of all pictures of a batch: what a batch norm in training goes by.
///
/// The pictures' sums are added in their order in double precision, so that nothing depends on who made them when.
package struct BatchStatistics: Sendable {
    package let mean: [Double]
    /// Over the number of positions, as the norm divides by it, and over one less, as it is kept for later.
    package let variance: [Double], unbiasedVariance: [Double]
    /// Of all pictures.
    package let positions: Int

    /// One picture's sums.
    package struct Part: Sendable {
        fileprivate let moments: ChannelMoments

        package init(_ map: FeatureMap, _ compute: Compute) { moments = ChannelMoments(map, compute) }
    }

    /// - Parameter parts: of every picture, in the batch's order.
    package init(_ parts: [Part]) {
        let channels = parts.first?.moments.centers.count ?? 0
        let positions = parts.reduce(0) { $0 + $1.moments.positions }, count = Double(max(positions, 1))
        self.positions = positions
        let sums = parts.map(\.moments.sums)
        let mean = (0..<channels).map { channel in sums.reduce(0) { $0 + $1[channel] } / count }
        let squares = (0..<channels).map { channel in
            parts.reduce(0) { total, part in
                let moments = part.moments, distance = Double(moments.centers[channel]) - mean[channel]
                return total + moments.squares[channel] + 2 * distance * moments.offsets[channel]
                    + Double(moments.positions) * distance * distance
            }
        }
        self.mean = mean
        variance = squares.map { $0 / count }
        unbiasedVariance = squares.map { $0 / Double(max(positions - 1, 1)) }
    }
}

/// Batch norm in training: every channel brought to the batch's mean 0 and variance 1, scaled and shifted.
///
/// A pass goes picture by picture in three parts, each to be over for all pictures before the next begins: their sums, the
/// sums' sum, what it makes of each map.
package struct BatchNormPass: Sendable {
    package let statistics: BatchStatistics
    /// 1/√(variance + epsilon)
    private let inverses: [Double]
    private let weight: [Float], bias: [Float]

    package init(_ statistics: BatchStatistics, weight: Tensor, bias: Tensor, epsilon: Float = 1e-5) {
        precondition(weight.count == statistics.mean.count && bias.count == weight.count)
        self.statistics = statistics
        inverses = statistics.variance.map { 1 / ($0 + Double(epsilon)).squareRoot() }
        self.weight = weight.values
        self.bias = bias.values
    }

    /// In place: the norm of `x`, plus `addend`, then max(x, 0) where `rectify`.
    ///
    /// - Returns: the map before scale and shift, which the way back needs.
    package func apply(
        to x: FeatureMap, adding addend: FeatureMap? = nil, rectify: Bool = false, compute: Compute, in workspace: Workspace
    ) -> FeatureMap {
        let normalized = x.copy(in: workspace)
        normalized.transform(
            scales: inverses.map { Float($0) }, shifts: zip(statistics.mean, inverses).map { Float(-$0 * $1) }, compute: compute)
        x.values.base.update(from: normalized.values.base, count: x.count)
        x.transform(scales: weight, shifts: bias, adding: addend, rectify: rectify, compute: compute)
        return normalized
    }

    // MARK: Backward

    /// One picture's sums of the output's gradient, and of its products with the normalized map.
    package struct GradientPart: Sendable {
        package let sums: [Double], products: [Double]

        package init(_ dy: FeatureMap, _ normalized: FeatureMap, _ compute: Compute) {
            let channels = dy.channels, pieces = max(1, (dy.positions + 255) / 256)
            // A piece is summed in single precision, the pieces in double.
            var partial = [Float](repeating: 0, count: pieces * 2 * channels)
            let (gradient, map, kernels, positions) = (dy.values.base, normalized.values.base, compute.kernels, dy.positions)
            partial.withUnsafeMutableBufferPointer { partial in
                nonisolated(unsafe) let partials = partial.baseAddress!
                compute.pool.forEach(pieces) { piece in
                    let first = piece * positions / pieces, last = (piece + 1) * positions / pieces
                    let sum = partials + piece * 2 * channels
                    kernels.sum_rows(gradient + first * channels, channels, last - first, channels, sum)
                    kernels.sum_products(
                        gradient + first * channels, channels, map + first * channels, channels, last - first, channels, sum + channels)
                }
            }
            func total(_ half: Int) -> [Double] {
                (0..<channels).map { channel in
                    (0..<pieces).reduce(0) { $0 + Double(partial[($1 * 2 + half) * channels + channel]) }
                }
            }
            (sums, products) = (total(0), total(1))
        }
    }

    /// The batch's sums, from its pictures' in their order: ∂ scalar / ∂ bias, and ∂ scalar / ∂ weight.
    package struct Gradient: Sendable {
        package let byBias: [Double], byWeight: [Double]

        package init(_ parts: [GradientPart]) {
            func total(_ values: KeyPath<GradientPart, [Double]>) -> [Double] {
                (parts.first?[keyPath: values] ?? []).indices.map { channel in parts.reduce(0) { $0 + $1[keyPath: values][channel] } }
            }
            (byBias, byWeight) = (total(\.sums), total(\.products))
        }
    }

    /// In place: ∂ scalar / ∂ output of a picture to ∂ scalar / ∂ its input.
    ///
    /// With x̂ the normalized map and means over all positions of the batch:
    /// dx = γ·(dy − mean(dy) − x̂·mean(dy·x̂)) / deviation.
    package func back(_ dy: FeatureMap, _ normalized: FeatureMap, _ gradient: Gradient, compute: Compute, in workspace: Workspace) {
        let count = Double(max(statistics.positions, 1))
        let factors = zip(weight, inverses).map { Double($0) * $1 }
        let slanted = normalized.copy(in: workspace)
        slanted.transform(scales: zip(factors, gradient.byWeight).map { Float(-$0 * $1 / count) }, compute: compute)
        dy.transform(
            scales: factors.map { Float($0) }, shifts: zip(factors, gradient.byBias).map { Float(-$0 * $1 / count) }, adding: slanted,
            compute: compute)
    }
}
