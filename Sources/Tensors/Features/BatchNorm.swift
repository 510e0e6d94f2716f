/// Batch norm at inference: every channel scaled and shifted by what training measured.
package struct BatchNorm: Sendable {
    /// One value a channel.
    package let scale: [Float], shift: [Float]

    /// y = (x − mean) / √(variance + epsilon) · weight + bias, one value a channel each.
    package init(weight: Tensor, bias: Tensor, mean: Tensor, variance: Tensor, epsilon: Float = 1e-5) {
        let factors = zip(weight.values, variance.values).map { Double($0) / (Double($1) + Double(epsilon)).squareRoot() }
        scale = factors.map { Float($0) }
        shift = zip(factors, zip(bias.values, mean.values)).map { Float(Double($1.0) - Double($1.1) * $0) }
    }
}
