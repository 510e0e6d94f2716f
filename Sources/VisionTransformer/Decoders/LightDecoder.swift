import Checkpoints
import Tensors

/// The light segmentation decoder, forward and back (``Checkpoints/ParameterSet/LightDecoder``).
struct LightDecoder: Sendable {
    let parameters: ParameterSet.LightDecoder
    /// The refinements' convolutions.
    let convolutions: [Convolution]
    let compute: Compute
    let workspace: Workspace
    /// Width of a token.
    let width: Int
    let epsilon: Float

    /// What a pass leaves for the way back.
    struct Trace: Sendable {
        /// Of each tap: the norm's input less its mean over its deviation `[P, D]`, the inverse deviations, and its output.
        fileprivate var taps: [(normalized: Workspace.Buffer, rstd: Workspace.Buffer, output: Workspace.Buffer)] = []
        fileprivate var refinements: [Activated] = []
        fileprivate var last: Activated?
        let grid: VisionTransformer.Grid
        let prefix: Int
    }

    /// A norm of the channels, and GELU.
    fileprivate struct Activated: Sendable {
        /// What the norm makes before its scale and shift, the inverse deviations, and GELU's derivative.
        let normalized: Workspace.Buffer, rstd: Workspace.Buffer, slope: Workspace.Buffer
        let output: FeatureMap
    }

    init(_ parameters: ParameterSet.LightDecoder, of model: VisionTransformer) {
        self.parameters = parameters
        convolutions = model.refinements
        (compute, workspace) = (model.compute, model.workspace)
        (width, epsilon) = (model.sizes.width, model.configuration.normEpsilon)
    }

    /// Logits of every label on four times the grid, `[4·rows, 4·columns, labels]`.
    ///
    /// - Parameter streams: the residual stream after every tap's block, `[prefix + P, D]`, in the taps' order.
    func forward(
        _ streams: [Workspace.Buffer], grid: VisionTransformer.Grid, prefix: Int
    ) -> (logits: FeatureMap, trace: Trace) {
        var trace = Trace(grid: grid, prefix: prefix)
        let (patches, channels) = (grid.patches, parameters.channels)
        var x = FeatureMap(height: grid.rows, width: grid.columns, channels: channels, in: workspace)
        for (index, (tap, stream)) in zip(parameters.taps, streams).enumerated() {
            let (normalized, rstd, output) = (workspace.take(patches * width), workspace.take(patches), workspace.take(patches * width))
            norm(tap.norm, stream + prefix * width, rows: patches, width, normalized, rstd, into: output.base)
            fill(x.values.base, tap.reduction.bias, rows: patches, width: channels, adds: index > 0)
            compute.linear(
                output.base, stride: width, rows: patches, tap.reduction.weight, beta: 1, into: x.values.base, stride: channels)
            trace.taps.append((normalized, rstd, output))
        }
        for (index, refinement) in parameters.refinements.enumerated() {
            if index > 0 {
                x = x.resized(height: 2 * x.height, width: 2 * x.width, alignCorners: false, compute: compute, in: workspace)
            }
            let activated = activate(x, refinement.norm)
            x = convolutions[index](activated.output, adding: x, compute: compute, in: workspace)
            trace.refinements.append(activated)
        }
        let last = activate(x, parameters.norm)
        trace.last = last
        let logits = FeatureMap(height: x.height, width: x.width, channels: parameters.labels, in: workspace)
        fill(logits.values.base, parameters.classifier.bias, rows: logits.positions, width: logits.channels, adds: false)
        compute.linear(
            last.output.values.base, stride: channels, rows: logits.positions, parameters.classifier.weight, beta: 1,
            into: logits.values.base, stride: logits.channels)
        return (logits, trace)
    }

    /// The gradient at the tokens after every tap's block, `[1, prefix + P, D]`, by the block's number; adds the decoder's own
    /// to `sums`.
    ///
    /// - Parameter gradient: ∂ scalar / ∂ logits.
    func backward(_ gradient: FeatureMap, _ trace: Trace, addingTo sums: ParameterSet.LightDecoder) -> [Int: Tensor] {
        guard let last = trace.last else { return [:] }
        let channels = parameters.channels, labels = parameters.labels
        compute.addGradient(
            gradient.values.base, stride: labels, last.output.values.base, stride: channels, rows: gradient.positions, scalars: 1,
            to: sums.classifier)
        var dx = FeatureMap(height: gradient.height, width: gradient.width, channels: channels, in: workspace)
        compute.linearBackward(
            gradient.values.base, stride: labels, rows: gradient.positions, parameters.classifier.weight, into: dx.values.base,
            stride: channels)
        dx = throughActivation(dx, last, parameters.norm, sums.norm, adding: nil)
        for (index, refinement) in parameters.refinements.enumerated().reversed() {
            let activated = trace.refinements[index], layer = convolutions[index]
            layer.addGradient(
                dx, of: activated.output, toWeight: sums.refinements[index].convolution.weight.sum,
                bias: sums.refinements[index].convolution.bias?.sum, compute: compute, in: workspace)
            let inner = layer.inputGradient(dx, height: dx.height, width: dx.width, compute: compute, in: workspace)
            dx = throughActivation(inner, activated, refinement.norm, sums.refinements[index].norm, adding: dx)
            if index > 0 {
                dx = dx.resizeGradient(height: dx.height / 2, width: dx.width / 2, alignCorners: false, compute: compute, in: workspace)
            }
        }
        var tokens: [Int: Tensor] = [:]
        let patches = trace.grid.patches
        for (index, (tap, kept)) in zip(parameters.taps, trace.taps).enumerated() {
            let sum = sums.taps[index]
            compute.addGradient(
                dx.values.base, stride: channels, kept.output.base, stride: width, rows: patches, scalars: 1, to: sum.reduction)
            let inner = workspace.take(patches * width)
            compute.linearBackward(
                dx.values.base, stride: channels, rows: patches, tap.reduction.weight, into: inner.base, stride: width)
            compute.addGradient(inner.base, kept.normalized.base, rows: patches, scalars: 1, width: width, to: sum.norm)
            let result = Tensor(shape: [1, trace.prefix + patches, width])
            throughNorm(tap.norm, inner.base, rows: patches, width, kept.normalized, kept.rstd, addingTo: result.sum + trace.prefix * width)
            tokens[tap.block] = result
        }
        return tokens
    }

