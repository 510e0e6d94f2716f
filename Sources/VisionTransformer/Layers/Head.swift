import Checkpoints
import Glibc
import Tensors

// The final norm, pooling and the linear heads, forward and back. D is the width, K the number of logits.
extension VisionTransformer {
    /// Tokens that the final norm before the head reads.
    func headRows(tokens: Int) -> Int {
        configuration.readsPatches ? tokens : configuration.head == .classAndDistillation ? 2 : configuration.classTokens
    }

    /// Numbers of what pooling gives.
    private var pooledWidth: Int { parameters.attentionPool?.width ?? parameters.merger?.width ?? sizes.width }

    /// Logits and features from the residual stream after the last block, and what the way back needs: fills the trace.
    func forwardHead(_ stream: Workspace.Buffer, _ extents: PassExtents, _ trace: Trace) {
        let width = sizes.width, tokens = extents.tokens, rows = headRows(tokens: tokens)
        var kept = trace.views?.head
            ?? HeadTrace(extents, rows: parameters.norm.map { _ in rows }, pooled: parameters.pooledNorm?.weight.count, in: workspace)
        // The lists' memory serves again.
        swap(&kept.inputs, &trace.head.inputs)
        trace.head = kept
        var normed = stream
        if let final = parameters.norm, let normalized = kept.normalized, let rstd = kept.rstd {
            normed = workspace.take(rows * width)
            norm(final, stream.base, rows: rows, normalized, rstd, into: normed.base)
        }
        /// Room for what a layer reads and gives.
        let longest = max(parameters.projection?.weight.shape[0] ?? 0, parameters.preLogits?.weight.shape[0] ?? 0, 2 * width, pooledWidth)
        let features = workspace.take(longest), other = workspace.take(longest)
        var (current, next, count) = (features.base, other.base, 0)
        if let pool = parameters.attentionPool {
            trace.head.pool = forwardPool(pool, normed, count: tokens, prefix: extents.prefix, into: current)
            count = pooledWidth
        } else if let merger = parameters.merger {
            trace.head.merger = forwardMerger(merger, normed, extents, into: current)
            count = pooledWidth
        } else if !configuration.poolsPatches {
            average(normed.base, 0..<configuration.classTokens, into: current)
            count = width
        }
        if parameters.attentionPool == nil, parameters.merger == nil, configuration.readsPatches {
            average(normed.base, extents.prefix..<tokens, into: current + count)
            count += width
        }
        if let standardization = parameters.standardization { standardize(current, by: standardization) }
        if let pooledNorm = parameters.pooledNorm, let normalized = kept.pooledNormalized, let rstd = kept.pooledRstd {
            next.update(from: current, count: count)
            pooledNorm.loop(of: compute.kernels)(
                next, 1, pooledNorm.weight.count, pooledNorm.weight.base, pooledNorm.bias.base, configuration.normEpsilon,
                normalized.base, rstd.base, current)
        }
        /// Takes the features through a layer and keeps what it read.
        func apply(_ linear: ParameterSet.Linear, reads: inout [Float]) {
            reads.replaceElements(current, count)
            count = linear.weight.shape[0]
            self.apply(linear, current, into: next)
            swap(&current, &next)
        }
        if let projection = parameters.projection { apply(projection, reads: &trace.head.inputs.projection) }
        if let preLogits = parameters.preLogits {
            apply(preLogits, reads: &trace.head.inputs.preLogits)
            for index in 0..<count { current[index] = tanhf(current[index]) }
        }
        trace.features.replaceElements(current, count)
        guard let head = parameters.head else { return }
        if configuration.head == .zeroShot { return readTexts(head, current, into: trace) }
        let classes = head.weight.shape[0], logits = workspace.take(2 * classes)
        self.apply(head, current, into: logits.base)
        if configuration.head == .classAndDistillation, let second = parameters.distillationHead {
            trace.head.inputs.distillation.replaceElements(normed + width, width)
            self.apply(second, normed + width, into: logits + classes)
            for index in 0..<classes { logits.base[index] = (logits.base[index] + logits.base[classes + index]) / 2 }
        }
        trace.logits.replaceElements(logits.base, classes)
    }

    /// A mean of tokens, or a token in place of it, `[D]`, as the model reads it.
    func standardize(_ mean: UnsafeMutablePointer<Float>, by standardization: ParameterSet.Standardization) {
        compute.kernels.multiply(mean, standardization.factor.base, sizes.width)
        compute.kernels.add_multiple(mean, standardization.shift.base, 1, sizes.width)
    }

