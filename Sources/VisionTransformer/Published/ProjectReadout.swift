import Checkpoints
import Tensors

/// DPT's "project" readout: every patch token joined with the class token, GELU(W·[patch; class] + b).
struct ProjectReadout: Sendable {
    /// `[D, 2D]`: what multiplies the patch, then what multiplies the class token.
    let weight: Tensor
    let bias: Tensor
    private var width: Int { weight.shape[0] }

    init(_ linear: ParameterSet.Linear) {
        weight = linear.weight
        bias = linear.bias ?? Tensor(shape: [linear.weight.shape[0]])
    }

    /// The map `[rows, columns, D]`, and GELU's derivative at every value of it.
    ///
    /// - Parameter tokens: `[prefix + patches, D]`; prefix tokens after the class token are not read.
    func callAsFunction(
        _ tokens: UnsafePointer<Float>, grid: VisionTransformer.Grid, prefix: Int, compute: Compute, in workspace: Workspace
    ) -> (map: FeatureMap, slope: Workspace.Buffer) {
        let width = width
        let patches = tokens + prefix * width
        let map = FeatureMap(height: grid.rows, width: grid.columns, channels: width, in: workspace)
        let slope = workspace.take(grid.patches * width)
        // The class token's part is the same everywhere: it joins the bias.
        let constant = workspace.take(width)
        constant.base.update(from: bias.base, count: width)
        compute.product(
            1, width, width, .plain(tokens, stride: width), .transposed(weight.base + width, stride: 2 * width), beta: 1,
            into: constant.base, stride: width)
        let (weights, sums, out, shift) = (weight.base, slope.base, map.values.base, UnsafePointer(constant.base))
        let (product, kernels) = (compute.product, compute.kernels)
        compute.forRanges(grid.patches, multiple: 16) { range in
            let start = range.lowerBound * width
            product(
                range.count, width, width, .plain(patches + start, stride: width), .transposed(weights, stride: 2 * width),
                into: sums + start, stride: width)
            kernels.activate(sums + start, range.count, width, shift, Activation.gelu.kernel, out + start)
        }
        return (map, slope)
    }

    /// Adds ∂/∂ tokens to `gradient`, `[prefix + patches, D]`, for ∂/∂ map, `[patches, D]`, which is written over.
    func addGradient(
        _ dMap: UnsafeMutablePointer<Float>, slope: Workspace.Buffer, patches: Int, prefix: Int, compute: Compute,
        to gradient: UnsafeMutablePointer<Float>, in workspace: Workspace
    ) {
        let width = width
        let (weights, slopes) = (weight.base, slope.base)
        let (product, kernels) = (compute.product, compute.kernels)
        compute.forRanges(patches, multiple: 16) { range in
            let start = range.lowerBound * width
            kernels.multiply(dMap + start, slopes + start, range.count * width)
            product(
                range.count, width, width, .plain(dMap + start, stride: width), .plain(weights, stride: 2 * width), beta: 1,
                into: gradient + prefix * width + start, stride: width)
        }
        let sum = workspace.take(width)
        sum.base.update(repeating: 0, count: width)
        for patch in 0..<patches { kernels.add_multiple(sum.base, dMap + patch * width, 1, width) }
        product(
            1, width, width, .plain(sum.base, stride: width), .plain(weights + width, stride: 2 * width), beta: 1,
            into: gradient, stride: width)
    }

    /// Adds the gradients of weight and bias.
    ///
    /// - Parameters:
    ///   - dSums: ∂ scalar / ∂ what GELU reads, `[patches, D]`.
    ///   - tokens: what the forward pass read.
    func addParameterGradient(
        _ dSums: UnsafePointer<Float>, tokens: UnsafePointer<Float>, patches: Int, prefix: Int, compute: Compute,
        to sums: ParameterSet.Linear
    ) {
        let width = width, weights = sums.weight.sum
        // Rows of the two halves lie side by side.
        compute.product(
            width, width, patches, .transposed(dSums, stride: width), .plain(tokens + prefix * width, stride: width), beta: 1,
            into: weights, stride: 2 * width)
        var total = [Float](repeating: 0, count: width)
        total.withUnsafeMutableBufferPointer { total in
            guard let total = total.baseAddress else { return }
            compute.sumRows(dSums, stride: width, rows: patches, width: width, into: total)
            for output in 0..<width { compute.kernels.add_multiple(weights + output * 2 * width + width, tokens, total[output], width) }
            if let bias = sums.bias { compute.kernels.add_multiple(bias.sum, total, 1, width) }
        }
    }
}
