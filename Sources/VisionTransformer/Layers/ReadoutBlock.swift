import Checkpoints
import Tensors

// The last block where a head reads only the first R tokens (the class token, perhaps the distillation token).
//
// Only those tokens' queries, projections and MLPs are needed. And with a query q fixed, keys and values need not be
// formed either: a score is q·(Wk h_j + bk) = (Wkᵀq)·h_j + const, and soft-max does not see the constant; the mixed value
// is Wv (Σ_j a_j h_j) + bv, because the attention row sums to one. With h_j the output of norm 1, this leaves products of
// R·H rows with h. Going back, the gradient that reaches h through scores and values is of rank 2·R·H.
//
// Where a rotary position embedding turns keys, by other angles at every patch, the keys must be formed after all.
extension VisionTransformer {
    /// The last block for its first `readouts` tokens; adds to their rows of the residual stream, and first to all rows what
    /// the block before leaves to be added. Heads may be ablated by zeros: a mean takes all tokens.
    func forwardReadout(
        _ block: ParameterSet.Block, _ stream: Workspace.Buffer, adding addend: Addend?, tokens: Int, into trace: ReadoutTrace,
        rotation: Rotation?, _ factors: ForwardOptions.BranchFactors, ablated: [(head: Int, kind: HeadAblations.Kind)]
    ) {
        let (width, heads, headWidth) = (sizes.width, sizes.heads, sizes.headWidth)
        let (readouts, stride) = (trace.count, trace.attentionStride), rows = readouts * heads
        norm(block.norm1, stream.base, adding: addend, rows: tokens, trace.normalized1, trace.rstd1, into: trace.tokens.base)

        let (queries, mixed, gathered) = (trace.queries, trace.mixed, trace.gathered)
        for token in 0..<readouts { (queries + token * width).update(from: (block.query.bias ?? zeros).base, count: width) }
        compute.linear(
            trace.tokens.base, stride: width, rows: readouts, block.query.weight, beta: 1, into: queries.base, stride: width)
        if let keys = trace.keys, let rotation {
            project(block.key, trace.tokens, rows: tokens, into: keys.base)
            rotate(keys.base, stride: width, rows: tokens, by: rotation, layer: configuration.depth - 1)
            multiplyKeys(queries.base, rows: readouts, by: keys, tokens: tokens, into: trace.attention, stride: stride)
        } else if let probes = trace.probes {
            liftHeads(queries.base, rows: readouts, through: block.key.weight, into: probes.base)
            multiplyTokens(probes.base, rows: rows, by: trace.tokens, tokens: tokens, into: trace.attention, stride: stride)
        }
        compute.kernels.softmax(trace.attention.base, stride, rows, tokens, sizes.scale)

        gather(trace.attention.base, stride: stride, rows: rows, from: trace.tokens, tokens: tokens, into: gathered.base)
        let projected = workspace.take(readouts * width)
        for token in 0..<readouts { (mixed + token * width).update(from: (block.value.bias ?? zeros).base, count: width) }
        compute.pool.forEach(rows) { row in
            let (token, head) = (row / heads, row % heads)
            compute.product(
                1, headWidth, width, .plain(gathered + row * width, stride: width),
                .transposed(block.value.weight.base + head * headWidth * width, stride: width), beta: 1,
                into: mixed + token * width + head * headWidth, stride: width)
        }
        ablate(mixed, rows: readouts, ablated)
        let read = normMixed(block, mixed, rows: readouts, trace.mixedNorm)
        compute.linear(read.base, stride: width, rows: readouts, block.projection.weight, into: projected.base, stride: width)
        let attended = self.addend(projected, block.projection, block.scale1, factors.attention)
        let output = feedForward(
            block, stream.base, adding: attended, rows: readouts, trace.normalized2, trace.rstd2, trace.slope, trace.hiddenNorm,
            trace.activated, factor: factors.feedForward)
        add(output, to: stream.base, rows: readouts)
    }