    /// The mean of some tokens' rows, `[D]`.
    func average(_ rows: UnsafePointer<Float>, _ tokens: Range<Int>, into mean: UnsafeMutablePointer<Float>) {
        let width = sizes.width
        mean.update(from: rows + tokens.lowerBound * width, count: width)
        guard tokens.count > 1 else { return }
        for token in tokens.dropFirst() {
            for index in 0..<width { mean[index] += rows[token * width + index] }
        }
        for index in 0..<width { mean[index] /= Float(tokens.count) }
    }

    /// The logits of classes in words, and of words of the background: scaled cosines of the trace's features, at `features`, with texts.
    private func readTexts(_ head: ParameterSet.Linear, _ features: UnsafePointer<Float>, into trace: Trace) {
        let scale = (parameters.logitScale ?? 1) / Self.length(trace.features)
        func read(_ texts: ParameterSet.Linear, into logits: inout [Float]) {
            let count = texts.weight.shape[0], cosines = workspace.take(count)
            apply(texts, features, into: cosines.base)
            for index in 0..<count { cosines.base[index] = cosines.base[index] * scale + (parameters.logitBias ?? 0) }
            logits.replaceElements(cosines.base, count)
        }
        read(head, into: &trace.logits)
        if let background = parameters.background { read(background, into: &trace.backgroundLogits) }
    }

    /// The pass that left `trace` in a model which differs from this one in the texts of its head alone, as one of this model: all but
    /// the logits is shared. Nil where this model's head is not made of texts, or does not read what the pass gave.
    package func reclassified(_ trace: Trace) -> Trace? {
        guard configuration.head == .zeroShot, let head = parameters.head, head.weight.shape[1] == trace.features.count,
            trace.depth == parameters.blocks.count
        else { return nil }
        let result = trace.shared()
        trace.features.withUnsafeBufferPointer { features in
            if let base = features.baseAddress { readTexts(head, base, into: result) }
        }
        return result
    }

