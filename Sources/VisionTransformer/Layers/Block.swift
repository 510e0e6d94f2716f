import Checkpoints
import Tensors

// One block for all tokens: attention and its projection, then the MLP, each added to the residual stream. Norms stand before
// them; of those that stand behind see OutputNorms.swift.
extension VisionTransformer {
    /// One block for all tokens.
    ///
    /// - Parameters:
    ///   - addend: what the block before leaves to be added to the residual stream.
    ///   - trace: where it is kept.
    ///   - rotation: of the patches that take part.
    ///   - ablations: heads whose output is replaced.
    /// - Returns: what this block leaves to be added.
    func forwardBlock(
        _ layer: Int, _ stream: Workspace.Buffer, adding addend: Addend?, tokens: Int, into trace: BlockTrace,
        rotation: Rotation? = nil, _ factors: ForwardOptions.BranchFactors = .init(), ablations: HeadAblations = .none
    ) -> Addend {
        let block = parameters.blocks[layer], (width, attentionWidth) = (sizes.width, sizes.attentionWidth)
        if block.normsOutputs || block.outputNorms != nil {
            return forwardNormingOutputs(
                layer, stream, adding: addend, tokens: tokens, into: trace, rotation: rotation, factors, ablations: ablations)
        }
        let input = workspace.take(tokens * sizes.widthStride)

        norm(
            block.norm1, stream.base, adding: addend, rows: tokens, trace.normalized1, trace.rstd1, into: input.base,
            stride: sizes.widthStride)
        queriesKeysValues(layer, input.base, stride: sizes.widthStride, rows: tokens, into: trace.qkv.base)
        normQueriesAndKeys(block, trace, tokens: tokens)
        if let rotation { rotateQueriesAndKeys(trace.qkv.base, rows: tokens, by: rotation, layer: layer) }
        attend(block, trace, tokens: tokens)
        ablate(trace.mixed, rows: tokens, ablations.heads(of: layer))
        let read = normMixed(block, trace.mixed, rows: tokens, trace.mixedNorm)
        let projected = block.isParallel ? workspace.take(tokens * width) : input
        compute.linear(read.base, stride: attentionWidth, rows: tokens, block.projection.weight, into: projected.base, stride: width)
        let attended = self.addend(projected, block.projection, block.scale1, factors.attention)
        if block.isParallel {
            add(attended, to: stream.base, rows: tokens)
            return feedForward(
                block, of: input, rows: tokens, trace.slope, trace.hiddenNorm, trace.activated, factor: factors.feedForward)
        }
        return feedForward(
            block, stream.base, adding: attended, rows: tokens, trace.normalized2, trace.rstd2, trace.slope, trace.hiddenNorm,
            trace.activated, factor: factors.feedForward)
    }
}

extension BackwardStep {
    /// Back through a block that was computed for every token; returns `[K, wanted, D]`.
    func throughBlock(
        _ kept: BlockTrace, _ visit: (AttentionGradient) throws -> Void, _ visitInputs: (InputGradient) throws -> Void
    ) throws -> Workspace.Buffer {
        // Side by side with the MLP, attention is given what that is given.
        let attended = block.isParallel ? withOwnGradient : self
        if !block.isParallel || wanted > 0 || sums != nil {
            throughFeedForward(
                kept.normalized2, kept.rstd2, kept.slope, kept.hiddenNorm, kept.activated, read: kept.read?.feedForward,
                behind: kept.feedForwardOutput)
        }
        let byOutput: Workspace.Buffer? = if let norm = block.outputNorms?.attention, let output = kept.attentionOutput {
            throughOutputNorm(norm, output.normalized, output.rstd, factors.attention, to: sums?.outputNorms?.attention)
        } else if kept.read != nil {
            throughOutputNorm(block.norm1, kept.normalized1, kept.rstd1, factors.attention, to: sums?.norm1)
        } else {
            nil
        }
        let dMixed = attended.throughProjection(kept.mixed.base, kept.mixedNorm, scaled: byOutput)
        let attention = AttentionBackward(step: self, kept: kept, dMixed: dMixed)
        let dQKV: Workspace.Buffer
        if cotangent != nil {
            dQKV = try attention.allRows(visiting: !visits ? 0 : rows == .all ? tokens : 1, visit)
        } else if !visits {
            guard wanted > 0 || sums != nil else { return gradient }
            dQKV = attention.through()
        } else if rows == .all || !model.savings.contains(.lowestRow) {
            dQKV = try attention.allRows(visiting: rows == .all ? tokens : 1, visit)
        } else {
            try attention.classTokenRow(visit)
            guard wanted > 0 else { return gradient }
            dQKV = sums == nil && wanted == 1 && tokens > 1 ? attention.throughClassToken() : attention.through()
        }
        guard wanted > 0 else { return gradient }
        let dTokens = throughQueriesKeysValues(kept, dQKV)
        if readsInput {
            let input = attentionInput(kept, rows: tokens)
            try visitInput(dTokens, input, stride: sizes.widthStride, visitInputs)
        }
        return throughNorm1(dTokens, kept.normalized1, kept.rstd1, isBehind: kept.read != nil)
    }