    /// The gradient at a readout block's attention rows.
    ///
    /// - Parameter dMixed: ∂ logit / ∂ heads' outputs, `[rows, D]` with rows = classes · readouts.
    /// - Returns: `lifted`, Wvᵀ of each head's part of `dMixed`, `[rows, H, D]`; `scores`, ∂ logit / ∂ attention,
    ///   `[rows, H, N]` with the trace's stride.
    func backwardReadoutAttention(
        _ block: ParameterSet.Block, _ trace: ReadoutTrace, _ dMixed: UnsafePointer<Float>, rows: Int, tokens: Int
    ) -> (lifted: Workspace.Buffer, scores: Workspace.Buffer) {
        let (width, heads, headWidth) = (sizes.width, sizes.heads, sizes.headWidth)
        let lifted = workspace.take(rows * heads * width)
        let scores = workspace.take(rows * heads * trace.attentionStride)
        liftHeads(dMixed, rows: rows, through: block.value.weight, into: lifted.base)
        multiplyTokens(
            lifted.base, rows: rows * heads, by: trace.tokens, tokens: tokens, into: scores, stride: trace.attentionStride)
        if let bias = block.value.bias {
            for row in 0..<rows * heads {
                let part = dMixed + row / heads * width + row % heads * headWidth
                let constant = compute.kernels.dot(part, bias.base + row % heads * headWidth, headWidth)
                let line = scores + row * trace.attentionStride
                for token in 0..<tokens { line[token] += constant }
            }
        }
        return (lifted, scores)
    }

    /// ∂ logit / ∂ output of norm 1 for the first `outputs` tokens of one class, `[outputs, D]`.
    ///
    /// - Parameters:
    ///   - lifted: this class's `[R, H, D]` of ``backwardReadoutAttention``.
    ///   - scores: this class's `[R, H, N]`; overwritten with the gradient before soft-max.
    func backwardReadoutInput(
        _ block: ParameterSet.Block, _ trace: ReadoutTrace, lifted: UnsafePointer<Float>,
        scores: UnsafeMutablePointer<Float>, tokens: Int, outputs: Int, into dTokens: UnsafeMutablePointer<Float>,
        rotation: Rotation?, addingTo sums: ParameterSet.Block?
    ) {
        let (width, heads, headWidth) = (sizes.width, sizes.heads, sizes.headWidth)
        let (rows, stride) = (trace.count * heads, trace.attentionStride)
        compute.kernels.softmax_backward(scores, trace.attention.base, stride, rows, tokens, sizes.scale)
        compute.forRanges(outputs, multiple: 16) { range in
            let out = dTokens + range.lowerBound * width
            // Through the values, then through the scores' keys.
            compute.product(
                range.count, width, rows, .transposed(trace.attention + range.lowerBound, stride: stride),
                .plain(lifted, stride: width), into: out, stride: width)
            guard let probes = trace.probes else { return }
            compute.product(
                range.count, width, rows, .transposed(scores + range.lowerBound, stride: stride),
                .plain(probes.base, stride: width), beta: 1, into: out, stride: width)
        }
        if let keys = trace.keys, let rotation {
            backwardKeys(
                block, trace, keys, scores, tokens: tokens, outputs: outputs, into: dTokens, rotation: rotation, addingTo: sums)
            return
        }
        // Through the queries, which only the readout tokens have. Σ_j ∂score_j = 0, so the key's bias drops out.
        let gathered = workspace.take(rows * width), dQueries = workspace.take(trace.count * width)
        gather(scores, stride: stride, rows: rows, from: trace.tokens, tokens: tokens, into: gathered.base)
        compute.pool.forEach(rows) { row in
            let (token, head) = (row / heads, row % heads)
            compute.product(
                1, headWidth, width, .plain(gathered + row * width, stride: width),
                .transposed(block.key.weight.base + head * headWidth * width, stride: width),
                into: dQueries + token * width + head * headWidth, stride: width)
        }
        if let sums { addReadoutGradient(trace, dProbes: gathered.base, dQueries: dQueries.base, to: sums) }
        compute.linearBackward(
            dQueries.base, stride: width, rows: min(trace.count, outputs), block.query.weight, beta: 1, into: dTokens, stride: width)
    }

