import Checkpoints
import Tensors

// Attention pooling: one learned query attends to the tokens after the final norm, and an MLP may follow (SigLIP has one, CoCa none).
// D is the tokens' width, E the pool's own.
//
// As in the last block of a class token (ReadoutBlock.swift) keys and values need not be formed: with the query q fixed a score is
// (Wkᵀq)·x + const, and the mixed value Wv(Σ a x) + bv.
struct PoolTrace: Sendable {
    /// What the pool read, `[rows, D]`, the final norm's output.
    let tokens: Workspace.Buffer
    /// The first token it read.
    let first: Int
    let rows: Int
    /// The query, `[E]`, Wkᵀq a head and what a head gathered, `[H, D]`; attention after soft-max, `[H, rows]`.
    let query: Workspace.Buffer, probes: Workspace.Buffer, gathered: Workspace.Buffer, attention: Workspace.Buffer
    /// The heads' outputs, `[E]`.
    let mixed: Workspace.Buffer
    var mlp: MLP?

    struct MLP: Sendable {
        /// Of the norm, `[E]` and one number, and its output.
        let normalized: Workspace.Buffer, rstd: Workspace.Buffer, normed: Workspace.Buffer
        /// The hidden layer and its slope, `[F]`.
        let slope: Workspace.Buffer, activated: Workspace.Buffer
    }
}

extension VisionTransformer {
    /// The pooled vector, `[E]`.
    ///
    /// - Parameter tokens: all tokens after the final norm, `[N, D]`.
    func forwardPool(
        _ pool: ParameterSet.AttentionPool, _ tokens: Workspace.Buffer, count: Int, prefix: Int,
        into result: UnsafeMutablePointer<Float>
    ) -> PoolTrace {
        let (width, own, heads) = (sizes.width, pool.width, poolHeads), headWidth = own / heads
        let first = configuration.attentionPool?.readsPrefix == true ? 0 : prefix, rows = count - first
        let x = tokens + first * width
        var trace = PoolTrace(
            tokens: tokens, first: first, rows: rows, query: workspace.take(own), probes: workspace.take(heads * width),
            gathered: workspace.take(heads * width), attention: workspace.take(heads * rows), mixed: workspace.take(own))
        if let query = pool.query {
            apply(query, pool.latent.base, into: trace.query.base)
        } else {
            trace.query.base.update(from: pool.latent.base, count: own)
        }
        for head in 0..<heads {
            compute.product(
                1, width, headWidth, .plain(trace.query + head * headWidth, stride: own),
                .plain(pool.key.weight.base + head * headWidth * width, stride: width), into: trace.probes + head * width, stride: width)
        }
        compute.product(
            heads, rows, width, .plain(trace.probes.base, stride: width), .transposed(x, stride: width), into: trace.attention.base,
            stride: rows)
        compute.kernels.softmax(trace.attention.base, rows, heads, rows, 1 / Float(headWidth).squareRoot())
        compute.product(
            heads, width, rows, .plain(trace.attention.base, stride: rows), .plain(x, stride: width), into: trace.gathered.base,
            stride: width)
        trace.mixed.base.update(from: (pool.value.bias ?? zeros).base, count: own)
        for head in 0..<heads {
            compute.product(
                1, headWidth, width, .plain(trace.gathered + head * width, stride: width),
                .transposed(pool.value.weight.base + head * headWidth * width, stride: width), beta: 1,
                into: trace.mixed + head * headWidth, stride: own)
        }
        apply(pool.projection, trace.mixed.base, into: result)
        if let mlp = pool.mlp { trace.mlp = addMLP(mlp, width: own, to: result) }
        return trace
    }

