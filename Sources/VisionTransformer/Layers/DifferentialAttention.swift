import Checkpoints
import Tensors

// Attention that is the difference of two soft-maxes, A = A₁ − λ·A₂, each of half of every head's queries and keys, and the norm of
// every head's output. A is the attention wherever maps ask for it: it multiplies the values. Its rows sum to 1 − λ, and parts of
// them may be below zero.
extension VisionTransformer {
    /// As ``attend(_:_:tokens:)``, of such an attention; `parts` get A₁ and A₂.
    func attend(
        _ trace: BlockTrace, as difference: ParameterSet.Differential, _ parts: (first: Workspace.Buffer, second: Workspace.Buffer),
        tokens: Int
    ) {
        let (width, headWidth, half, stride) = (sizes.attentionWidth, sizes.headWidth, sizes.scoreWidth, trace.attentionStride)
        compute.pool.forEach(sizes.heads) { head in
            let qkv = trace.qkv + head * headWidth, whole = trace.attention + head * tokens * stride
            for (part, scores) in [parts.first + head * tokens * stride, parts.second + head * tokens * stride].enumerated() {
                compute.product(
                    tokens, tokens, half, .plain(qkv + part * half, stride: 3 * width),
                    .transposed(qkv + width + part * half, stride: 3 * width), into: scores, stride: stride)
                compute.kernels.softmax(scores, stride, tokens, tokens, sizes.scale)
                for row in 0..<tokens {
                    if part == 0 {
                        (whole + row * stride).update(from: scores + row * stride, count: tokens)
                    } else {
                        compute.kernels.add_multiple(whole + row * stride, scores + row * stride, -difference.share, tokens)
                    }
                }
            }
            compute.product(
                tokens, headWidth, tokens, .plain(whole, stride: stride), .plain(qkv + 2 * width, stride: 3 * width),
                into: trace.mixed + head * headWidth, stride: width)
        }
    }

    /// The norm of every head's output.
    func normHeads(
        _ difference: ParameterSet.Differential, _ mixed: Workspace.Buffer, rows: Int, _ kept: NormTrace
    ) -> Workspace.Buffer {
        let (width, heads, headWidth) = (sizes.attentionWidth, sizes.heads, sizes.headWidth), normed = workspace.take(rows * width)
        let (x, normalized, rstd, y) = (mixed.base, kept.normalized.base, kept.rstd.base, normed.base)
        let (weight, bias) = (difference.norm.weight.base, difference.norm.bias.base)
        let normalize = difference.norm.loop(of: compute.kernels)
        compute.forRanges(rows) { range in
            let first = range.lowerBound * width, unit = normalized + first
            unit.update(from: x + first, count: range.count * width)
            normalize(
                unit, range.count * heads, headWidth, weight, bias, ParameterSet.Differential.normEpsilon, unit,
                rstd + range.lowerBound * heads, y + first)
        }
        return normed
    }
}

extension AttentionBackward {
    /// As ``through(reusing:)``: with dA the gradient by the difference, that of A₁ is dA and that of A₂ is −λ·dA.
    func through(
        _ difference: ParameterSet.Differential, _ parts: (first: Workspace.Buffer, second: Workspace.Buffer),
        reusing gradient: Workspace.Buffer?
    ) -> Workspace.Buffer {
        let dQKV = step.workspace.take(step.classes.count * tokens * 3 * width), size = tokens * stride
        let (half, scale) = (step.sizes.scoreWidth, step.sizes.scale)
        compute.pool.forEach(pairs) { pair in
            let (position, head) = (pair / heads, pair % heads)
            let scratch = [step.workspace.take(size), step.workspace.take(size)]
            if let gradient {
                scratch[0].base.update(from: gradient + pair * size, count: size)
            } else {
                attentionGradient(pair, 0..<tokens, into: scratch[0].base)
            }
            scratch[1].base.update(from: scratch[0].base, count: size)
            let out = dQKV + position * tokens * 3 * width + head * headWidth, qkv = kept.qkv + head * headWidth
            for (part, scores) in scratch.enumerated() {
                compute.kernels.softmax_backward(
                    scores.base, (part == 0 ? parts.first : parts.second) + head * size, stride, tokens, tokens,
                    part == 0 ? scale : -difference.share * scale)
                compute.product(
                    tokens, half, tokens, .plain(scores.base, stride: stride), .plain(qkv + width + part * half, stride: 3 * width),
                    into: out + part * half, stride: 3 * width)
                compute.product(
                    tokens, half, tokens, .transposed(scores.base, stride: stride), .plain(qkv + part * half, stride: 3 * width),
                    into: out + width + part * half, stride: 3 * width)
            }
            compute.product(
                tokens, headWidth, tokens, .transposed(kept.attention + head * size, stride: stride),
                .plain(dMixed + position * tokens * width + head * headWidth, stride: width), into: out + 2 * width, stride: 3 * width)
        }
        return dQKV
    }
}
