import Checkpoints
import Tensors

/// The first of the two backward passes: from logits to attention matrices, without weight gradients.
///
/// All classes go back together, as K·N rows of every matrix product. Layers are visited deepest first and the pass ends
/// at the lowest layer asked for. Where only class-token rows are wanted, that layer needs the class token's gradient
/// alone, and so the layer above it computes no more than that.
extension VisionTransformer {
    /// Calls `visit` with attention and gradient for every class and layer from the last down to `lowest`.
    ///
    /// - Parameters:
    ///   - trace: a pass of this model.
    ///   - classes: logit indices; each appears once for every layer, in this order.
    ///   - lowest: the last layer to visit.
    ///   - rows: the query rows wanted. With `.all`, a readout block is visited with the rows its head reads: the
    ///     gradient of the others is exactly zero.
    ///   - isCancelled: asked between layers.
    /// - Throws: `ModelError`, `CancellationError`, and what `visit` throws.
    /// - Complexity: a class costs about as much as a forward pass, less what the rows and layers left out save.
    public func attentionGradients(
        of trace: Trace, classes: [Int], downTo lowest: Int, rows: QueryRows = .classToken,
        isCancelled: () -> Bool = { false }, visit: (AttentionGradient) throws -> Void
    ) throws {
        guard configuration.head != .none else { throw ModelError.noHead }
        if let wrong = classes.first(where: { !(0..<trace.logits.count).contains($0) }) {
            throw ModelError.classOutOfRange(wrong, count: trace.logits.count)
        }
        guard (0..<trace.depth).contains(lowest) else { throw ModelError.layerOutOfRange(lowest, depth: trace.depth) }
        guard !classes.isEmpty else { return }

        var (gradient, given) = try backwardHead(trace, classes: classes, full: trace.readout == nil)
        for layer in stride(from: trace.depth - 1, through: lowest, by: -1) {
            if isCancelled() { throw CancellationError() }
            // How many leading tokens' gradients the layer below wants; none below the lowest.
            let narrow = rows == .classToken && savings.contains(.lowestRow)
            let wanted = layer == lowest ? 0 : narrow && savings.contains(.rowAbove) && layer == lowest + 1 ? 1 : trace.tokens
            if narrow, layer == lowest, trace.readout == nil || layer < trace.depth - 1, given > 1 {
                gradient = classTokenRows(gradient, given: given, classes: classes.count)
                given = 1
            }
            let step = BackwardStep(
                model: self, trace: trace, layer: layer, classes: classes, block: parameters.blocks[layer],
                gradient: gradient, given: given, wanted: wanted, rows: rows)
            if let readout = trace.readout, layer == trace.depth - 1 {
                gradient = try step.throughReadout(readout, visit)
            } else {
                gradient = try step.throughBlock(trace.blocks[layer], visit)
            }
            given = wanted
        }
        try checkParameters()
    }

    /// The first row of each class's gradient, `[K, given, D]` to `[K, 1, D]`.
    private func classTokenRows(_ gradient: Workspace.Buffer, given: Int, classes: Int) -> Workspace.Buffer {
        let width = sizes.width
        let result = workspace.take(classes * width)
        for position in 0..<classes {
            (result + position * width).update(from: gradient + position * given * width, count: width)
        }
        return result
    }
}

/// One layer of the way back. K classes, N tokens, D width, H heads.
struct BackwardStep {
    let model: VisionTransformer
    let trace: Trace
    let layer: Int
    let classes: [Int]
    let block: ParameterSet.Block
    /// ∂ logit / ∂ output of the block for the first `given` tokens of each class, `[K, given, D]`. Written over.
    let gradient: Workspace.Buffer
    let given: Int
    /// The number of leading tokens whose input gradient is wanted.
    let wanted: Int
    let rows: QueryRows

    var compute: Compute { model.compute }
    var workspace: Workspace { model.workspace }
    var sizes: VisionTransformer.Sizes { model.sizes }
    var tokens: Int { trace.tokens }

