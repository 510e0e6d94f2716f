import Glibc

/// A level of the background that is found anew for each picture, from the largest activation at each pixel.
public enum AutomaticLevel: String, Sendable, Hashable, CaseIterable {
    /// Otsu's (``Otsu``).
    case otsu
    /// Where two normal distributions that the activations are mixed of are equally likely, between their means (``ActivationMixture``).
    case mixture
    /// Where least of the classes' logits stays with the pixels below the level, and least of the picture lies above it
    /// (``LabelPipeline/backgroundActivationLevel(_:picture:isCancelled:)``).
    case bas

    /// Whether the model is asked for it; the others are found in the maps alone.
    public var asksModel: Bool { self == .bas }

    /// The level; one half where the activations tell nothing, being all alike, and where the model would have to be asked.
    func level(_ activation: Activation) -> Double {
        let samples = activation.peaks.map { UInt8(min(max($0 * 255, 0), 255).rounded()) }
        switch self {
        case .otsu: return Otsu.level(samples).map { (Double($0) + 0.5) / 255 } ?? 0.5
        case .mixture: return ActivationMixture(samples)?.level ?? 0.5
        case .bas: return 0.5
        }
    }
}

/// A mixture of two normal distributions of activations in 256 steps, by expectation maximization from Otsu's two groups.
///
/// Source: Wu et al., "DuPL: Dual Student with Trustworthy Progressive Learning for Robust Weakly Supervised Semantic Segmentation"
/// (CVPR 2024), which finds its dynamic thresholds so. Against scikit-learn's `GaussianMixture` with the same beginning.
public struct ActivationMixture: Sendable, Equatable {
    /// One of the two, the lower first: its share of the pixels, and its mean and variance in 0…1.
    public struct Component: Sendable, Equatable {
        public var share: Double
        public var mean: Double
        public var variance: Double

        /// The logarithm of its density at a value, its share included.
        fileprivate func logDensity(_ x: Double) -> Double {
            let distance = x - mean
            return log(share) - distance * distance / (2 * variance) - log(2 * .pi * variance) / 2
        }
    }

    public let lower: Component
    public let upper: Component

    /// Added to every variance, as scikit-learn does.
    private static let floor = 1e-6
    private static let mostRounds = 500

    /// - Returns: nil where all samples are equal.
    public init?(_ samples: [UInt8]) {
        guard let split = Otsu.level(samples) else { return nil }
        var histogram = [Double](repeating: 0, count: 256)
        for sample in samples { histogram[Int(sample)] += 1 }
        let places = histogram.indices.filter { histogram[$0] > 0 }, total = Double(samples.count)
        /// The component that has a share of each place.
        func component(_ part: (Int) -> Double) -> Component {
            let weight = places.reduce(0) { $0 + histogram[$1] * part($1) }
            let mean = places.reduce(0) { $0 + histogram[$1] * part($1) * Double($1) / 255 } / max(weight, .leastNormalMagnitude)
            let variance = places.reduce(0) { sum, place in
                let distance = Double(place) / 255 - mean
                return sum + histogram[place] * part(place) * distance * distance
            } / max(weight, .leastNormalMagnitude)
            return Component(share: weight / total, mean: mean, variance: variance + Self.floor)
        }
        var (low, high) = (component { $0 <= Int(split) ? 1 : 0 }, component { $0 > Int(split) ? 1 : 0 })
        var before = -Double.infinity
        for _ in 0..<Self.mostRounds {
            var likelihood = 0.0
            var parts = [Double](repeating: 0, count: 256)
            for place in places {
                let x = Double(place) / 255, (a, b) = (low.logDensity(x), high.logDensity(x)), greatest = max(a, b)
                let sum = greatest + log(exp(a - greatest) + exp(b - greatest))
                parts[place] = exp(b - sum)
                likelihood += histogram[place] * sum
            }
            (low, high) = (component { 1 - parts[$0] }, component { parts[$0] })
            likelihood /= total
            if abs(likelihood - before) < 1e-9 { break }
            before = likelihood
        }
        (lower, upper) = low.mean <= high.mean ? (low, high) : (high, low)
    }

    /// Where both are equally likely between their means, to a thousandth of a step; the upper mean where the lower is likelier all the way.
    public var level: Double {
        var (low, high) = (lower.mean, upper.mean)
        func leads(_ x: Double) -> Bool { upper.logDensity(x) > lower.logDensity(x) }
        guard !leads(low) else { return low }
        guard leads(high) else { return high }
        while high - low > 1e-6 {
            let middle = (low + high) / 2
            if leads(middle) { high = middle } else { low = middle }
        }
        return (low + high) / 2
    }
}
