import Checkpoints
import Glibc
import Tensors

// The final norm, pooling and the linear heads, forward and back. D is the width, K the number of logits.
extension VisionTransformer {
    /// Logits and features from the residual stream after the last block.
    func forwardHead(_ stream: Workspace.Buffer, tokens: Int) -> (logits: [Float], features: [Float], HeadTrace) {
        let width = sizes.width
        let pools = configuration.head == .patchMean || !configuration.hasClassToken
        let readsAll = pools || configuration.head == .classTokenAndPatchMean
        let rows = readsAll ? tokens : configuration.head == .classAndDistillation ? 2 : 1
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
        var features = pools ? [] : Array(UnsafeBufferPointer(start: normed.base, count: width))
        if readsAll {
            let prefix = configuration.prefixTokens
            var mean = [Float](repeating: 0, count: width)
            for token in prefix..<tokens {
                for index in 0..<width { mean[index] += normed.base[token * width + index] }
            }
            features += mean.map { $0 / Float(tokens - prefix) }
        }
        var pooledNormalized: Workspace.Buffer?, pooledRstd: Workspace.Buffer?
        if let pooledNorm = parameters.pooledNorm {
            let (kept, deviation) = (workspace.take(width), workspace.take(1))
            var pooled = features
            features.withUnsafeMutableBufferPointer { out in
                pooled.withUnsafeMutableBufferPointer {
                    norm(pooledNorm, $0.baseAddress!, rows: 1, kept, deviation, into: out.baseAddress!)
                }
            }
            (pooledNormalized, pooledRstd) = (kept, deviation)
        }
        if let projection = parameters.projection {
            features = features.withUnsafeBufferPointer { apply(projection, $0.baseAddress!) }
        }
        if let preLogits = parameters.preLogits {
            features = features.withUnsafeBufferPointer { apply(preLogits, $0.baseAddress!) }.map { tanhf($0) }
        }
        var logits: [Float] = []
        if let head = parameters.head {
            logits = features.withUnsafeBufferPointer { apply(head, $0.baseAddress!) }
            if configuration.head == .classAndDistillation, let second = parameters.distillationHead {
                logits = zip(logits, apply(second, normed + width)).map { ($0 + $1) / 2 }
            }
            if configuration.head == .zeroShot {
                let scale = (parameters.logitScale ?? 1) / Self.length(features)
                logits = logits.map { $0 * scale }
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
        let both = configuration.head == .classTokenAndPatchMean
        let read = pools || both ? trace.tokens : distills ? 2 : 1
        let rows = full ? trace.tokens : read
        let gradient = workspace.take(classes.count * rows * width)
        gradient.base.update(repeating: 0, count: classes.count * rows * width)
        let upstream = workspace.take(read * width)
        for (position, index) in classes.enumerated() {
            let out = gradient + position * rows * width
            let row = head.weight.base + index * head.weight.shape[1]
            let byFeature = throughLayers(row, count: head.weight.shape[1], trace, logit: trace.logits[index])
            let weight = UnsafePointer(byFeature.base)
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
            } else if both {
                upstream.base.update(repeating: 0, count: read * width)
                upstream.base.update(from: weight, count: width)
                let share = 1 / Float(trace.tokens - trace.prefixTokens)
                for token in trace.prefixTokens..<trace.tokens {
                    compute.kernels.add_multiple(upstream + token * width, weight + width, share, width)
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

    /// ∂ logit / ∂ token features, from a row of the head's weight: through the cosine, the pre-logits layer and the
    /// projection, where the model has them.
    ///
    /// With f the features and t the text's embedding of length one, logit = s·(f·t)/|f|, and its gradient is
    /// (s·t − logit·f/|f|)/|f|.
    private func throughLayers(
        _ row: UnsafePointer<Float>, count: Int, _ trace: Trace, logit: Float
    ) -> Workspace.Buffer {
        var gradient = workspace.take(count)
        gradient.base.update(from: row, count: count)
        if configuration.head == .zeroShot {
            let length = Self.length(trace.features)
            for index in 0..<count {
                let direct = (parameters.logitScale ?? 1) * row[index]
                gradient.base[index] = (direct - logit * trace.features[index] / length) / length
            }
        }
        if let preLogits = parameters.preLogits {
            for (index, value) in trace.features.enumerated() { gradient.base[index] *= 1 - value * value }
            gradient = back(preLogits, gradient)
        }
        if let projection = parameters.projection { gradient = back(projection, gradient) }
        return gradient
    }

    /// The input gradient of one row through a layer.
    private func back(_ linear: ParameterSet.Linear, _ gradient: Workspace.Buffer) -> Workspace.Buffer {
        let (rows, columns) = (linear.weight.shape[0], linear.weight.shape[1])
        let result = workspace.take(columns)
        compute.linearBackward(gradient.base, stride: rows, rows: 1, linear.weight, into: result.base, stride: columns)
        return result
    }

    private static func length(_ x: [Float]) -> Float {
        let sum = x.reduce(0.0) { $0 + Double($1) * Double($1) }
        return max(Float(sum.squareRoot()), .leastNormalMagnitude)
    }

    private func apply(_ linear: ParameterSet.Linear, _ x: UnsafePointer<Float>) -> [Float] {
        var y = linear.bias?.values ?? [Float](repeating: 0, count: linear.weight.shape[0])
        y.withUnsafeMutableBufferPointer {
            compute.linear(
                x, stride: linear.weight.shape[1], rows: 1, linear.weight, beta: 1, into: $0.baseAddress!, stride: $0.count)
        }
        return y
    }
}