    /// ∂ scalar / ∂ residual stream after the last block, for each of `count` scalars: `[count, rows, D]`, where `rows` is the
    /// number of leading tokens the head reads, or all tokens for a pooled head or where the last block was computed for all.
    ///
    /// - Parameters:
    ///   - arena: where the gradients of the head's parameters are added up; nil where they are not wanted.
    ///   - holdsScales: takes norms' deviations, and the length that a cosine divides by, for constants, which makes of the head
    ///     a linear function of what it reads.
    ///   - visitPool: called with every scalar's position and its derivatives by the attention of the head's pool, `[H, rows]`.
    func backwardHead(
        _ trace: Trace, from logits: Cotangents.Logits, count: Int, _ arena: ParameterArena?, holdsScales: Bool = false,
        visitPool: ((Int, UnsafePointer<Float>) throws -> Void)? = nil
    ) throws -> (gradient: Workspace.Buffer, rows: Int) {
        let width = sizes.width, tokens = trace.tokens
        if case .none = logits {
            let rows = trace.readout?.count ?? tokens
            let gradient = workspace.take(count * rows * width)
            gradient.base.update(repeating: 0, count: count * rows * width)
            return (gradient, rows)
        }
        guard let head = parameters.head else { throw ModelError.noHead }
        if let mapHead, let slope = trace.head.readoutSlope {
            let gradient = mapHead.backward(
                logits, count: count, grid: Grid(rows: trace.grid.height, columns: trace.grid.width),
                prefix: trace.prefixTokens, slope: slope, trace.head.map, features: trace.features,
                addingTo: arena?.parameters, compute: compute, in: workspace)
            return (gradient, tokens)
        }
        let pools = configuration.poolsPatches
        let distills = configuration.head == .classAndDistillation
        let both = configuration.head == .classTokenAndPatchMean
        let read = headRows(tokens: tokens), prefix = trace.prefixTokens
        let rows = trace.readout == nil ? tokens : read
        let gradient = workspace.take(count * rows * width)
        gradient.base.update(repeating: 0, count: count * rows * width)
        let upstream = workspace.take(read * width)
        let sums = arena?.parameters
        // A norm's way back with nothing for what it gave is that with its deviation held.
        var held: Workspace.Buffer?
        if holdsScales {
            let count = max(read * width, pooledWidth), zeros = workspace.take(count)
            zeros.base.update(repeating: 0, count: count)
            held = zeros
        }
        for position in 0..<count {
            let out = gradient + position * rows * width
            let byFeature = featureGradient(trace, logits, position, head, sums, holdsScales: holdsScales)
            var byPooled = byFeature
            if !both, let pooledNorm = parameters.pooledNorm, let kept = trace.head.pooledNormalized,
                let deviation = trace.head.pooledRstd {
                let count = pooledNorm.weight.count, pooled = workspace.take(count)
                if let sum = sums?.pooledNorm {
                    compute.addGradient(byFeature.base, kept.base, rows: 1, scalars: 1, width: count, to: sum)
                }
                pooled.base.update(repeating: 0, count: count)
                pooledNorm.backwardLoop(of: compute.kernels)(
                    byFeature.base, 1, count, pooledNorm.weight.base, (held ?? kept).base, deviation.base, pooled.base)
                byPooled = pooled
            }
            // Its memory is in use as long as its gradient is read.
            defer { withExtendedLifetime(byPooled) {} }
            let weight = UnsafePointer(byPooled.base)
            if pools {
                if let standardization = parameters.standardization {
                    compute.kernels.multiply(byPooled.base, standardization.factor.base, width)
                }
                upstream.base.update(repeating: 0, count: read * width)
                if let pool = parameters.attentionPool, let kept = trace.head.pool {
                    try backwardPool(
                        pool, kept, weight, into: upstream.base, addingTo: sums?.attentionPool,
                        visit: visitPool.map { visit in { try visit(position, $0) } })
                } else if let merger = parameters.merger, let kept = trace.head.merger {
                    backwardMerger(merger, kept, weight, trace, into: upstream.base, addingTo: sums?.merger)
                } else {
                    shareOut(weight, over: prefix..<tokens, to: upstream)
                }
            } else if both {
                upstream.base.update(repeating: 0, count: read * width)
                shareOut(weight, over: 0..<configuration.classTokens, to: upstream)
                shareOut(weight + width, over: prefix..<tokens, to: upstream)
            } else {
                upstream.base.update(repeating: 0, count: read * width)
                shareOut(weight, over: 0..<configuration.classTokens, to: upstream)
                if distills, let second = parameters.distillationHead {
                    let other = rowGradient(
                        logits, position, second, reads: trace.head.inputs.distillation, factor: 0.5, sums?.distillationHead)
                    (upstream + width).update(from: other.base, count: width)
                    for offset in 0..<2 * width { upstream.base[offset] *= 0.5 }
                }
            }
            if let final = parameters.norm, let kept = trace.head.normalized, let deviations = trace.head.rstd {
                if let sum = sums?.norm {
                    compute.addGradient(upstream.base, kept.base, rows: read, scalars: 1, width: width, to: sum)
                }
                final.backwardLoop(of: compute.kernels)(
                    upstream.base, read, width, final.weight.base, (held ?? kept).base, deviations.base, out)
            } else {
                out.update(from: upstream.base, count: read * width)
            }
        }
        return (gradient, rows)
    }

    /// Adds a mean's gradient to the row of every token that it is of.
    private func shareOut(_ pooled: UnsafePointer<Float>, over tokens: Range<Int>, to upstream: Workspace.Buffer) {
        let width = sizes.width, share = 1 / Float(tokens.count)
        for token in tokens {
            compute.kernels.add_multiple(upstream + token * width, pooled, share, width)
        }
    }

    /// ∂ scalar / ∂ what a linear layer reads, from the scalar's derivatives by its outputs: a row of the weight where the
    /// scalar is an output itself. Adds the layer's part of the parameters' gradients, times `factor`.
    private func rowGradient(
        _ logits: Cotangents.Logits, _ position: Int, _ linear: ParameterSet.Linear, reads x: [Float], factor: Float,
        _ sums: ParameterSet.Linear?
    ) -> Workspace.Buffer {
        let (outputs, inputs) = (linear.weight.shape[0], linear.weight.shape[1])
        let result = workspace.take(inputs)
        func add(_ value: Float, to output: Int) {
            guard let sums else { return }
            x.withUnsafeBufferPointer {
                guard let x = $0.baseAddress else { return }
                compute.kernels.add_multiple(sums.weight.sum + output * inputs, x, factor * value, inputs)
            }
            if let bias = sums.bias { bias.sum[output] += factor * value }
        }
        switch logits {
        case .none: result.base.update(repeating: 0, count: inputs)
        case .classes(let classes):
            result.base.update(from: linear.weight.base + classes[position] * inputs, count: inputs)
            add(1, to: classes[position])
        case .values(let values):
            let row = values.base + position * values.shape[1]
            compute.linearBackward(row, stride: outputs, rows: 1, linear.weight, into: result.base, stride: inputs)
            for output in 0..<outputs { add(row[output], to: output) }
        }
        return result
    }

