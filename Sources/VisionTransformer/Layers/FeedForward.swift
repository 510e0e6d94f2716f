import Checkpoints
import Tensors

// Norm 2 and the MLP, with or without a gate.
extension VisionTransformer {
    /// Norm 2 and the MLP of the first `rows` tokens, once the attention's `addend` is in the residual stream.
    ///
    /// - Parameters:
    ///   - inner: what the hidden layer's norm keeps; nil without one.
    ///   - kept: where the hidden layer is kept, after its norm; nil where it is not.
    /// - Returns: what the MLP adds to the residual stream.
    func feedForward(
        _ block: ParameterSet.Block, _ stream: UnsafeMutablePointer<Float>, adding addend: Addend, rows: Int,
        _ normalized: Workspace.Buffer, _ rstd: Workspace.Buffer, _ slope: Workspace.Buffer, _ inner: NormTrace?,
        _ kept: Workspace.Buffer?, factor: Float = 1
    ) -> Addend {
        let input = workspace.take(rows * sizes.widthStride)
        norm(block.norm2, stream, adding: addend, rows: rows, normalized, rstd, into: input.base, stride: sizes.widthStride)
        return feedForward(block, of: input, rows: rows, slope, inner, kept, factor: factor)
    }

    /// The MLP of what a norm gave, `[rows, D]` with rows `Sizes.widthStride` apart, which is written over.
    func feedForward(
        _ block: ParameterSet.Block, of input: Workspace.Buffer, rows: Int, _ slope: Workspace.Buffer, _ inner: NormTrace?,
        _ kept: Workspace.Buffer?, factor: Float = 1
    ) -> Addend {
        let (width, hiddenStride) = (sizes.width, sizes.hiddenStride), activated = kept ?? workspace.take(rows * sizes.hiddenStride)
        expand(block, input, rows: rows, slope, into: activated)
        normHidden(block, activated, rows: rows, inner)
        compute.linear(activated.base, stride: hiddenStride, rows: rows, block.contract.weight, into: input.base, stride: width)
        return self.addend(input, block.contract, block.scale2, factor)
    }

    /// The MLP's hidden layer, `[rows, F]` with rows `Sizes.hiddenStride` apart, and its slope, from norm 2's output.
    func expand(
        _ block: ParameterSet.Block, _ input: Workspace.Buffer, rows: Int, _ slope: Workspace.Buffer, into activated: Workspace.Buffer
    ) {
        let (hidden, hiddenStride, expanded) = (sizes.hidden, sizes.hiddenStride, sizes.expanded)
        compute.linear(
            input.base, stride: sizes.widthStride, rows: rows, block.expand.weight, into: slope.base, stride: expanded)
        let bias = (block.expand.bias ?? zeros).base
        let activation = configuration.activation.kernel
        compute.forRanges(rows) { range in
            guard expanded > hidden else {
                for row in range {
                    compute.kernels.activate(
                        slope + row * hidden, 1, hidden, bias, activation.kernel, activated + row * hiddenStride)
                }
                return
            }
            let value = workspace.take(hidden)
            for row in range {
                let gate = slope + row * expanded, out = activated + row * hiddenStride
                compute.kernels.activate(gate, 1, hidden, bias, activation.kernel, out)
                value.base.update(from: gate + hidden, count: hidden)
                compute.kernels.add_multiple(value.base, bias + hidden, 1, hidden)
                // By the gate: activation'(gate) ⊙ value; by the value: activation(gate).
                compute.kernels.multiply(gate, value.base, hidden)
                (gate + hidden).update(from: out, count: hidden)
                compute.kernels.multiply(out, value.base, hidden)
            }
        }
    }
}

extension BackwardStep {
    /// Adds the MLP's part to `gradient`, which then is ∂ logit / ∂ residual stream between attention and MLP.
    ///
    /// - Parameters:
    ///   - read: that residual stream, `[given, D]`, where norm 2 stands behind the MLP.
    ///   - behind: what a norm behind the MLP kept where norm 2 stands before it.
    func throughFeedForward(
        _ normalized: Workspace.Buffer, _ rstd: Workspace.Buffer, _ slope: Workspace.Buffer, _ inner: NormTrace?,
        _ activated: Workspace.Buffer?, read: Workspace.Buffer? = nil, behind: NormTrace? = nil
    ) {
        let (width, hidden, expanded, count) = (sizes.width, sizes.hidden, sizes.expanded, classes.count * given)
        let (hiddenStride, expandedStride) = (sizes.hiddenStride, sizes.expandedStride)
        let dHidden = workspace.take(count * hiddenStride), dInput = workspace.take(count * width)
        let factor = factors.feedForward
        let scaled = if let norm = block.outputNorms?.feedForward, let behind {
            throughOutputNorm(norm, behind.normalized, behind.rstd, factor, to: sums?.outputNorms?.feedForward)
        } else {
            read == nil
                ? scaledGradient(block.scale2, factor) : throughOutputNorm(block.norm2, normalized, rstd, factor, to: sums?.norm2)
        }
        if let sums, let activated {
            addBranchGradient(
                block.contract, block.scale2, factor, scaled: scaled, activated.base, stride: hiddenStride,
                to: sums.contract, sums.scale2)
        }
        compute.linearBackward(scaled.base, stride: width, rows: count, block.contract.weight, into: dHidden.base,
            stride: hiddenStride)
        if let inner { throughHiddenNorm(inner, dHidden) }
        let dExpanded = expanded > hidden ? workspace.take(count * expandedStride) : dHidden
        forTokens { start, tokens in
            guard expanded > hidden else {
                for token in tokens {
                    compute.kernels.multiply(dHidden + (start + token) * hiddenStride, slope + token * hidden, hidden)
                }
                return
            }
            for token in tokens {
                let out = dExpanded + (start + token) * expandedStride
                out.update(from: dHidden + (start + token) * hiddenStride, count: hidden)
                (out + hidden).update(from: dHidden + (start + token) * hiddenStride, count: hidden)
                compute.kernels.multiply(out, slope + token * expanded, expanded)
            }
        }
        compute.linearBackward(
            dExpanded.base, stride: expandedStride, rows: count, block.expand.weight, into: dInput.base, stride: width)
        if let sums {
            let input = read.map { model.strided($0, rows: given) } ?? output(of: block.norm2, normalized, rows: given)
            compute.addGradient(
                dExpanded.base, stride: expandedStride, input.base, stride: sizes.widthStride, rows: given,
                scalars: classes.count, to: sums.expand)
            if read == nil {
                compute.addGradient(
                    dInput.base, normalized.base, rows: given, scalars: classes.count, width: width, to: sums.norm2)
            }
        }
        if read != nil {
            forTokens { start, tokens in
                let offset = (start + tokens.lowerBound) * width
                compute.kernels.add_multiple(gradient + offset, dInput + offset, 1, tokens.count * width)
            }
            return
        }
        let through = block.norm2.backwardLoop(of: compute.kernels)
        forTokens { start, tokens in
            let offset = (start + tokens.lowerBound) * width
            through(
                dInput + offset, tokens.count, width, block.norm2.weight.base, normalized + tokens.lowerBound * width,
                rstd + tokens.lowerBound, gradient + offset)
        }
    }
}
