/// A convolution's weights, for each output less their mean, over their population deviation; and the way back.
package struct StandardizedWeights: Sendable {
    /// What keeps weights that are all alike from a division by zero.
    package enum Guard: Sendable {
        /// Deviation + ε.
        case deviation(Double)
        /// √(variance + ε).
        case variance(Double)

        /// What is divided by, and what its slope by a weight's distance from the mean is divided by, besides the count.
        fileprivate func divisor(_ deviation: Double) -> (divisor: Double, slope: Double) {
            switch self {
            case .deviation(let epsilon): return (deviation + epsilon, deviation)
            case .variance(let epsilon):
                let root = (deviation * deviation + epsilon).squareRoot()
                return (root, root)
            }
        }
    }

    /// Of the weights' shape.
    package let standardized: Tensor
    private let weight: Tensor
    private let kind: Guard

    /// - Parameter weight: outputs outermost.
    package init(_ weight: Tensor, _ kind: Guard) {
        self.weight = weight
        self.kind = kind
        standardized = Tensor(shape: weight.shape) { target in
            weight.withUnsafeElements { source in
                for range in Self.outputs(weight) {
                    let (mean, deviation) = Self.moments(source, range), s = kind.divisor(deviation).divisor
                    for index in range {
                        (target.baseAddress! + index).initialize(to: Float((Double(source[index]) - mean) / s))
                    }
                }
            }
        }
    }

    /// Adds ∂/∂ the weights, for ∂/∂ the standardized ones.
    ///
    /// With c = w − mean, s what is divided by, n weights an output and ∂s/∂w = c / (n · t):
    /// dw = (g − mean(g)) / s − c · Σ(g·c) / (n · t · s²).
    package func addGradient(_ gradient: UnsafePointer<Float>, to sum: UnsafeMutablePointer<Float>) {
        weight.withUnsafeElements { source in
            for range in Self.outputs(weight) {
                let (mean, deviation) = Self.moments(source, range)
                let (s, t) = kind.divisor(deviation), count = Double(range.count)
                let average = range.reduce(0.0) { $0 + Double(gradient[$1]) } / count
                let product = range.reduce(0.0) { $0 + Double(gradient[$1]) * (Double(source[$1]) - mean) }
                let slope = deviation > 0 ? product / (count * t * s * s) : 0
                for index in range {
                    sum[index] += Float((Double(gradient[index]) - average) / s - (Double(source[index]) - mean) * slope)
                }
            }
        }
    }

    private static func outputs(_ weight: Tensor) -> [Range<Int>] {
        let size = weight.count / max(weight.shape[0], 1)
        return (0..<weight.shape[0]).map { $0 * size..<($0 + 1) * size }
    }

    private static func moments(_ values: UnsafeBufferPointer<Float>, _ range: Range<Int>) -> (mean: Double, deviation: Double) {
        let count = Double(range.count)
        let mean = range.reduce(0.0) { $0 + Double(values[$1]) } / count
        let variance = range.reduce(0.0) {
            let distance = Double(values[$1]) - mean
            return $0 + distance * distance
        } / count
        return (mean, variance.squareRoot())
    }
}
