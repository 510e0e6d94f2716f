import Checkpoints
import Tensors

// The final norm, pooling and the linear heads, forward and back. D is the width, K the number of logits.
extension VisionTransformer {
    /// Logits and features from the residual stream after the last block.
    func forwardHead(_ stream: Workspace.Buffer, tokens: Int) -> (logits: [Float], features: [Float], HeadTrace) {
        let width = sizes.width
        let pools = configuration.head == .patchMean || !configuration.hasClassToken
        let rows = pools ? tokens : configuration.head == .classAndDistillation ? 2 : 1
        let normed: Workspace.Buffer
        var normalized: Workspace.Buffer?, rstd: Workspace.Buffer?
        if let final = parameters.norm {
            normed = workspace.take(rows * width)
            let (kept, deviations) = (workspace.take(rows * width), workspace.take(rows))
            norm(final, stream.base, rows: rows, kept, deviations, into: normed.base)
            (normalized, rstd) = (kept, deviations)
        } else {
            normed = stream
        }
        var features = [Float](repeating: 0, count: width)
        if pools {
            let prefix = configuration.prefixTokens
            for token in prefix..<tokens {
                for index in 0..<width { features[index] += normed.base[token * width + index] }
            }
            for index in 0..<width { features[index] /= Float(tokens - prefix) }
        } else {
            features = Array(UnsafeBufferPointer(start: normed.base, count: width))
        }
        var pooledNormalized: Workspace.Buffer?, pooledRstd: Workspace.Buffer?
        if let pooledNorm = parameters.pooledNorm {
            let (kept, deviation) = (workspace.take(width), workspace.take(1))
            let pooled = features
            features.withUnsafeMutableBufferPointer { out in
                pooled.withUnsafeBufferPointer {
                    norm(pooledNorm, $0.baseAddress!, rows: 1, kept, deviation, into: out.baseAddress!)
                }
            }
            (pooledNormalized, pooledRstd) = (kept, deviation)
        }
        var logits: [Float] = []
        if let head = parameters.head {
            logits = features.withUnsafeBufferPointer { apply(head, $0.baseAddress!) }
            if configuration.head == .classAndDistillation, let second = parameters.distillationHead {
                logits = zip(logits, apply(second, normed + width)).map { ($0 + $1) / 2 }
            }
        }
        let trace = HeadTrace(
            normalized: normalized, rstd: rstd, pooledNormalized: pooledNormalized, pooledRstd: pooledRstd)
        return (logits, features, trace)
    }

    /// ∂ logit / ∂ residual stream after the last block, for each class: `[classes, rows, D]`, where `rows` is the number
    /// of leading tokens the head reads, or all `tokens` for a pooled head or where `full`.
    func backwardHead(_ trace: Trace, classes: [Int], full: Bool) throws -> (gradient: Workspace.Buffer, rows: Int) {
        guard let head = parameters.head else { throw ModelError.noHead }
        if let mapHead, let slope = trace.head.readoutSlope {
            let gradient = mapHead.backward(
                classes: classes, grid: Grid(rows: trace.grid.height, columns: trace.grid.width),
                prefix: trace.prefixTokens, slope: slope, compute: compute, in: workspace)
            return (gradient, trace.tokens)
        }
        let width = sizes.width
        let pools = configuration.head == .patchMean
        let distills = configuration.head == .classAndDistillation
        let read = pools ? trace.tokens : distills ? 2 : 1
        let rows = full ? trace.tokens : read
        let gradient = workspace.take(classes.count * rows * width)
        gradient.base.update(repeating: 0, count: classes.count * rows * width)
        let upstream = workspace.take(read * width)
        for (position, index) in classes.enumerated() {
            let out = gradient + position * rows * width
            let weight = head.weight.base + index * width
            if pools {
                let pooled = workspace.take(width)
                if let pooledNorm = parameters.pooledNorm, let kept = trace.head.pooledNormalized,
                    let deviation = trace.head.pooledRstd {
                    pooled.base.update(repeating: 0, count: width)
                    compute.kernels.layer_norm_backward(
                        weight, 1, width, pooledNorm.weight.base, kept.base, deviation.base, pooled.base)
                } else {
                    pooled.base.update(from: weight, count: width)
                }
                upstream.base.update(repeating: 0, count: read * width)
                let share = 1 / Float(trace.tokens - trace.prefixTokens)
                for token in trace.prefixTokens..<trace.tokens {
                    compute.kernels.add_multiple(upstream + token * width, pooled.base, share, width)
                }
            } else {
                upstream.base.update(from: weight, count: width)
                if distills, let second = parameters.distillationHead {
                    (upstream + width).update(from: second.weight.base + index * width, count: width)
                    for offset in 0..<2 * width { upstream.base[offset] *= 0.5 }
                }
            }
            if let final = parameters.norm, let kept = trace.head.normalized, let deviations = trace.head.rstd {
                compute.kernels.layer_norm_backward(
                    upstream.base, read, width, final.weight.base, kept.base, deviations.base, out)
            } else {
                out.update(from: upstream.base, count: read * width)
            }
        }
        return (gradient, rows)
    }

    private func apply(_ linear: ParameterSet.Linear, _ x: UnsafePointer<Float>) -> [Float] {
        var y = linear.bias?.values ?? [Float](repeating: 0, count: linear.weight.shape[0])
        y.withUnsafeMutableBufferPointer {
            compute.linear(x, stride: sizes.width, rows: 1, linear.weight, beta: 1, into: $0.baseAddress!, stride: $0.count)
        }
        return y
    }
}
