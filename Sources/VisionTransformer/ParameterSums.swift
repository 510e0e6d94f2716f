import Checkpoints
import Tensors

// Gradients of parameters, added up over the pictures and scalars of a training step. The tensors of `sums` lie in an arena.
extension Compute {
    /// Adds a linear layer's part: dW += dYᵀ·X, db += the sum of dY's rows.
    ///
    /// - Parameters:
    ///   - dY: `[scalars · rows, out]`.
    ///   - x: `[rows, in]`, the same for every scalar.
    func addGradient(
        _ dY: UnsafePointer<Float>, stride yStride: Int, _ x: UnsafePointer<Float>, stride xStride: Int, rows: Int,
        scalars: Int, to sums: ParameterSet.Linear
    ) {
        let (outputs, inputs) = (sums.weight.shape[0], sums.weight.count / max(sums.weight.shape[0], 1))
        for scalar in 0..<scalars {
            linearGradient(
                dY + scalar * rows * yStride, stride: yStride, x, stride: xStride, rows: rows, into: sums.weight.sum,
                outputs: outputs, inputs: inputs)
        }
        if let bias = sums.bias { sumRows(dY, stride: yStride, rows: scalars * rows, width: outputs, into: bias.sum) }
    }

    /// Adds a norm's part: for y = u ⊙ γ + β, dγ += the sum of dY ⊙ u, dβ += that of dY.
    func addGradient(
        _ dY: UnsafePointer<Float>, _ normalized: UnsafePointer<Float>, rows: Int, scalars: Int, width: Int,
        to sums: ParameterSet.Norm
    ) {
        guard sums.hasWeights else { return }
        for scalar in 0..<scalars {
            sumProducts(
                dY + scalar * rows * width, stride: width, normalized, stride: width, rows: rows, width: width,
                into: sums.weight.sum)
        }
        if sums.kind == .layer { sumRows(dY, stride: width, rows: scalars * rows, width: width, into: sums.bias.sum) }
    }
}

extension BackwardStep {
    /// Adds the parameters' part of a branch's last layer, y = (W·x + b) ⊙ scale · factor, whose output's gradient is
    /// ``gradient``.
    ///
    /// With P = gᵀ·x and s the sum of g's rows, dW = scale ⊙ P by rows, and dscale = rowsum(W ⊙ P) + b ⊙ s: what the layer
    /// gave before its scale need not be kept.
    ///
    /// - Parameter scaled: `gradient` times scale and factor.
    func addBranchGradient(
        _ linear: ParameterSet.Linear, _ scale: Tensor?, _ factor: Float, scaled: Workspace.Buffer,
        _ x: UnsafePointer<Float>, stride: Int, to sums: ParameterSet.Linear, _ scaleSum: Tensor?
    ) {
        let width = sizes.width, inputs = linear.weight.shape[1]
        guard let scale, let scaleSum else {
            compute.addGradient(
                scaled.base, stride: width, x, stride: stride, rows: given, scalars: classes.count, to: sums)
            return
        }
        guard factor != 0 else { return }
        let product = workspace.take(width * inputs), rowSum = workspace.take(width)
        product.base.update(repeating: 0, count: width * inputs)
        rowSum.base.update(repeating: 0, count: width)
        for position in classes.indices {
            compute.linearGradient(
                gradient + position * given * width, stride: width, x, stride: stride, rows: given, into: product.base,
                outputs: width, inputs: inputs)
        }
        compute.sumRows(gradient.base, stride: width, rows: classes.count * given, width: width, into: rowSum.base)
        let (weight, scales, kernels) = (linear.weight.base, scale.base, compute.kernels)
        let (weightSum, products) = (sums.weight.sum, product.base)
        let (bias, biasSum, scaleSums, rowSums) = (linear.bias?.base, sums.bias?.sum, scaleSum.sum, rowSum.base)
        compute.forRanges(width) { range in
            for row in range {
                let line = products + row * inputs
                kernels.add_multiple(weightSum + row * inputs, line, factor * scales[row], inputs)
                let direct = kernels.dot(weight + row * inputs, line, inputs) + (bias?[row] ?? 0) * rowSums[row]
                scaleSums[row] += factor * direct
                if let biasSum { biasSum[row] += factor * scales[row] * rowSums[row] }
            }
        }
    }
}

extension Tensor {
    /// Where a tensor of an arena is added to.
    var sum: UnsafeMutablePointer<Float> { UnsafeMutablePointer(mutating: base) }
}
