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
    private let zeros: Tensor

    /// What a pass gives, and leaves for the way back.
    struct Trace: Sendable {
        let taps: [Tap]
        let refinements: [Activated]
        let last: Activated
        /// `[4·rows, 4·columns, labels]`
        let logits: FeatureMap
        /// How the map before each refinement but the first is doubled.
        let doublings: [BilinearResize]
        let grid: VisionTransformer.Grid
        let prefix: Int
    }

    /// A tap's norm: its input less its mean over its deviation `[P, D]`, the inverse deviations, and its output.
    struct Tap: Sendable {
        let normalized: Workspace.Buffer, rstd: Workspace.Buffer, output: Workspace.Buffer
    }

    /// A norm of the channels, and GELU.
    struct Activated: Sendable {
        /// What the norm makes before its scale and shift, the inverse deviations, and GELU's derivative.
        let normalized: Workspace.Buffer, rstd: Workspace.Buffer, slope: Workspace.Buffer
        let output: FeatureMap
    }

    init(_ parameters: ParameterSet.LightDecoder, of model: VisionTransformer) {
        self.parameters = parameters
        convolutions = model.refinements
        (compute, workspace) = (model.compute, model.workspace)
        (width, epsilon, zeros) = (model.sizes.width, model.configuration.normEpsilon, model.zeros)
    }

    /// Logits of every label on four times the grid.
    ///
    /// - Parameters:
    ///   - stream: the residual stream after a tap's block, `[prefix + P, D]`.
    ///   - trace: filled.
    func forward(_ stream: (_ block: Int) -> Workspace.Buffer?, _ trace: Trace) {
        let (grid, channels) = (trace.grid, parameters.channels), patches = grid.patches
        var x = FeatureMap(height: grid.rows, width: grid.columns, channels: channels, in: workspace)
        for (index, tap) in parameters.taps.enumerated() {
            guard let stream = stream(tap.block) else { preconditionFailure("a tap without tokens") }
            let kept = trace.taps[index]
            norm(tap.norm, stream + trace.prefix * width, rows: patches, width, kept.normalized, kept.rstd, into: kept.output.base)
            fill(x.values.base, tap.reduction.bias, rows: patches, width: channels, adds: index > 0)
            compute.linear(
                kept.output.base, stride: width, rows: patches, tap.reduction.weight, beta: 1, into: x.values.base, stride: channels)
        }
        for (index, refinement) in parameters.refinements.enumerated() {
            if index > 0 { x = trace.doublings[index - 1].resized(x, compute, in: workspace) }
            let activated = trace.refinements[index]
            activate(x, refinement.norm, into: activated)
            x = convolutions[index](activated.output, adding: x, compute: compute, in: workspace)
        }
        let (last, logits) = (trace.last, trace.logits)
        activate(x, parameters.norm, into: last)
        fill(logits.values.base, parameters.classifier.bias, rows: logits.positions, width: logits.channels, adds: false)
        compute.linear(
            last.output.values.base, stride: channels, rows: logits.positions, parameters.classifier.weight, beta: 1,
            into: logits.values.base, stride: logits.channels)
    }

    /// Adds the gradient at the tokens after every tap's block to `cotangents`, the decoder's own to `sums`.
    ///
    /// - Parameter gradient: ∂ scalar / ∂ logits.
    func backward(
        _ gradient: FeatureMap, _ trace: Trace, addingTo sums: ParameterSet.LightDecoder, _ cotangents: inout Cotangents
    ) {
        let last = trace.last
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
            if index > 0 { dx = trace.doublings[index - 1].gradient(dx, compute, in: workspace) }
        }
        let patches = trace.grid.patches
        for (index, (tap, kept)) in zip(parameters.taps, trace.taps).enumerated() {
            let sum = sums.taps[index]
            compute.addGradient(
                dx.values.base, stride: channels, kept.output.base, stride: width, rows: patches, scalars: 1, to: sum.reduction)
            let inner = workspace.take(patches * width)
            compute.linearBackward(
                dx.values.base, stride: channels, rows: patches, tap.reduction.weight, into: inner.base, stride: width)
            compute.addGradient(inner.base, kept.normalized.base, rows: patches, scalars: 1, width: width, to: sum.norm)
            let result = cotangents.tokensGradient(after: tap.block, count: trace.prefix + patches, width: width)
            throughNorm(tap.norm, inner.base, rows: patches, width, kept.normalized, kept.rstd, addingTo: result + trace.prefix * width)
        }
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
    private func activate(_ x: FeatureMap, _ norm: ParameterSet.Norm, into activated: Activated) {
        let (rows, width) = (x.positions, x.channels)
        self.norm(norm, x.values.base, rows: rows, width, activated.normalized, activated.rstd, into: activated.slope.base)
        let (slope, out, kernels, zeros) = (activated.slope.base, activated.output.values.base, compute.kernels, zeros)
        compute.forRanges(rows) {
            let start = $0.lowerBound * width
            kernels.activate(slope + start, $0.count, width, zeros.base, Activation.gelu.kernel, out + start)
        }
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
