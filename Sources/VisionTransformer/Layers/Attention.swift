import Checkpoints
import Tensors

extension VisionTransformer {
    /// Soft-max attention of every head and its outputs, from queries, keys and values: fills the trace's `attention` and
    /// `mixed`.
    func attend(_ block: ParameterSet.Block, _ trace: BlockTrace, tokens: Int) {
        if let difference = block.differential, let parts = trace.parts {
            return attend(trace, as: difference, parts, tokens: tokens)
        }
        let (width, heads, headWidth, stride) = (sizes.attentionWidth, sizes.heads, sizes.headWidth, trace.attentionStride)
        let pieces = attentionPieces(tokens: tokens, stride: stride)
        compute.pool.forEach(heads * pieces) { index in
            let (head, piece) = (index / pieces, index % pieces)
            let first = piece * tokens / pieces, rows = (piece + 1) * tokens / pieces - first
            let qkv = trace.qkv + head * headWidth
            let scores = trace.attention + (head * tokens + first) * stride
            compute.product(
                rows, tokens, headWidth, .plain(qkv + first * 3 * width, stride: 3 * width),
                .transposed(qkv + width, stride: 3 * width), into: scores, stride: stride)
            compute.kernels.softmax(scores, stride, rows, tokens, sizes.scale)
            compute.product(
                rows, headWidth, tokens, .plain(scores, stride: stride), .plain(qkv + 2 * width, stride: 3 * width),
                into: trace.mixed + first * width + head * headWidth, stride: width)
        }
    }

    /// In how many pieces a head's queries are worked on: such that every thread gets as many, and a piece's scores stay in
    /// the second-level cache. Few, because every piece packs the head's keys and values again.
    private func attentionPieces(tokens: Int, stride: Int) -> Int {
        let (heads, threads) = (sizes.heads, compute.pool.threads)
        let fewest = max(1, (2 * threads + heads - 1) / heads, tokens * stride / 120_000)
        let even = (fewest..<fewest + threads).first { heads * $0 % threads == 0 } ?? fewest
        return min(tokens, even)
    }
}

/// The attention of one block, backwards: from the heads' outputs to attention, queries, keys and values.
///
/// With A the attention after soft-max, dO the gradient at a head's output: dA = dO·Vᵀ, dV = Aᵀ·dO,
/// dS = A ⊙ (dA − rowsum(dA ⊙ A)) / √d, dQ = dS·K, dK = dSᵀ·Q. K classes, N tokens, D the heads' width, H heads, d head width.
struct AttentionBackward {
    let step: BackwardStep
    let kept: BlockTrace
    /// ∂ logit / ∂ heads' outputs side by side, `[K, given, D]`.
    let dMixed: Workspace.Buffer

    var compute: Compute { step.compute }
    var tokens: Int { step.tokens }
    var width: Int { step.sizes.attentionWidth }
    var heads: Int { step.sizes.heads }
    var headWidth: Int { step.sizes.headWidth }
    var pairs: Int { step.classes.count * heads }
    var stride: Int { kept.attentionStride }

    /// Visits every class with row 0 of its gradient.
    func classTokenRow(_ visit: (AttentionGradient) throws -> Void) throws {
        let row = step.workspace.take(pairs * stride)
        compute.forRanges(pairs) { range in
            for pair in range { attentionGradient(pair, 0..<1, into: row + pair * stride) }
        }
        for position in step.classes.indices {
            try visit(view(position, rows: 0..<1, row + position * heads * stride, headStride: stride))
        }
    }

    /// Finds every class's whole gradient, visits it with its first `count` rows, then goes on as `through`, `[K, N, 3D]`;
    /// where no input gradient is wanted the result means nothing.
    func allRows(visiting count: Int, _ visit: (AttentionGradient) throws -> Void) throws -> Workspace.Buffer {
        let gradient = step.workspace.take(pairs * tokens * stride)
        let given = step.cotangent?.base
        forPieces { pair, rows in
            let out = gradient + pair * tokens * stride
            attentionGradient(pair, rows, into: out + rows.lowerBound * stride)
            guard let given else { return }
            for row in rows {
                compute.kernels.add_multiple(out + row * stride, given + (pair * tokens + row) * tokens, 1, tokens)
            }
        }
        for position in step.classes.indices where count > 0 {
            try visit(view(
                position, rows: 0..<count, gradient + position * heads * tokens * stride, headStride: tokens * stride))
        }
        return step.wanted > 0 ? through(reusing: gradient) : gradient
    }

    /// ∂ logit / ∂ queries, keys and values side by side, `[K, N, 3D]`.
    ///
    /// - Parameter gradient: ∂ logit / ∂ attention where it is known already; written over.
    func through(reusing gradient: Workspace.Buffer? = nil) -> Workspace.Buffer {
        if let difference = step.block.differential, let parts = kept.parts { return through(difference, parts, reusing: gradient) }
        let dQKV = step.workspace.take(step.classes.count * tokens * 3 * width)
        let isEven = pairs % compute.pool.threads == 0 || pairs >= 8 * compute.pool.threads
        if gradient == nil, isEven, step.model.savings.contains(.headScratch) {
            // One head after another in scratch that stays in cache.
            compute.pool.forEach(pairs) { pair in
                let scratch = step.workspace.take(tokens * stride)
                queryRows(pair, 0..<tokens, scores: scratch.base, isGradientKnown: false, dQKV)
                keyRows(pair, 0..<tokens, scores: scratch.base, dQKV)
            }
            return dQKV
        }
        let scores = gradient ?? step.workspace.take(pairs * tokens * stride)
        forPieces { queryRows($0, $1, scores: scores + $0 * tokens * stride, isGradientKnown: gradient != nil, dQKV) }
        forPieces { keyRows($0, $1, scores: scores + $0 * tokens * stride, dQKV) }
        return dQKV
    }