    // MARK: Layers

    private func norm(
        _ norm: ParameterSet.Norm, _ x: UnsafePointer<Float>, rows: Int, _ width: Int, _ normalized: Workspace.Buffer,
        _ rstd: Workspace.Buffer, into y: UnsafeMutablePointer<Float>
    ) {
        let (weight, bias, kernels, epsilon) = (norm.weight.base, norm.bias.base, compute.kernels, epsilon)
        let (kept, deviations) = (normalized.base, rstd.base)
        compute.forRanges(rows) {
            let start = $0.lowerBound * width
            kernels.layer_norm(x + start, $0.count, width, weight, bias, epsilon, kept + start, deviations + $0.lowerBound, y + start)
        }
    }

    private func throughNorm(
        _ norm: ParameterSet.Norm, _ dy: UnsafePointer<Float>, rows: Int, _ width: Int, _ normalized: Workspace.Buffer,
        _ rstd: Workspace.Buffer, addingTo dx: UnsafeMutablePointer<Float>
    ) {
        let (weight, kernels, kept, deviations) = (norm.weight.base, compute.kernels, normalized.base, rstd.base)
        compute.forRanges(rows) {
            let start = $0.lowerBound * width
            kernels.layer_norm_backward(dy + start, $0.count, width, weight, kept + start, deviations + $0.lowerBound, dx + start)
        }
    }

    /// GELU(norm(x)).
    private func activate(_ x: FeatureMap, _ norm: ParameterSet.Norm) -> Activated {
        let (rows, width) = (x.positions, x.channels)
        let output = FeatureMap(height: x.height, width: x.width, channels: width, in: workspace)
        let activated = Activated(
            normalized: workspace.take(rows * width), rstd: workspace.take(rows), slope: workspace.take(rows * width), output: output)
        self.norm(norm, x.values.base, rows: rows, width, activated.normalized, activated.rstd, into: activated.slope.base)
        let (slope, out, kernels, zeros) = (activated.slope.base, output.values.base, compute.kernels, Tensor(shape: [width]))
        compute.forRanges(rows) {
            let start = $0.lowerBound * width
            kernels.activate(slope + start, $0.count, width, zeros.base, Activation.gelu.kernel, out + start)
        }
        return activated
    }

    /// ∂/∂ what was normed and activated, for ∂/∂ what came out, plus `addend`, which goes past it.
    private func throughActivation(
        _ gradient: FeatureMap, _ kept: Activated, _ norm: ParameterSet.Norm, _ sum: ParameterSet.Norm, adding addend: FeatureMap?
    ) -> FeatureMap {
        let (rows, width) = (gradient.positions, gradient.channels)
        let result = FeatureMap(height: gradient.height, width: gradient.width, channels: width, in: workspace)
        let (dy, slope, kernels) = (gradient.values.base, kept.slope.base, compute.kernels)
        compute.forRanges(rows) { kernels.multiply(dy + $0.lowerBound * width, slope + $0.lowerBound * width, $0.count * width) }
        compute.addGradient(dy, kept.normalized.base, rows: rows, scalars: 1, width: width, to: sum)
        if let addend {
            result.values.base.update(from: addend.values.base, count: rows * width)
        } else {
            result.values.base.update(repeating: 0, count: rows * width)
        }
        throughNorm(norm, dy, rows: rows, width, kept.normalized, kept.rstd, addingTo: result.values.base)
        return result
    }

    /// Sets or adds a bias to every row.
    private func fill(_ y: UnsafeMutablePointer<Float>, _ bias: Tensor?, rows: Int, width: Int, adds: Bool) {
        let (kernels, bias) = (compute.kernels, bias)
        compute.forRanges(rows) { range in
            for row in range {
                let line = y + row * width
                if !adds { line.update(repeating: 0, count: width) }
                if let bias { kernels.add_multiple(line, bias.base, 1, width) }
            }
        }
    }
}