    /// Back through a block that was computed for every token; returns `[K, wanted, D]`.
    func throughBlock(_ kept: BlockTrace, _ visit: (AttentionGradient) throws -> Void) throws -> Workspace.Buffer {
        let width = sizes.width
        throughFeedForward(kept.normalized2, kept.rstd2, kept.slope)
        let dMixed = throughProjection()
        let attention = AttentionBackward(step: self, kept: kept, dMixed: dMixed)
        let dQKV: Workspace.Buffer
        if rows == .all || !model.savings.contains(.lowestRow) {
            dQKV = try attention.allRows(visiting: rows == .all ? tokens : 1, visit)
        } else {
            try attention.classTokenRow(visit)
            guard wanted > 0 else { return gradient }
            dQKV = wanted == 1 && tokens > 1 ? attention.throughClassToken() : attention.through()
        }
        guard wanted > 0 else { return gradient }
        let dTokens = workspace.take(classes.count * wanted * width)
        let count = classes.count * wanted
        throughQueryKeyNorms(kept, dQKV)
        if let fused = model.fusedWeights[layer] {
            compute.linearBackward(dQKV.base, stride: 3 * width, rows: count, fused, into: dTokens.base, stride: width)
        } else {
            func back(_ part: Int, _ linear: ParameterSet.Linear) {
                compute.linearBackward(
                    dQKV + part * width, stride: 3 * width, rows: count, linear.weight, beta: part == 0 ? 0 : 1,
                    into: dTokens.base, stride: width)
            }
            back(0, block.query)
            back(1, block.key)
            back(2, block.value)
        }
        return throughNorm1(dTokens, kept.normalized1, kept.rstd1)
    }

    /// Back through a last block that was computed for its readout tokens only; returns `[K, wanted, D]`.
    func throughReadout(_ kept: ReadoutTrace, _ visit: (AttentionGradient) throws -> Void) throws -> Workspace.Buffer {
        let (width, heads, stride) = (sizes.width, sizes.heads, kept.attentionStride)
        precondition(given == kept.count)
        throughFeedForward(kept.normalized2, kept.rstd2, kept.slope)
        let dMixed = throughProjection()
        let (lifted, scores) = model.backwardReadoutAttention(
            block, kept, dMixed.base, rows: classes.count * given, tokens: tokens)
        for position in classes.indices {
            try visit(AttentionGradient(
                layer: layer, position: position, classIndex: classes[position], heads: heads, tokens: tokens,
                prefixTokens: trace.prefixTokens, rows: 0..<(rows == .all ? given : 1),
                attentionBase: kept.attention.base, attentionHeadStride: stride, attentionStride: heads * stride,
                gradientBase: scores + position * given * heads * stride, gradientHeadStride: stride,
                gradientStride: heads * stride))
        }
        guard wanted > 0 else { return gradient }
        let dTokens = workspace.take(classes.count * wanted * width)
        for position in classes.indices {
            model.backwardReadoutInput(
                block, kept, lifted: lifted + position * given * heads * width,
                scores: scores + position * given * heads * stride, tokens: tokens, outputs: wanted,
                into: dTokens + position * wanted * width)
        }
        return throughNorm1(dTokens, kept.normalized1, kept.rstd1)
    }

    /// Adds the MLP's part to `gradient`, which then is ∂ logit / ∂ residual stream between attention and MLP.
    private func throughFeedForward(
        _ normalized: Workspace.Buffer, _ rstd: Workspace.Buffer, _ slope: Workspace.Buffer
    ) {
        let (width, hidden, expanded, count) = (sizes.width, sizes.hidden, sizes.expanded, classes.count * given)
        let (hiddenStride, expandedStride) = (sizes.hiddenStride, sizes.expandedStride)
        let dHidden = workspace.take(count * hiddenStride), dInput = workspace.take(count * width)
        let scaled = scaledGradient(block.scale2)
        compute.linearBackward(scaled.base, stride: width, rows: count, block.contract.weight, into: dHidden.base,
            stride: hiddenStride)
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
        forTokens { start, tokens in
            let offset = (start + tokens.lowerBound) * width
            compute.kernels.layer_norm_backward(
                dInput + offset, tokens.count, width, block.norm2.weight.base, normalized + tokens.lowerBound * width,
                rstd + tokens.lowerBound, gradient + offset)
        }
    }