    /// ∂ scalar / ∂ token features: through the linear layer, the cosine, the pre-logits layer and the projection, where the
    /// model has them.
    ///
    /// With f the features, t a text's embedding of length one and c the derivative by its logit s·(f·t)/|f|, the gradient
    /// is the sum of c·(s·t − logit·f/|f|)/|f| over the texts.
    private func featureGradient(
        _ trace: Trace, _ logits: Cotangents.Logits, _ position: Int, _ head: ParameterSet.Linear, _ sums: ParameterSet?,
        holdsScales: Bool
    ) -> Workspace.Buffer {
        let isCosine = configuration.head == .zeroShot
        let length = isCosine ? Self.length(trace.features) : 1
        let scale = isCosine ? parameters.logitScale ?? 1 : 1
        let halved: Float = configuration.head == .classAndDistillation && parameters.distillationHead != nil ? 0.5 : 1
        var gradient = rowGradient(
            logits, position, head, reads: trace.features, factor: isCosine ? scale / length : halved, sums?.head)
        if case .values(let values) = logits, let background = parameters.background, values.shape[1] > trace.logits.count {
            let words = background.weight.shape[0], width = background.weight.shape[1], byBackground = workspace.take(width)
            compute.linearBackward(
                values.base + position * values.shape[1] + trace.logits.count, stride: words, rows: 1, background.weight,
                into: byBackground.base, stride: width)
            compute.kernels.add_multiple(gradient.base, byBackground.base, 1, width)
        }
        if isCosine {
            var logit: Float = 0
            switch logits {
            case _ where holdsScales: break
            case .none: break
            case .classes(let classes): logit = trace.logits[classes[position]] - (parameters.logitBias ?? 0)
            case .values(let values):
                let row = values.base + position * values.shape[1]
                for (index, value) in trace.logits.enumerated() { logit += row[index] * (value - (parameters.logitBias ?? 0)) }
                if values.shape[1] > trace.logits.count {
                    for (index, value) in trace.backgroundLogits.enumerated() {
                        logit += row[trace.logits.count + index] * (value - (parameters.logitBias ?? 0))
                    }
                }
            }
            for index in trace.features.indices {
                gradient.base[index] = (scale * gradient.base[index] - logit * trace.features[index] / length) / length
            }
        }
        if let preLogits = parameters.preLogits {
            for (index, value) in trace.features.enumerated() { gradient.base[index] *= 1 - value * value }
            gradient = back(preLogits, gradient, reads: trace.head.inputs.preLogits, sums?.preLogits)
        }
        if let projection = parameters.projection {
            gradient = back(projection, gradient, reads: trace.head.inputs.projection, sums?.projection)
        }
        return gradient
    }

    /// The input gradient of one row through a layer; adds the layer's part of the parameters' gradients.
    private func back(
        _ linear: ParameterSet.Linear, _ gradient: Workspace.Buffer, reads x: [Float], _ sums: ParameterSet.Linear?
    ) -> Workspace.Buffer {
        let (rows, columns) = (linear.weight.shape[0], linear.weight.shape[1])
        let result = workspace.take(columns)
        compute.linearBackward(gradient.base, stride: rows, rows: 1, linear.weight, into: result.base, stride: columns)
        if let sums {
            x.withUnsafeBufferPointer {
                guard let x = $0.baseAddress else { return }
                compute.addGradient(gradient.base, stride: rows, x, stride: columns, rows: 1, scalars: 1, to: sums)
            }
        }
        return result
    }

    static func length(_ x: [Float]) -> Float {
        let sum = x.reduce(0.0) { $0 + Double($1) * Double($1) }
        return max(Float(sum.squareRoot()), .leastNormalMagnitude)
    }

    func apply(_ linear: ParameterSet.Linear, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>) {
        let (outputs, inputs) = (linear.weight.shape[0], linear.weight.shape[1])
        if let bias = linear.bias { y.update(from: bias.base, count: outputs) } else { y.update(repeating: 0, count: outputs) }
        compute.linear(x, stride: inputs, rows: 1, linear.weight, beta: 1, into: y, stride: outputs)
    }
}

extension [Float] {
    /// Takes in other elements; memory that is there serves again.
    fileprivate mutating func replaceElements(_ start: UnsafePointer<Float>, _ count: Int) {
        removeAll(keepingCapacity: true)
        append(contentsOf: UnsafeBufferPointer(start: start, count: count))
    }
}
