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

// Backwards: to its input, its weight and its bias.
extension TransposedConvolution {
    /// ∂ scalar / ∂ input, for ∂ scalar / ∂ output: every square of outputs gathered again.
    package func inputGradient(_ dy: FeatureMap, compute: Compute, in workspace: Workspace) -> FeatureMap {
        precondition(dy.channels == outputs && dy.height % scale == 0 && dy.width % scale == 0)
        let dx = FeatureMap(height: dy.height / scale, width: dy.width / scale, channels: inputs, in: workspace)
        let (source, target, weights, product) = (dy.values.base, dx.values.base, weight.base, compute.product)
        let (width, span, inputs, scale) = (dx.width, scale * outputs, inputs, scale)
        compute.pool.forEach(dx.height) { row in
            for part in 0..<scale {
                product(
                    width, inputs, span, .plain(source + (row * scale + part) * width * span, stride: span),
                    .plain(weights + part * span * inputs, stride: inputs), beta: part > 0 ? 1 : 0,
                    into: target + row * width * inputs, stride: inputs)
            }
        }
        return dx
    }

    /// Adds ∂ scalar / ∂ weight and ∂ scalar / ∂ bias.
    ///
    /// - Parameters:
    ///   - dy: of the output's size.
    ///   - x: what went in.
    ///   - weightSum: `[inputs, outputs, scale, scale]`, as PyTorch lays it out.
    ///   - biasSum: `[outputs]`; nil where there is none.
    package func addGradient(
        _ dy: FeatureMap, of x: FeatureMap, toWeight weightSum: UnsafeMutablePointer<Float>, bias biasSum: UnsafeMutablePointer<Float>?,
        compute: Compute, in workspace: Workspace
    ) {
        precondition(dy.channels == outputs && x.channels == inputs && dy.positions == x.positions * scale * scale)
        if let biasSum { compute.sumRows(dy.values.base, stride: outputs, rows: dy.positions, width: outputs, into: biasSum) }
        let (width, span, inputs, outputs, scale) = (x.width, scale * outputs, inputs, outputs, scale)
        let sum = workspace.take(scale * span * inputs)
        let (source, read, total, product) = (dy.values.base, x.values.base, sum.base, compute.product)
        compute.pool.forEach(scale) { part in
            for row in 0..<x.height {
                product(
                    span, inputs, width, .transposed(source + (row * scale + part) * width * span, stride: span),
                    .plain(read + row * width * inputs, stride: inputs), beta: row > 0 ? 1 : 0,
                    into: total + part * span * inputs, stride: inputs)
            }
        }
        compute.forRanges(inputs) { range in
            for input in range {
                for output in 0..<outputs {
                    let out = weightSum + (input * outputs + output) * scale * scale
                    for place in 0..<scale * scale { out[place] += total[(place * outputs + output) * inputs + input] }
                }
            }
        }
    }
}