    /// Through the norms of queries and keys, in place, where the block has them; `dQKV` is `[K, wanted, 3D]`.
    private func throughQueryKeyNorms(_ kept: BlockTrace, _ dQKV: Workspace.Buffer) {
        guard let query = block.queryNorm, let key = block.keyNorm, let normalized = kept.normalizedQK,
            let rstd = kept.rstdQK
        else { return }
        let (width, heads, headWidth) = (sizes.width, sizes.heads, sizes.headWidth)
        let weights = [query.weight.base, key.weight.base]
        let (gradient, normalizedBase, rstdBase) = (dQKV.base, normalized.base, rstd.base)
        compute.forRanges(classes.count * wanted) { range in
            let given = workspace.take(width)
            for row in range {
                for part in 0..<2 {
                    let out = gradient + row * 3 * width + part * width
                    let place = row % wanted * 2 + part
                    given.base.update(from: out, count: width)
                    out.update(repeating: 0, count: width)
                    compute.kernels.layer_norm_backward(
                        given.base, heads, headWidth, weights[part], normalizedBase + place * width,
                        rstdBase + place * heads, out)
                }
            }
        }
    }

    /// ∂ logit / ∂ heads' outputs, `[K, given, D]`.
    private func throughProjection() -> Workspace.Buffer {
        let (width, count) = (sizes.width, classes.count * given)
        let dMixed = workspace.take(count * width)
        let scaled = scaledGradient(block.scale1)
        compute.linearBackward(scaled.base, stride: width, rows: count, block.projection.weight, into: dMixed.base, stride: width)
        return dMixed
    }

    /// The gradient times a LayerScale, or itself where there is none.
    private func scaledGradient(_ scale: Tensor?) -> Workspace.Buffer {
        guard let scale else { return gradient }
        let (width, count) = (sizes.width, classes.count * given)
        let scaled = workspace.take(count * width)
        compute.forRanges(count) { range in
            for row in range {
                (scaled + row * width).update(from: gradient + row * width, count: width)
                compute.kernels.multiply(scaled + row * width, scale.base, width)
            }
        }
        return scaled
    }

    /// ∂ logit / ∂ input of the block, from that of norm 1's output: `[K, wanted, D]`.
    private func throughNorm1(
        _ dTokens: Workspace.Buffer, _ normalized: Workspace.Buffer, _ rstd: Workspace.Buffer
    ) -> Workspace.Buffer {
        let width = sizes.width
        let result = workspace.take(classes.count * wanted * width)
        // What goes past the attention along the residual stream.
        let shared = min(given, wanted)
        for position in classes.indices {
            let out = result + position * wanted * width
            out.update(from: gradient + position * given * width, count: shared * width)
            (out + shared * width).update(repeating: 0, count: (wanted - shared) * width)
            compute.forRanges(wanted) { range in
                let offset = range.lowerBound * width
                compute.kernels.layer_norm_backward(
                    dTokens + position * wanted * width + offset, range.count, width, block.norm1.weight.base,
                    normalized + offset, rstd + range.lowerBound, out + offset)
            }
        }
        return result
    }

    /// Calls `body` for ranges of the given tokens of each class: the class's first row, and the tokens.
    private func forTokens(_ body: (Int, Range<Int>) -> Void) {
        let pieces = given < 16 ? 1 : compute.pool.threads
        compute.pool.forEach(classes.count * pieces) { index in
            let (position, piece) = (index / pieces, index % pieces)
            body(position * given, piece * given / pieces..<(piece + 1) * given / pieces)
        }
    }
}
