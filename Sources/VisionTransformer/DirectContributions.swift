import Checkpoints
import Tensors

/// What every part of a model adds to a scalar of its logits by itself, past all that comes after it.
///
/// The logit is a linear function of the residual stream that the head reads once the scales of the norms there are held at what
/// they were; and the stream is a sum. What a part adds is the function of what it put into the stream: the parts' sum is the
/// logit. An ablated head counts with what took its place.
public struct DirectContributions: Sendable, Equatable {
    /// Each head's, a row a layer.
    public var heads: [[Float]]
    /// That of the bias of each layer's attention projection, which is no head's; 0 where there is none.
    public var attentionBias: [Float]
    /// Each layer's MLP's, its bias included.
    public var feedForward: [Float]
    /// That of the residual stream before the first block: patches, prefix tokens, position embeddings.
    public var embedding: Float
    /// That of the biases after the last block: the norms' and the head's.
    public var bias: Float

    /// The scalar.
    public var sum: Float {
        let parts = heads.joined() + attentionBias + feedForward + [embedding, bias]
        return Float(parts.reduce(0.0) { $0 + Double($1) })
    }
}

extension VisionTransformer {
    /// What every part adds to each of some scalars of the logits.
    ///
    /// - Parameters:
    ///   - trace: a pass of this model.
    ///   - logits: the scalars' derivatives by the logits.
    ///   - isCancelled: asked between layers.
    /// - Throws: `ModelError`, also where the head is not a linear function of tokens; `CancellationError`.
    public func directContributions(
        of trace: Trace, to logits: Cotangents.Logits, isCancelled: () -> Bool = { false }
    ) throws -> [DirectContributions] {
        let classes = try check(Cotangents(logits: logits), BackwardWants(), trace)
        if case .values(let values) = logits, values.shape[1] != trace.logits.count {
            throw ModelError.input("what parts add to the logits of the background's words is not known")
        }
        guard !classes.isEmpty else { return [] }
        guard !configuration.needsAllPatches, parameters.preLogits == nil, parameters.attentionPool == nil else {
            throw ModelError.input("the model's head is no linear function of the tokens, so its logit is no sum of the parts'")
        }
        guard !configuration.normsOutputs else {
            throw ModelError.input("norms behind the layers divide what heads add together: no head's part of a logit is its own")
        }
        let (count, reads, width) = (classes.count, headRows(tokens: trace.tokens), sizes.width)
        let byToken = try headFunction(trace, logits, count: count, reads: reads)
        let embedded = embed(trace.pixels, grid: Grid(rows: trace.grid.height, columns: trace.grid.width)).stream
        let stream = normBefore(embedded, tokens: trace.tokens).stream
        let biases = heldBiases(trace)
        var parts = (0..<count).map { position in
            DirectContributions(
                heads: [], attentionBias: [], feedForward: [],
                embedding: sum(byToken, position, reads, width: width, stream.base, stride: width),
                bias: bias(biases, logits, position))
        }
        for layer in 0..<trace.depth {
            if isCancelled() { throw CancellationError() }
            let step = BackwardStep(
                model: self, trace: trace, layer: layer, classes: classes, block: parameters.blocks[layer], gradient: byToken,
                given: reads, wanted: 0, rows: .all, visits: false, readsInput: false, cotangent: nil,
                sums: nil)
            step.addContributions(to: &parts)
        }
        try checkParameters()
        return parts
    }

    /// The head as a function of the tokens it reads, its scales held: `[K, reads, D]`.
    private func headFunction(_ trace: Trace, _ logits: Cotangents.Logits, count: Int, reads: Int) throws -> Workspace.Buffer {
        let (gradient, rows) = try backwardHead(trace, from: logits, count: count, nil, holdsScales: true)
        guard rows > reads else { return gradient }
        let (width, result) = (sizes.width, workspace.take(count * reads * sizes.width))
        for position in 0..<count {
            (result + position * reads * width).update(from: gradient + position * rows * width, count: reads * width)
        }
        return result
    }

    /// The logits of tokens that are zero, the scales held.
    private func heldBiases(_ trace: Trace) -> [Float] {
        guard let head = parameters.head else { return [] }
        let normed = parameters.norm?.bias.values ?? [Float](repeating: 0, count: sizes.width)
        var features = configuration.head == .classTokenAndPatchMean ? normed + normed : normed
        if let norm = parameters.pooledNorm, let deviation = trace.head.pooledRstd {
            let mean = norm.kind == .layer ? features.reduce(0, +) / Float(features.count) : 0
            features = features.indices.map { (features[$0] - mean) * deviation.base[0] * norm.weight.base[$0] + norm.bias.base[$0] }
        }
        func apply(_ linear: ParameterSet.Linear, _ x: [Float]) -> [Float] {
            var y = [Float](repeating: 0, count: linear.weight.shape[0])
            x.withUnsafeBufferPointer { x in
                y.withUnsafeMutableBufferPointer { y in
                    if let from = x.baseAddress, let to = y.baseAddress { self.apply(linear, from, into: to) }
                }
            }
            return y
        }
        if let projection = parameters.projection { features = apply(projection, features) }
        var logits = apply(head, features)
        if configuration.head == .classAndDistillation, let second = parameters.distillationHead {
            logits = zip(logits, apply(second, normed)).map { ($0 + $1) / 2 }
        }
        if configuration.head == .zeroShot {
            let scale = (parameters.logitScale ?? 1) / Self.length(trace.features)
            logits = logits.map { $0 * scale + (parameters.logitBias ?? 0) }
        }
        return logits
    }