    /// Adds the MLP of the pool's vector to it.
    private func addMLP(
        _ mlp: ParameterSet.AttentionPool.MLP, width: Int, to result: UnsafeMutablePointer<Float>
    ) -> PoolTrace.MLP {
        let hidden = mlp.expand.weight.shape[0]
        let trace = PoolTrace.MLP(
            normalized: workspace.take(width), rstd: workspace.take(1), normed: workspace.take(width),
            slope: workspace.take(hidden), activated: workspace.take(hidden))
        let (norm, epsilon) = (mlp.norm, configuration.normEpsilon)
        trace.normalized.base.update(from: result, count: width)
        norm.loop(of: compute.kernels)(
            trace.normalized.base, 1, width, norm.weight.base, norm.bias.base, epsilon, trace.normalized.base, trace.rstd.base,
            trace.normed.base)
        // The bias is the activation's to add.
        compute.linear(trace.normed.base, stride: width, rows: 1, mlp.expand.weight, into: trace.slope.base, stride: hidden)
        let bias = mlp.expand.bias ?? Tensor(shape: [hidden])
        compute.kernels.activate(trace.slope.base, 1, hidden, bias.base, poolActivation.kernel, trace.activated.base)
        if let bias = mlp.contract.bias { compute.kernels.add_multiple(result, bias.base, 1, width) }
        compute.linear(trace.activated.base, stride: hidden, rows: 1, mlp.contract.weight, beta: 1, into: result, stride: width)
        return trace
    }

    /// ∂ scalar / ∂ the tokens after the final norm, `[N, D]`, from that by the pooled vector; rows that the pool does not read are
    /// left as they are.
    ///
    /// - Parameter visit: called with ∂ scalar / ∂ the pool's attention, `[H, rows]`.
    func backwardPool(
        _ pool: ParameterSet.AttentionPool, _ trace: PoolTrace, _ gradient: UnsafePointer<Float>,
        into dTokens: UnsafeMutablePointer<Float>, addingTo sums: ParameterSet.AttentionPool?,
        visit: ((UnsafePointer<Float>) throws -> Void)? = nil
    ) throws {
        let (width, own, heads, rows) = (sizes.width, pool.width, poolHeads, trace.rows), headWidth = own / heads
        let x = trace.tokens + trace.first * width
        func add(_ dY: Workspace.Buffer, _ x: UnsafePointer<Float>, _ inputs: Int, to linear: ParameterSet.Linear) {
            compute.addGradient(dY.base, stride: linear.weight.shape[0], x, stride: inputs, rows: 1, scalars: 1, to: linear)
        }
        let upstream = workspace.take(own)
        upstream.base.update(from: gradient, count: own)
        if let mlp = pool.mlp, let trace = trace.mlp {
            let hidden = mlp.expand.weight.shape[0], dHidden = workspace.take(hidden), dNormed = workspace.take(own)
            compute.linearBackward(upstream.base, stride: own, rows: 1, mlp.contract.weight, into: dHidden.base, stride: hidden)
            compute.kernels.multiply(dHidden.base, trace.slope.base, hidden)
            compute.linearBackward(dHidden.base, stride: hidden, rows: 1, mlp.expand.weight, into: dNormed.base, stride: own)
            if let sums = sums?.mlp {
                add(upstream, trace.activated.base, hidden, to: sums.contract)
                add(dHidden, trace.normed.base, own, to: sums.expand)
                compute.addGradient(dNormed.base, trace.normalized.base, rows: 1, scalars: 1, width: own, to: sums.norm)
            }
            mlp.norm.backwardLoop(of: compute.kernels)(
                dNormed.base, 1, own, mlp.norm.weight.base, trace.normalized.base, trace.rstd.base, upstream.base)
        }
        let dMixed = workspace.take(own), lifted = workspace.take(heads * width), scores = workspace.take(heads * rows)
        compute.linearBackward(upstream.base, stride: own, rows: 1, pool.projection.weight, into: dMixed.base, stride: own)
        for head in 0..<heads {
            compute.product(
                1, width, headWidth, .plain(dMixed + head * headWidth, stride: own),
                .plain(pool.value.weight.base + head * headWidth * width, stride: width), into: lifted + head * width, stride: width)
        }
        compute.product(
            heads, rows, width, .plain(lifted.base, stride: width), .transposed(x, stride: width), into: scores.base, stride: rows)
        // What the values' bias adds to a row is the same for all tokens, and soft-max's way back does not see it.
        if let visit {
            let whole = workspace.take(heads * rows)
            for head in 0..<heads {
                let part = head * headWidth, bias = (pool.value.bias ?? zeros).base
                let constant = compute.kernels.dot(dMixed + part, bias + part, headWidth)
                for row in head * rows..<(head + 1) * rows { whole.base[row] = scores.base[row] + constant }
            }
            try visit(whole.base)
        }
        compute.kernels.softmax_backward(
            scores.base, trace.attention.base, rows, heads, rows, 1 / Float(headWidth).squareRoot())
        let out = dTokens + trace.first * width
        compute.product(
            rows, width, heads, .transposed(trace.attention.base, stride: rows), .plain(lifted.base, stride: width), into: out,
            stride: width)
        compute.product(
            rows, width, heads, .transposed(scores.base, stride: rows), .plain(trace.probes.base, stride: width), beta: 1, into: out,
            stride: width)
        guard let sums else { return }
        add(upstream, trace.mixed.base, own, to: sums.projection)
        let dProbes = workspace.take(heads * width), dQuery = workspace.take(own)
        compute.product(
            heads, width, rows, .plain(scores.base, stride: rows), .plain(x, stride: width), into: dProbes.base, stride: width)
        for head in 0..<heads {
            let part = head * headWidth
            compute.linearGradient(
                dMixed + part, stride: own, trace.gathered + head * width, stride: width, rows: 1,
                into: sums.value.weight.sum + part * width, outputs: headWidth, inputs: width)
            compute.linearGradient(
                trace.query + part, stride: own, dProbes + head * width, stride: width, rows: 1,
                into: sums.key.weight.sum + part * width, outputs: headWidth, inputs: width)
            compute.product(
                1, headWidth, width, .plain(dProbes + head * width, stride: width),
                .transposed(pool.key.weight.base + part * width, stride: width), into: dQuery + part, stride: own)
        }
        if let bias = sums.value.bias { compute.sumRows(dMixed.base, stride: own, rows: 1, width: own, into: bias.sum) }
        var dLatent = dQuery
        if let query = pool.query, let sum = sums.query {
            add(dQuery, pool.latent.base, own, to: sum)
            dLatent = workspace.take(own)
            compute.linearBackward(dQuery.base, stride: own, rows: 1, query.weight, into: dLatent.base, stride: own)
        }
        compute.sumRows(dLatent.base, stride: own, rows: 1, width: own, into: sums.latent.sum)
    }

