/// A transposed convolution whose kernel is as large as its stride: every input position becomes a square of outputs.
///
/// As PyTorch's `ConvTranspose2d` with `kernel_size == stride` and no padding.
package struct TransposedConvolution: Sendable {
    package let inputs: Int
    package let outputs: Int
    /// Outputs a side for one input.
    package let scale: Int
    /// `[scale, scale · outputs, inputs]`: what one input adds to each row of its square.
    private let weight: Tensor
    /// `[scale · outputs]`
    private let bias: Tensor

    /// - Parameters:
    ///   - weight: `[inputs, outputs, scale, scale]`.
    ///   - bias: `[outputs]`; none is zero.
    package init(weight: Tensor, bias: Tensor? = nil) {
        precondition(
            weight.shape.count == 4 && weight.shape[2] == weight.shape[3], "transposed weight of shape \(weight.shape)")
        (inputs, outputs, scale) = (weight.shape[0], weight.shape[1], weight.shape[2])
        let (inputs, outputs, scale) = (inputs, outputs, scale)
        let values = weight.values
        self.weight = Tensor(
            shape: [scale, scale * outputs, inputs],
            (0..<scale * scale * outputs * inputs).map { index in
                let input = index % inputs, output = index / inputs % outputs
                let place = index / inputs / outputs
                return values[(input * outputs + output) * scale * scale + place]
            })
        let once = bias?.values ?? [Float](repeating: 0, count: outputs)
        self.bias = Tensor(shape: [scale * outputs], (0..<scale).flatMap { _ in once })
    }

    /// A map `scale` times as high and wide.
    package func callAsFunction(_ x: FeatureMap, compute: Compute, in workspace: Workspace) -> FeatureMap {
        precondition(x.channels == inputs, "\(x.channels) channels into a transposed convolution of \(inputs)")
        let y = FeatureMap(height: x.height * scale, width: x.width * scale, channels: outputs, in: workspace)
        let (source, target, weights, shift, product) = (x.values.base, y.values.base, weight.base, bias.base, compute.product)
        let (width, span, inputs, scale) = (x.width, scale * outputs, inputs, scale)
        // An output row is contiguous: the squares' rows side by side.
        compute.pool.forEach(y.height) { row in
            let out = target + row * width * span
            for column in 0..<width { (out + column * span).update(from: shift, count: span) }
            product(
                width, span, inputs, .plain(source + row / scale * width * inputs, stride: inputs),
                .transposed(weights + row % scale * span * inputs, stride: inputs), beta: 1, into: out, stride: span)
        }
        return y
    }
}