    /// The part of ``backwardReadoutInput`` through queries and keys, where the keys were formed: adds to `dTokens`.
    ///
    /// - Parameter scores: the gradient before soft-max, `[R, H, N]`.
    private func backwardKeys(
        _ block: ParameterSet.Block, _ trace: ReadoutTrace, _ keys: Workspace.Buffer, _ scores: UnsafePointer<Float>, tokens: Int,
        outputs: Int, into dTokens: UnsafeMutablePointer<Float>, rotation: Rotation, addingTo sums: ParameterSet.Block?
    ) {
        let (width, heads, headWidth, stride) = (sizes.width, sizes.heads, sizes.headWidth, trace.attentionStride)
        let dKeys = workspace.take(tokens * width), dQueries = workspace.take(trace.count * width)
        compute.pool.forEach(heads) { head in
            let part = head * headWidth
            compute.product(
                tokens, headWidth, trace.count, .transposed(scores + head * stride, stride: heads * stride),
                .plain(trace.queries + part, stride: width), into: dKeys + part, stride: width)
            compute.product(
                trace.count, headWidth, tokens, .plain(scores + head * stride, stride: heads * stride),
                .plain(keys + part, stride: width), into: dQueries + part, stride: width)
        }
        rotate(dKeys.base, stride: width, rows: tokens, by: rotation, layer: configuration.depth - 1, isBackwards: true)
        if let sums {
            compute.addGradient(
                dQueries.base, stride: width, trace.tokens.base, stride: width, rows: trace.count, scalars: 1, to: sums.query)
            compute.addGradient(dKeys.base, stride: width, trace.tokens.base, stride: width, rows: tokens, scalars: 1, to: sums.key)
        }
        compute.linearBackward(
            dKeys.base, stride: width, rows: outputs, block.key.weight, beta: 1, into: dTokens, stride: width)
        compute.linearBackward(
            dQueries.base, stride: width, rows: min(trace.count, outputs), block.query.weight, beta: 1, into: dTokens, stride: width)
    }

    /// Adds the gradients of one scalar by the layers of queries and keys.
    ///
    /// - Parameters:
    ///   - dProbes: ∂ scalar / ∂ probes, Σ_j ∂score_j h_j, `[R, H, D]`.
    ///   - dQueries: `[R, D]`.
    private func addReadoutGradient(
        _ trace: ReadoutTrace, dProbes: UnsafePointer<Float>, dQueries: UnsafePointer<Float>, to sums: ParameterSet.Block
    ) {
        let (width, heads, headWidth) = (sizes.width, sizes.heads, sizes.headWidth)
        compute.addGradient(
            dQueries, stride: width, trace.tokens.base, stride: width, rows: trace.count, scalars: 1, to: sums.query)
        // A probe is Wkᵀ q: its gradient by Wk is q times that by the probe.
        for head in 0..<heads {
            compute.linearGradient(
                trace.queries + head * headWidth, stride: width, dProbes + head * width, stride: heads * width,
                rows: trace.count, into: sums.key.weight.sum + head * headWidth * width, outputs: headWidth, inputs: width)
        }
    }

    /// For each of `rows` rows of heads side by side, `[rows, D]`: W_hᵀ x_h for each head h, `[rows, H, D]`.
    func liftHeads(
        _ x: UnsafePointer<Float>, rows: Int, through weight: Tensor, into lifted: UnsafeMutablePointer<Float>
    ) {
        let (width, heads, headWidth) = (sizes.width, sizes.heads, sizes.headWidth)
        compute.pool.forEach(heads) { head in
            compute.product(
                rows, width, headWidth, .plain(x + head * headWidth, stride: width),
                .plain(weight.base + head * headWidth * width, stride: width),
                into: lifted + head * width, stride: heads * width)
        }
    }

    /// x · hᵀ for every token's h: `[rows, N]`.
    func multiplyTokens(
        _ x: UnsafePointer<Float>, rows: Int, by h: Workspace.Buffer, tokens: Int, into y: Workspace.Buffer, stride: Int
    ) {
        let width = sizes.width
        compute.forRanges(tokens, multiple: 16) { range in
            compute.product(
                rows, range.count, width, .plain(x, stride: width), .transposed(h + range.lowerBound * width, stride: width),
                into: y + range.lowerBound, stride: stride)
        }
    }