    /// Lends the attention of the pool's one query, row 0, after soft-max; nil where the model has no pool. Its tokens are those that
    /// the pool reads.
    public func withPoolAttention<Result>(of trace: Trace, _ body: (AttentionRows) throws -> Result) rethrows -> Result? {
        guard let kept = trace.head.pool else { return nil }
        defer { withExtendedLifetime(trace) {} }
        return try body(AttentionRows(
            heads: poolHeads, tokens: kept.rows, rows: 0..<1, base: kept.attention.base, headStride: kept.rows, rowStride: kept.rows))
    }

    /// Calls `visit` with the pool's attention and the gradient by it of every scalar, as of one layer more: row 0 is the pool's query,
    /// tokens are those that it reads. No block is gone through.
    ///
    /// - Throws: `ModelError`, also where the model has no pool, and what `visit` throws.
    public func poolGradients(of trace: Trace, from logits: Cotangents.Logits, visit: (AttentionGradient) throws -> Void) throws {
        guard let kept = trace.head.pool else { throw ModelError.input("the model's head does not pool by attention") }
        let classes = try check(Cotangents(logits: logits), BackwardWants(), trace)
        let heads = poolHeads
        try withoutActuallyEscaping(visit) { visit in
            _ = try backwardHead(trace, from: logits, count: classes.count, nil) { position, gradient in
                try visit(AttentionGradient(
                    layer: trace.depth, position: position, classIndex: classes[position], heads: heads, tokens: kept.rows,
                    prefixTokens: trace.prefixTokens - kept.first, rows: 0..<1, attentionBase: kept.attention.base,
                    attentionHeadStride: kept.rows, attentionStride: kept.rows, gradientBase: gradient, gradientHeadStride: kept.rows,
                    gradientStride: kept.rows))
            }
        }
        try checkParameters()
    }

    private var poolHeads: Int { configuration.attentionPool?.heads ?? sizes.heads }

    /// The pool's MLP has no gate, whatever the blocks' has.
    private var poolActivation: Activation { configuration.hasGate ? .gelu : configuration.activation.kernel }
}
