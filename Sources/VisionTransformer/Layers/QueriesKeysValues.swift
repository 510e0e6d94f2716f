import Checkpoints
import Tensors

// Queries, keys and values of every head, and the norms that some models put on queries and keys, few on values, too.
extension VisionTransformer {
    /// Queries, keys and values of the rows of `x`, `[rows, 3A]`.
    func queriesKeysValues(
        _ layer: Int, _ x: UnsafePointer<Float>, stride: Int, rows: Int, into qkv: UnsafeMutablePointer<Float>
    ) {
        let width = sizes.attentionWidth
        let block = parameters.blocks[layer]
        let (q, k, v) = ((block.query.bias ?? zeros).base, (block.key.bias ?? zeros).base, (block.value.bias ?? zeros).base)
        compute.forRanges(rows) { range in
            for row in range {
                let out = qkv + row * 3 * width
                out.update(from: q, count: width)
                (out + width).update(from: k, count: width)
                (out + 2 * width).update(from: v, count: width)
            }
        }
        if let fused = fusedWeights[layer] {
            compute.linear(x, stride: stride, rows: rows, fused, beta: 1, into: qkv, stride: 3 * width)
        } else {
            func project(_ part: Int, _ linear: ParameterSet.Linear) {
                compute.linear(x, stride: stride, rows: rows, linear.weight, beta: 1, into: qkv + part * width, stride: 3 * width)
            }
            project(0, block.query)
            project(1, block.key)
            project(2, block.value)
        }
    }

    /// The norms of every head's queries and keys, and of values, in place, where the block has them.
    func normQueriesAndKeys(_ block: ParameterSet.Block, _ trace: BlockTrace, tokens: Int) {
        guard let query = block.queryNorm, let key = block.keyNorm, let kept = trace.normalizedQK, let rstd = trace.rstdQK
        else { return }
        let (width, heads, headWidth) = (sizes.attentionWidth, sizes.scoreHeads, sizes.scoreWidth)
        let (third, parts) = (block.valueNorm ?? key, block.normedParts)
        let weights = (query: query.weight.base, key: key.weight.base, value: third.weight.base)
        let biases = (query: query.bias.base, key: key.bias.base, value: third.bias.base)
        let (qkv, keptBase, rstdBase, normalize) = (trace.qkv.base, kept.base, rstd.base, query.loop(of: compute.kernels))
        compute.forRanges(tokens) { range in
            for token in range {
                for part in 0..<parts {
                    let x = qkv + token * 3 * width + part * width
                    let normalized = keptBase + (token * parts + part) * width
                    normalized.update(from: x, count: width)
                    normalize(
                        normalized, heads, headWidth, part == 0 ? weights.query : part == 1 ? weights.key : weights.value,
                        part == 0 ? biases.query : part == 1 ? biases.key : biases.value, configuration.normEpsilon,
                        normalized, rstdBase + (token * parts + part) * heads, x)
                }
            }
        }
    }
}

extension BackwardStep {
    /// ∂ logit / ∂ output of norm 1, `[K, wanted, D]`, from that of queries, keys and values, `[K, wanted, 3A]`, which is
    /// written over.
    func throughQueriesKeysValues(_ kept: BlockTrace, _ dQKV: Workspace.Buffer) -> Workspace.Buffer {
        let width = sizes.attentionWidth, own = sizes.width
        let dTokens = workspace.take(classes.count * wanted * own)
        let count = classes.count * wanted
        if let rotation {
            for position in classes.indices {
                model.rotateQueriesAndKeys(
                    dQKV + position * wanted * 3 * width, rows: wanted, by: rotation, layer: layer, isBackwards: true)
            }
        }
        throughQueryKeyNorms(kept, dQKV)
        if let sums { addGradient(dQKV, attentionInput(kept, rows: wanted), to: sums) }
        if let fused = model.fusedWeights[layer] {
            compute.linearBackward(dQKV.base, stride: 3 * width, rows: count, fused, into: dTokens.base, stride: own)
        } else {
            func back(_ part: Int, _ linear: ParameterSet.Linear) {
                compute.linearBackward(
                    dQKV + part * width, stride: 3 * width, rows: count, linear.weight, beta: part == 0 ? 0 : 1,
                    into: dTokens.base, stride: own)
            }
            back(0, block.query)
            back(1, block.key)
            back(2, block.value)
        }
        return dTokens
    }

