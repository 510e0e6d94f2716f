import Checkpoints
import Tensors

// Blocks whose norms stand behind attention and MLP: x + norm(f(x)), called "res-post-norm"; those of Gemma have others before, too:
// x + norm(f(norm(x))).
extension VisionTransformer {
    /// As ``forwardBlock(_:_:adding:tokens:into:rotation:_:ablations:)``, of such a block.
    func forwardNormingOutputs(
        _ layer: Int, _ stream: Workspace.Buffer, adding addend: Addend?, tokens: Int, into trace: BlockTrace, rotation: Rotation?,
        _ factors: ForwardOptions.BranchFactors, ablations: HeadAblations
    ) -> Addend {
        let block = parameters.blocks[layer]
        if let addend { add(addend, to: stream.base, rows: tokens) }
        let read = input(of: stream, rows: tokens, keeping: trace.read?.attention, block.norm1, trace.normalized1, trace.rstd1)
        queriesKeysValues(layer, read.base, stride: sizes.widthStride, rows: tokens, into: trace.qkv.base)
        normQueriesAndKeys(block, trace, tokens: tokens)
        if let rotation { rotateQueriesAndKeys(trace.qkv.base, rows: tokens, by: rotation, layer: layer) }
        attend(block, trace, tokens: tokens)
        ablate(trace.mixed, rows: tokens, ablations.heads(of: layer))
        let mixed = normMixed(block, trace.mixed, rows: tokens, trace.mixedNorm)
        let (norm1, kept1) = block.outputNorm(of: \.attention, block.norm1, trace.attentionOutput, trace.normalized1, trace.rstd1)
        let attended = normOutput(
            norm1, block.projection, mixed.base, stride: sizes.attentionWidth, rows: tokens, kept1.normalized, kept1.rstd,
            factors.attention)
        add(attended, to: stream.base, rows: tokens)

        let between = input(of: stream, rows: tokens, keeping: trace.read?.feedForward, block.norm2, trace.normalized2, trace.rstd2)
        let activated = trace.activated ?? workspace.take(tokens * sizes.hiddenStride)
        expand(block, between, rows: tokens, trace.slope, into: activated)
        normHidden(block, activated, rows: tokens, trace.hiddenNorm)
        let (norm2, kept2) = block.outputNorm(of: \.feedForward, block.norm2, trace.feedForwardOutput, trace.normalized2, trace.rstd2)
        return normOutput(
            norm2, block.contract, activated.base, stride: sizes.hiddenStride, rows: tokens, kept2.normalized, kept2.rstd,
            factors.feedForward)
    }

    /// The residual stream as a layer reads it, rows `Sizes.widthStride` apart: kept as it is, or, where nothing is to be kept so, through
    /// the norm before the layer.
    private func input(
        of stream: Workspace.Buffer, rows: Int, keeping kept: Workspace.Buffer?, _ norm: ParameterSet.Norm,
        _ normalized: Workspace.Buffer, _ rstd: Workspace.Buffer
    ) -> Workspace.Buffer {
        if let kept {
            kept.base.update(from: stream.base, count: rows * sizes.width)
            return strided(stream, rows: rows)
        }
        let result = workspace.take(rows * sizes.widthStride)
        self.norm(norm, stream.base, rows: rows, normalized, rstd, into: result.base, stride: sizes.widthStride)
        return result
    }

    /// Rows of `x`, `[rows, D]`, `Sizes.widthStride` apart.
    func strided(_ x: Workspace.Buffer, rows: Int) -> Workspace.Buffer {
        let (width, stride) = (sizes.width, sizes.widthStride), result = workspace.take(rows * stride)
        for row in 0..<rows { (result + row * stride).update(from: x + row * width, count: width) }
        return result
    }

    /// A branch's last layer and the norm of what that gives: what is to be added to the residual stream, times `factor`.
    private func normOutput(
        _ norm: ParameterSet.Norm, _ layer: ParameterSet.Linear, _ x: UnsafePointer<Float>, stride: Int, rows: Int,
        _ normalized: Workspace.Buffer, _ rstd: Workspace.Buffer, _ factor: Float
    ) -> Addend {
        let width = sizes.width, output = workspace.take(rows * width), normed = workspace.take(rows * width)
        let bias = (layer.bias ?? zeros).base
        for row in 0..<rows { (output + row * width).update(from: bias, count: width) }
        compute.linear(x, stride: stride, rows: rows, layer.weight, beta: 1, into: output.base, stride: width)
        self.norm(norm, output.base, rows: rows, normalized, rstd, into: normed.base)
        return addend(normed, .init(weight: layer.weight, bias: nil), nil, factor)
    }
}

extension BackwardStep {
    /// ∂ scalar / ∂ what a branch's last layer gave, `[K, given, D]`: through the norm behind it, times `factor`.
    func throughOutputNorm(
        _ norm: ParameterSet.Norm, _ normalized: Workspace.Buffer, _ rstd: Workspace.Buffer, _ factor: Float,
        to sums: ParameterSet.Norm?
    ) -> Workspace.Buffer {
        let width = sizes.width, count = classes.count * given, scaled = scaledGradient(nil, factor)
        if let sums { compute.addGradient(scaled.base, normalized.base, rows: given, scalars: classes.count, width: width, to: sums) }
        let result = workspace.take(count * width)
        result.base.update(repeating: 0, count: count * width)
        let through = norm.backwardLoop(of: compute.kernels), weight = norm.weight.base
        forTokens { start, tokens in
            let offset = (start + tokens.lowerBound) * width
            through(
                scaled + offset, tokens.count, width, weight, normalized + tokens.lowerBound * width, rstd + tokens.lowerBound,
                result + offset)
        }
        return result
    }

    /// What attention reads: norm 1's output, or the residual stream; rows `Sizes.widthStride` apart.
    func attentionInput(_ kept: BlockTrace, rows: Int) -> Workspace.Buffer {
        kept.read.map { model.strided($0.attention, rows: rows) } ?? output(of: block.norm1, kept.normalized1, rows: rows)
    }
}

extension ParameterSet.Block {
    /// The norm behind a layer and what it keeps: `norm`, or the one beside it where that stands before the layer.
    fileprivate func outputNorm(
        of layer: KeyPath<ParameterSet.OutputNorms, ParameterSet.Norm>, _ norm: ParameterSet.Norm, _ kept: NormTrace?,
        _ normalized: Workspace.Buffer, _ rstd: Workspace.Buffer
    ) -> (ParameterSet.Norm, NormTrace) {
        if let behind = outputNorms, let kept { return (behind[keyPath: layer], kept) }
        return (norm, NormTrace(normalized: normalized, rstd: rstd))
    }
}
