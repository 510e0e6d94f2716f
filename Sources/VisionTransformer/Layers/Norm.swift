import Checkpoints
import Tensors

// Norms, and what is added to the residual stream on the way into them.
extension VisionTransformer {
    /// What a part of a block adds to the residual stream: (values + bias) · scale, row by row.
    ///
    /// The norm that reads the stream next adds it, so that each row is fetched once for both.
    struct Addend {
        /// `[rows, D]`
        let values: Workspace.Buffer
        let bias: Tensor?
        /// LayerScale, where there is nothing else.
        let layerScale: Tensor?
        /// LayerScale times stochastic depth's factor.
        var factors: Workspace.Buffer?

        var scale: UnsafePointer<Float>? { factors.map { UnsafePointer($0.base) } ?? layerScale?.base }
    }

    /// What a branch's last layer leaves to be added, times stochastic depth's `factor`.
    func addend(_ values: Workspace.Buffer, _ layer: ParameterSet.Linear, _ scale: Tensor?, _ factor: Float) -> Addend {
        guard factor != 1 else { return Addend(values: values, bias: layer.bias, layerScale: scale) }
        let factors = workspace.take(sizes.width), scales = scale?.base
        for index in 0..<sizes.width { factors.base[index] = (scales?[index] ?? 1) * factor }
        return Addend(values: values, bias: layer.bias, layerScale: scale, factors: factors)
    }

    /// The norm of `rows` rows of `x`, to which the addend is added first, keeping what its backward needs; `stride` floats
    /// between rows of `y`, by default none to spare.
    func norm(
        _ norm: ParameterSet.Norm, _ x: UnsafeMutablePointer<Float>, adding addend: Addend? = nil, rows: Int,
        _ normalized: Workspace.Buffer, _ rstd: Workspace.Buffer, into y: UnsafeMutablePointer<Float>, stride: Int? = nil
    ) {
        let width = sizes.width, stride = stride ?? width
        let (added, addedBias, scale) = (addend?.values.base, addend?.bias?.base, addend?.scale)
        let (weight, bias, epsilon) = (norm.weight.base, norm.bias.base, configuration.normEpsilon)
        let (kept, deviations, normalize) = (normalized.base, rstd.base, norm.loop(of: compute.kernels))
        compute.forRanges(rows) { range in
            for row in range {
                if let added { compute.kernels.add_scaled(x + row * width, added + row * width, 1, width, addedBias, scale) }
                normalize(
                    x + row * width, 1, width, weight, bias, epsilon, kept + row * width, deviations + row, y + row * stride)
            }
        }
    }

    /// Adds where no norm follows.
    func add(_ addend: Addend, to stream: UnsafeMutablePointer<Float>, rows: Int) {
        let width = sizes.width
        let (added, bias, scale) = (addend.values.base, addend.bias?.base, addend.scale)
        compute.forRanges(rows) { range in
            let start = range.lowerBound * width
            compute.kernels.add_scaled(stream + start, added + start, range.count, width, bias, scale)
        }
    }
}

extension ParameterSet.Norm {
    /// Rows, their number and width, weight, bias, epsilon, what is kept of them, the inverse deviations, and the output.
    typealias Loop = @convention(c) (
        UnsafePointer<Float>?, Int, Int, UnsafePointer<Float>?, UnsafePointer<Float>?, Float, UnsafeMutablePointer<Float>?,
        UnsafeMutablePointer<Float>?, UnsafeMutablePointer<Float>?
    ) -> Void
    /// The output's gradient, its rows and width, weight, what was kept and the inverse deviations; what the input's gradient is added to.
    typealias BackwardLoop = @convention(c) (
        UnsafePointer<Float>?, Int, Int, UnsafePointer<Float>?, UnsafePointer<Float>?, UnsafePointer<Float>?,
        UnsafeMutablePointer<Float>?
    ) -> Void

    /// The loop of a norm of this kind, and that of its way back.
    func loop(of kernels: Kernels) -> Loop { kind == .layer ? kernels.layer_norm : kernels.rms_norm }
    func backwardLoop(of kernels: Kernels) -> BackwardLoop {
        kind == .layer ? kernels.layer_norm_backward : kernels.rms_norm_backward
    }
}