    /// Adds the gradients of the three layers' parameters.
    private func addGradient(_ dQKV: Workspace.Buffer, _ input: Workspace.Buffer, to sums: ParameterSet.Block) {
        let width = sizes.attentionWidth, own = sizes.width
        if let fused = model.fusedWeights[layer], sums.hasFusedWeight {
            for position in classes.indices {
                compute.linearGradient(
                    dQKV + position * wanted * 3 * width, stride: 3 * width, input.base, stride: sizes.widthStride,
                    rows: wanted, into: sums.query.weight.sum, outputs: fused.shape[0], inputs: own)
            }
        } else {
            func add(_ part: Int, to weight: Tensor) {
                for position in classes.indices {
                    compute.linearGradient(
                        dQKV + position * wanted * 3 * width + part * width, stride: 3 * width, input.base,
                        stride: sizes.widthStride, rows: wanted, into: weight.sum, outputs: width, inputs: own)
                }
            }
            add(0, to: sums.query.weight)
            add(1, to: sums.key.weight)
            add(2, to: sums.value.weight)
        }
        func add(_ part: Int, to bias: Tensor?) {
            guard let bias else { return }
            compute.sumRows(
                dQKV + part * width, stride: 3 * width, rows: classes.count * wanted, width: width, into: bias.sum)
        }
        add(0, to: sums.query.bias)
        // Soft-max does not see what is added to all scores of a query: the bias that comes last before the scores, the
        // keys' or their norm's, has no gradient, and what rounding leaves would be noise that some optimizers blow up. Turned
        // keys' bias is another at every patch.
        if block.keyNorm != nil || rotation != nil { add(1, to: sums.key.bias) }
        add(2, to: sums.value.bias)
    }

    /// Adds the gradients of the norms of queries and keys; `dQKV` is still that of their outputs.
    private func addNormGradient(_ dQKV: Workspace.Buffer, _ normalized: Workspace.Buffer, to sums: ParameterSet.Block) {
        let (width, heads, headWidth) = (sizes.attentionWidth, sizes.scoreHeads, sizes.scoreWidth)
        for part in 0..<2 {
            guard let norm = part == 0 ? sums.queryNorm : sums.keyNorm else { continue }
            for position in classes.indices {
                for head in 0..<heads {
                    let given = dQKV + position * wanted * 3 * width + part * width + head * headWidth
                    compute.sumProducts(
                        given, stride: 3 * width, normalized + part * width + head * headWidth, stride: block.normedParts * width,
                        rows: wanted, width: headWidth, into: norm.weight.sum)
                    // The keys' norm's has none, see above.
                    guard norm.kind == .layer, part == 0 || rotation != nil else { continue }
                    compute.sumRows(given, stride: 3 * width, rows: wanted, width: headWidth, into: norm.bias.sum)
                }
            }
        }
    }

    /// Through the norms of queries and keys, and of values, in place, where the block has them; `dQKV` is `[K, wanted, 3A]`.
    private func throughQueryKeyNorms(_ kept: BlockTrace, _ dQKV: Workspace.Buffer) {
        guard let query = block.queryNorm, let key = block.keyNorm, let normalized = kept.normalizedQK,
            let rstd = kept.rstdQK
        else { return }
        let (width, heads, headWidth) = (sizes.attentionWidth, sizes.scoreHeads, sizes.scoreWidth)
        if let sums { addNormGradient(dQKV, normalized, to: sums) }
        let (third, parts) = (block.valueNorm ?? key, block.normedParts)
        let weights = (query: query.weight.base, key: key.weight.base, value: third.weight.base)
        let (gradient, normalizedBase, rstdBase) = (dQKV.base, normalized.base, rstd.base)
        let through = query.backwardLoop(of: compute.kernels)
        compute.forRanges(classes.count * wanted) { range in
            let given = workspace.take(width)
            for row in range {
                for part in 0..<parts {
                    let out = gradient + row * 3 * width + part * width
                    let place = row % wanted * parts + part
                    given.base.update(from: out, count: width)
                    out.update(repeating: 0, count: width)
                    through(
                        given.base, heads, headWidth, part == 0 ? weights.query : part == 1 ? weights.key : weights.value,
                        normalizedBase + place * width, rstdBase + place * heads, out)
                }
            }
        }
    }
}

extension ParameterSet.Block {
    /// How many of queries, keys and values go through norms, where any do.
    var normedParts: Int { valueNorm == nil ? 2 : 3 }

    /// Query, key and value weights as one `[3A, D]` tensor, where they lie side by side in memory.
    var fusedWeight: Tensor? {
        let (q, k, v) = (query.weight, key.weight, value.weight)
        guard hasFusedWeight else { return nil }
        let owner = WeightOwner(tensors: [q, k, v])
        return Tensor(shape: [q.shape[0] * 3, q.shape[1]], borrowing: q.base, owner: owner)
    }

    /// Whether ``fusedWeight`` is there.
    var hasFusedWeight: Bool {
        key.weight.base == query.weight.base + query.weight.count && value.weight.base == key.weight.base + key.weight.count
    }
}

/// Keeps tensors alive for a view over all of them.
private final class WeightOwner: Sendable {
    let tensors: [Tensor]
    init(tensors: [Tensor]) { self.tensors = tensors }
}