    /// Calls `body` for classes' heads and ranges of their rows. Too few heads to share out evenly are cut in pieces.
    private func forPieces(_ body: (Int, Range<Int>) -> Void) {
        let pieces = min(tokens, (4 * compute.pool.threads + pairs - 1) / pairs)
        compute.pool.forEach(pairs * pieces) { index in
            let (pair, piece) = (index / pieces, index % pieces)
            body(pair, piece * tokens / pieces..<(piece + 1) * tokens / pieces)
        }
    }

    /// As `through`, for token 0 only: row 0 of attention for its query, column 0 for its key and value; `[K, 1, 3D]`.
    func throughClassToken() -> Workspace.Buffer {
        let dQKV = step.workspace.take(step.classes.count * 3 * width)
        dQKV.base.update(repeating: 0, count: step.classes.count * 3 * width)
        compute.forRanges(pairs) { range in
            let row = step.workspace.take(stride)
            for pair in range {
                let (position, head) = (pair / heads, pair % heads)
                let out = dQKV + position * 3 * width + head * headWidth
                let qkv = kept.qkv + head * headWidth
                let attention = kept.attention + head * tokens * stride
                attentionGradient(pair, 0..<1, into: row.base)
                compute.kernels.softmax_backward(row.base, attention, stride, 1, tokens, step.sizes.scale)
                for token in 0..<tokens {
                    let dOutput = dMixed + (position * tokens + token) * width + head * headWidth
                    let a = attention[token * stride]
                    // rowsum(dA ⊙ A) = dO·O.
                    let inner = compute.kernels.dot(dOutput, kept.mixed + token * width + head * headWidth, headWidth)
                    let dA = compute.kernels.dot(dOutput, qkv + 2 * width, headWidth)
                    compute.kernels.add_multiple(out, qkv + token * 3 * width + width, row.base[token], headWidth)
                    compute.kernels.add_multiple(
                        out + width, qkv + token * 3 * width, a * (dA - inner) * step.sizes.scale, headWidth)
                    compute.kernels.add_multiple(out + 2 * width, dOutput, a, headWidth)
                }
            }
        }
        return dQKV
    }

    /// dA for some query rows of a class and head: `[rows, N]`.
    func attentionGradient(_ pair: Int, _ rows: Range<Int>, into out: UnsafeMutablePointer<Float>) {
        let (position, head) = (pair / heads, pair % heads)
        compute.product(
            rows.count, tokens, headWidth,
            .plain(dMixed + (position * step.given + rows.lowerBound) * width + head * headWidth, stride: width),
            .transposed(kept.qkv + 2 * width + head * headWidth, stride: 3 * width), into: out, stride: stride)
    }

    /// dS for some query rows, and dQ of those rows.
    private func queryRows(
        _ pair: Int, _ rows: Range<Int>, scores: UnsafeMutablePointer<Float>, isGradientKnown: Bool, _ dQKV: Workspace.Buffer
    ) {
        let (position, head) = (pair / heads, pair % heads)
        let part = scores + rows.lowerBound * stride
        if !isGradientKnown { attentionGradient(pair, rows, into: part) }
        compute.kernels.softmax_backward(
            part, kept.attention + (head * tokens + rows.lowerBound) * stride, stride, rows.count, tokens, step.sizes.scale)
        compute.product(
            rows.count, headWidth, tokens, .plain(part, stride: stride),
            .plain(kept.qkv + width + head * headWidth, stride: 3 * width),
            into: dQKV + (position * tokens + rows.lowerBound) * 3 * width + head * headWidth, stride: 3 * width)
    }

    /// dK and dV of some key rows, from dS of all queries.
    private func keyRows(_ pair: Int, _ rows: Range<Int>, scores: UnsafePointer<Float>, _ dQKV: Workspace.Buffer) {
        let (position, head) = (pair / heads, pair % heads)
        let out = dQKV + (position * tokens + rows.lowerBound) * 3 * width + head * headWidth
        compute.product(
            rows.count, headWidth, tokens, .transposed(scores + rows.lowerBound, stride: stride),
            .plain(kept.qkv + head * headWidth, stride: 3 * width), into: out + width, stride: 3 * width)
        compute.product(
            rows.count, headWidth, tokens,
            .transposed(kept.attention + head * tokens * stride + rows.lowerBound, stride: stride),
            .plain(dMixed + position * tokens * width + head * headWidth, stride: width), into: out + 2 * width,
            stride: 3 * width)
    }

    private func view(
        _ position: Int, rows: Range<Int>, _ gradient: UnsafePointer<Float>, headStride: Int
    ) -> AttentionGradient {
        AttentionGradient(
            layer: step.layer, position: position, classIndex: step.classes[position], heads: heads, tokens: tokens,
            prefixTokens: step.trace.prefixTokens, rows: rows, attentionBase: kept.attention.base,
            attentionHeadStride: tokens * stride, attentionStride: stride, gradientBase: gradient,
            gradientHeadStride: headStride, gradientStride: stride)
    }
}