    /// q·k for every token's k, head by head: `[rows, H, N]` from queries, `[rows, D]`, and keys, `[N, D]`.
    func multiplyKeys(
        _ queries: UnsafePointer<Float>, rows: Int, by keys: Workspace.Buffer, tokens: Int, into y: Workspace.Buffer, stride: Int
    ) {
        let (width, heads, headWidth) = (sizes.width, sizes.heads, sizes.headWidth)
        compute.pool.forEach(heads) { head in
            compute.product(
                rows, tokens, headWidth, .plain(queries + head * headWidth, stride: width),
                .transposed(keys + head * headWidth, stride: width), into: y + head * stride, stride: heads * stride)
        }
    }

    /// A layer of attention for `rows` rows of `x`, `[rows, D]`, its bias included.
    func project(
        _ layer: ParameterSet.Linear, _ x: Workspace.Buffer, rows: Int, into y: UnsafeMutablePointer<Float>
    ) {
        let width = sizes.width, bias = (layer.bias ?? zeros).base
        for row in 0..<rows { (y + row * width).update(from: bias, count: width) }
        compute.linear(x.base, stride: width, rows: rows, layer.weight, beta: 1, into: y, stride: width)
    }

    /// Σ_j a_j h_j for each of `rows` rows of weights a: `[rows, D]`.
    private func gather(
        _ weights: UnsafePointer<Float>, stride: Int, rows: Int, from h: Workspace.Buffer, tokens: Int,
        into y: UnsafeMutablePointer<Float>
    ) {
        let width = sizes.width
        compute.forRanges(width, multiple: 16) { range in
            compute.product(
                rows, range.count, tokens, .plain(weights, stride: stride), .plain(h + range.lowerBound, stride: width),
                into: y + range.lowerBound, stride: width)
        }
    }
}

extension BackwardStep {
    /// Back through a last block that was computed for its readout tokens only; returns `[K, wanted, D]`.
    func throughReadout(
        _ kept: ReadoutTrace, _ visit: (AttentionGradient) throws -> Void, _ visitInputs: (InputGradient) throws -> Void
    ) throws -> Workspace.Buffer {
        let (width, heads, stride) = (sizes.width, sizes.heads, kept.attentionStride)
        precondition(given == kept.count)
        throughFeedForward(kept.normalized2, kept.rstd2, kept.slope, kept.hiddenNorm, kept.activated)
        let dMixed = throughProjection(kept.mixed.base, kept.mixedNorm)
        let (lifted, scores) = model.backwardReadoutAttention(
            block, kept, dMixed.base, rows: classes.count * given, tokens: tokens)
        for position in classes.indices where visits {
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
                into: dTokens + position * wanted * width, rotation: rotation, addingTo: sums)
        }
        if readsInput { try visitInput(dTokens, kept.tokens, stride: width, visitInputs) }
        if let sums { addValueGradient(kept, dMixed, to: sums) }
        return throughNorm1(dTokens, kept.normalized1, kept.rstd1)
    }

    /// Adds the gradient by the layer of values: a head's output is Wv of what it gathered.
    private func addValueGradient(_ kept: ReadoutTrace, _ dMixed: Workspace.Buffer, to sums: ParameterSet.Block) {
        let (width, heads, headWidth) = (sizes.width, sizes.heads, sizes.headWidth)
        for position in classes.indices {
            for head in 0..<heads {
                compute.linearGradient(
                    dMixed + position * given * width + head * headWidth, stride: width, kept.gathered + head * width,
                    stride: heads * width, rows: given, into: sums.value.weight.sum + head * headWidth * width,
                    outputs: headWidth, inputs: width)
            }
        }
        if let bias = sums.value.bias {
            compute.sumRows(dMixed.base, stride: width, rows: classes.count * given, width: width, into: bias.sum)
        }
    }
}