    private func bias(_ biases: [Float], _ logits: Cotangents.Logits, _ position: Int) -> Float {
        switch logits {
        case .none: 0
        case .classes(let classes): biases[classes[position]]
        case .values(let values):
            Float(biases.indices.reduce(0.0) { $0 + Double(values.base[position * biases.count + $1]) * Double(biases[$1]) })
        }
    }

    /// A scalar's function of `rows` rows of `x`, of parts `width` long.
    ///
    /// - Parameter function: `[K, rows, …]`, rows as far apart as `stride`, or as `functionStride` says.
    func sum(
        _ function: Workspace.Buffer, _ position: Int, _ rows: Int, width: Int, offset: Int = 0, functionStride: Int? = nil,
        _ x: UnsafePointer<Float>, stride: Int
    ) -> Float {
        let functionStride = functionStride ?? stride
        return Float((0..<rows).reduce(0.0) { total, row in
            total + Double(compute.kernels.dot(
                function + (position * rows + row) * functionStride + offset, x + row * stride + offset, width))
        })
    }
}

extension BackwardStep {
    /// Appends what the layer's parts add; `gradient` is the function of what the block puts into the stream.
    func addContributions(to parts: inout [DirectContributions]) {
        let (width, heads, headWidth, attentionWidth) = (sizes.width, sizes.heads, sizes.headWidth, sizes.attentionWidth)
        let mixed: UnsafePointer<Float>, normalized: Workspace.Buffer, kept: Workspace.Buffer?
        let mixedNorm: NormTrace?
        if let readout = trace.readout, layer == trace.blocks.count {
            (mixed, normalized, kept) = (UnsafePointer(readout.mixed.base), readout.normalized2, readout.activated)
            mixedNorm = readout.mixedNorm
        } else {
            let block = trace.blocks[layer]
            (mixed, normalized, kept) = (UnsafePointer(block.mixed.base), block.normalized2, block.activated)
            mixedNorm = block.mixedNorm
        }
        let count = classes.count * given
        let attended = scaledGradient(block.scale1, factors.attention), byMixed = workspace.take(count * attentionWidth)
        compute.linearBackward(
            attended.base, stride: width, rows: count, block.projection.weight, into: byMixed.base,
            stride: attentionWidth)
        // A norm inside the attention, its deviations held, is linear; its bias is no head's.
        var normShares = [Float](repeating: 0, count: classes.count)
        if let norm = block.attentionNorm, let mixedNorm {
            normShares = classes.indices.map { share(of: norm.bias, byMixed, $0) }
            holdMixedNorm(norm, mixedNorm, byMixed, rows: given, width: width)
        }
        if let difference = block.differential, let mixedNorm {
            holdMixedNorm(difference.norm, mixedNorm, byMixed, rows: given * heads, width: headWidth)
        }

        let (hidden, hiddenStride) = (sizes.hidden, sizes.hiddenStride)
        let added = scaledGradient(block.scale2, factors.feedForward), byHidden = workspace.take(count * hiddenStride)
        compute.linearBackward(
            added.base, stride: width, rows: count, block.contract.weight, into: byHidden.base, stride: hiddenStride)
        let activated = kept ?? self.activated(normalized)

        for position in classes.indices {
            parts[position].heads.append((0..<heads).map {
                model.sum(byMixed, position, given, width: headWidth, offset: $0 * headWidth, mixed, stride: attentionWidth)
            })
            parts[position].attentionBias.append(share(of: block.projection.bias, attended, position) + normShares[position])
            parts[position].feedForward.append(
                model.sum(byHidden, position, given, width: hidden, activated.base, stride: hiddenStride)
                    + share(of: block.contract.bias, added, position))
        }
    }

    /// The MLP's hidden layer of the given tokens, made again.
    private func activated(_ normalized: Workspace.Buffer) -> Workspace.Buffer {
        let result = workspace.take(given * sizes.hiddenStride)
        model.expand(
            block, output(of: block.norm2, normalized, rows: given), rows: given, workspace.take(given * sizes.expanded), into: result)
        if block.hiddenNorm != nil {
            let kept = NormTrace(normalized: workspace.take(given * sizes.hidden), rstd: workspace.take(given))
            model.normHidden(block, result, rows: given, kept)
        }
        return result
    }

    /// Through the norm of the heads' outputs with its deviations held, in place: `[K, rows, width]`.
    private func holdMixedNorm(
        _ norm: ParameterSet.Norm, _ kept: NormTrace, _ function: Workspace.Buffer, rows: Int, width: Int
    ) {
        let nothing = workspace.take(width), upstream = workspace.take(width)
        nothing.base.update(repeating: 0, count: width)
        for row in 0..<classes.count * rows {
            let out = function + row * width
            upstream.base.update(from: out, count: width)
            out.update(repeating: 0, count: width)
            norm.backwardLoop(of: compute.kernels)(
                upstream.base, 1, width, norm.weight.base, nothing.base, kept.rstd + row % rows, out)
        }
    }

    /// A scalar's function of a bias, which every token gets.
    private func share(of bias: Tensor?, _ function: Workspace.Buffer, _ position: Int) -> Float {
        bias.map { model.sum(function, position, given, width: sizes.width, functionStride: sizes.width, $0.base, stride: 0) } ?? 0
    }
}
