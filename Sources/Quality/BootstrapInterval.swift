import Tensors

/// The mean of a figure over a data set, and where it may as well lie: the percentile bootstrap (Efron 1979).
public struct BootstrapInterval: Sendable, Equatable {
    /// Of all values, each as heavy.
    public let mean: Double
    /// The 2.5th and the 97.5th percentile of the means of as many pictures, drawn with replacement.
    public let low: Double
    public let high: Double
    /// Number of values.
    public let count: Int

    /// How often pictures are drawn.
    public static let draws = 2000

    /// - Parameters:
    ///   - values: a list a picture: pictures are drawn with all their values, which have much in common.
    ///   - seed: the same one draws the same pictures, so that figures of one data set go together.
    public init?(_ values: [[Double]], seed: UInt64) {
        let sums = values.map { $0.reduce(0, +) }, counts = values.map { Double($0.count) }
        let total = counts.reduce(0, +)
        guard total > 0 else { return nil }
        mean = sums.reduce(0, +) / total
        count = Int(total)
        var random = SplitMix64(key: (seed, 3, UInt64(values.count), 0)), means: [Double] = []
        for _ in 0..<Self.draws {
            var (sum, size) = (0.0, 0.0)
            for _ in values.indices {
                let picture = random.index(below: values.count)
                sum += sums[picture]
                size += counts[picture]
            }
            if size > 0 { means.append(sum / size) }
        }
        means.sort()
        /// Between values, linearly.
        func percentile(_ share: Double) -> Double {
            guard let last = means.indices.last else { return sums.reduce(0, +) / total }
            let place = Double(last) * share, first = Int(place)
            return means[first] + (means[min(first + 1, last)] - means[first]) * (place - Double(first))
        }
        (low, high) = (percentile(0.025), percentile(0.975))
    }
}
