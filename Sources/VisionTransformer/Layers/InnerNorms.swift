import Checkpoints
import Tensors

// Norms inside attention and MLP that some models have: of the heads' outputs before the projection, and of the hidden layer.
extension VisionTransformer {
    /// What the projection reads: the heads' outputs, `[rows, D]`, through their norm where there is one.
    func normMixed(_ block: ParameterSet.Block, _ mixed: Workspace.Buffer, rows: Int, _ kept: NormTrace?) -> Workspace.Buffer {
        if let difference = block.differential, let kept { return normHeads(difference, mixed, rows: rows, kept) }
        guard let inner = block.attentionNorm, let kept else { return mixed }
        let normed = workspace.take(rows * sizes.width)
        norm(inner, mixed.base, rows: rows, kept.normalized, kept.rstd, into: normed.base)
        return normed
    }

    /// The norm of the hidden layer, in place, where there is one; rows are `Sizes.hiddenStride` apart.
    func normHidden(_ block: ParameterSet.Block, _ hidden: Workspace.Buffer, rows: Int, _ kept: NormTrace?) {
        guard let inner = block.hiddenNorm, let kept else { return }
        let (width, stride, epsilon) = (sizes.hidden, sizes.hiddenStride, configuration.normEpsilon)
        let (weight, bias, normalize) = (inner.weight.base, inner.bias.base, inner.loop(of: compute.kernels))
        let (x, normalized, rstd) = (hidden.base, kept.normalized.base, kept.rstd.base)
        compute.forRanges(rows) { range in
            for row in range {
                let unit = normalized + row * width
                unit.update(from: x + row * stride, count: width)
                normalize(unit, 1, width, weight, bias, epsilon, unit, rstd + row, x + row * stride)
            }
        }
    }
}

extension BackwardStep {
    /// Through the norm of the heads' outputs, in place: `[K, given, D]`.
    func throughMixedNorm(_ kept: NormTrace, _ gradient: Workspace.Buffer) {
        if let difference = block.differential {
            let width = sizes.headWidth
            return through(difference.norm, kept, gradient, rows: given * sizes.heads, width: width, stride: width, to: nil)
        }
        guard let norm = block.attentionNorm else { return }
        through(norm, kept, gradient, rows: given, width: sizes.width, stride: sizes.width, to: sums?.attentionNorm)
    }

    /// Through the norm of the hidden layer, in place: `[K, given, F]` with rows `Sizes.hiddenStride` apart.
    func throughHiddenNorm(_ kept: NormTrace, _ gradient: Workspace.Buffer) {
        guard let norm = block.hiddenNorm else { return }
        through(norm, kept, gradient, rows: given, width: sizes.hidden, stride: sizes.hiddenStride, to: sums?.hiddenNorm)
    }

    private func through(
        _ norm: ParameterSet.Norm, _ kept: NormTrace, _ gradient: Workspace.Buffer, rows given: Int, width: Int, stride: Int,
        to sums: ParameterSet.Norm?
    ) {
        if let sums {
            for position in classes.indices {
                compute.sumProducts(
                    gradient + position * given * stride, stride: stride, kept.normalized.base, stride: width, rows: given, width: width,
                    into: sums.weight.sum)
            }
            if sums.kind == .layer {
                compute.sumRows(gradient.base, stride: stride, rows: classes.count * given, width: width, into: sums.bias.sum)
            }
        }
        let (weight, through) = (norm.weight.base, norm.backwardLoop(of: compute.kernels))
        let (base, normalized, rstd) = (gradient.base, kept.normalized.base, kept.rstd.base)
        compute.forRanges(classes.count * given) { range in
            let upstream = workspace.take(width)
            for row in range {
                let out = base + row * stride, token = row % given
                upstream.base.update(from: out, count: width)
                out.update(repeating: 0, count: width)
                through(upstream.base, 1, width, weight, normalized + token * width, rstd + token, out)
            }
        }
    }
}