    /// ∂ scalar / ∂ heads' outputs, `[K, given, A]`.
    ///
    /// - Parameters:
    ///   - mixed: those outputs, `[given, A]`.
    ///   - norm: what their norm kept; nil without one.
    ///   - scaled: the gradient at the projection's output where a norm stands behind it.
    func throughProjection(
        _ mixed: UnsafePointer<Float>, _ norm: NormTrace?, scaled byOutput: Workspace.Buffer? = nil
    ) -> Workspace.Buffer {
        let (width, attentionWidth, count) = (sizes.width, sizes.attentionWidth, classes.count * given)
        let dMixed = workspace.take(count * attentionWidth)
        let factor = factors.attention
        let scaled = byOutput ?? scaledGradient(block.scale1, factor)
        if let sums {
            let normed = norm.flatMap { kept in block.attentionNorm.map { output(of: $0, kept.normalized, rows: given) } }
            addBranchGradient(
                block.projection, block.scale1, factor, scaled: scaled, normed.map { UnsafePointer($0.base) } ?? mixed,
                stride: normed == nil ? attentionWidth : sizes.widthStride, to: sums.projection, sums.scale1)
        }
        compute.linearBackward(scaled.base, stride: width, rows: count, block.projection.weight, into: dMixed.base,
            stride: attentionWidth)
        if let norm { throughMixedNorm(norm, dMixed) }
        model.ablate(dMixed, scalars: classes.count, rows: given, trace.ablations.heads(of: layer))
        return dMixed
    }

    /// The same step with a gradient of its own, which the MLP adds nothing to.
    private var withOwnGradient: BackwardStep {
        let count = classes.count * given * sizes.width, copy = workspace.take(count)
        copy.base.update(from: gradient.base, count: count)
        var step = self
        step.gradient = copy
        return step
    }

    /// ∂ scalar / ∂ input of the block, from that of what attention reads: `[K, wanted, D]`.
    ///
    /// - Parameter isBehind: whether norm 1 stands behind attention, which then reads the input itself.
    func throughNorm1(
        _ dTokens: Workspace.Buffer, _ normalized: Workspace.Buffer, _ rstd: Workspace.Buffer, isBehind: Bool = false
    ) -> Workspace.Buffer {
        let width = sizes.width
        if let sums, !isBehind {
            compute.addGradient(
                dTokens.base, normalized.base, rows: wanted, scalars: classes.count, width: width, to: sums.norm1)
        }
        let result = workspace.take(classes.count * wanted * width)
        // What goes past the attention along the residual stream.
        let shared = min(given, wanted), through = block.norm1.backwardLoop(of: compute.kernels)
        for position in classes.indices {
            let out = result + position * wanted * width
            out.update(from: gradient + position * given * width, count: shared * width)
            (out + shared * width).update(repeating: 0, count: (wanted - shared) * width)
            if isBehind {
                compute.kernels.add_multiple(out, dTokens + position * wanted * width, 1, wanted * width)
                continue
            }
            compute.forRanges(wanted) { range in
                let offset = range.lowerBound * width
                through(
                    dTokens + position * wanted * width + offset, range.count, width, block.norm1.weight.base,
                    normalized + offset, rstd + range.lowerBound, out + offset)
            }
        }
        return result
    }
}
