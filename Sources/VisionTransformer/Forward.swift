import Checkpoints
import Tensors

extension VisionTransformer {
    /// Takes one picture through the model.
    ///
    /// - Parameters:
    ///   - pixels: `[channels, height, width]`, normalized as the configuration says; sides are multiples of the patch's.
    ///   - progress: called after each block with the number of blocks done.
    ///   - isCancelled: asked between blocks.
    /// - Throws: `ModelError`, or `CancellationError`.
    public func forward(
        _ pixels: Tensor, progress: (Int) -> Void = { _ in }, isCancelled: () -> Bool = { false }
    ) throws -> Trace {
        let grid = try grid(of: pixels)
        let tokens = configuration.prefixTokens + grid.patches
        let stream = normBefore(embed(pixels, grid: grid), tokens: tokens)
        var blocks: [BlockTrace] = []
        blocks.reserveCapacity(configuration.depth)
        var readout: ReadoutTrace?
        var pending: Addend?
        for (layer, parameters) in parameters.blocks.enumerated() {
            if isCancelled() { throw CancellationError() }
            if layer == configuration.depth - 1, let count = readoutTokens {
                readout = forwardReadout(parameters, stream, adding: pending, tokens: tokens, readouts: count)
                pending = nil
            } else {
                let block = forwardBlock(layer, stream, adding: pending, tokens: tokens)
                blocks.append(block.trace)
                pending = block.output
            }
            progress(layer + 1)
        }
        if let pending { add(pending, to: stream.base, rows: tokens) }
        let (logits, features, head) = mapHead.map { forwardMapHead($0, stream, grid: grid) } ?? forwardHead(stream, tokens: tokens)
        try checkParameters()
        guard (logits + features).allSatisfy(\.isFinite) else { throw ModelError.notFinite }
        return Trace(
            logits: logits, features: features,
            grid: .init(height: grid.rows, width: grid.columns), prefixTokens: configuration.prefixTokens,
            blocks: blocks, readout: readout, head: head)
    }

    /// How many leading tokens the last block is computed for; nil for all of them.
    private var readoutTokens: Int? {
        // The norms of queries and keys stand in the way of leaving keys out.
        guard savings.contains(.readoutTokens), !configuration.hasQueryKeyNorm else { return nil }
        return switch configuration.head {
        case .classToken, .zeroShot: 1
        case .none: configuration.hasClassToken ? 1 : nil
        case .classAndDistillation: 2
        case .patchMean, .classTokenAndPatchMean, .projectedMap: nil
        }
    }

    func grid(of pixels: Tensor) throws -> Grid {
        let patch = configuration.patch
        guard pixels.shape.count == 3, pixels.shape[0] == configuration.channels else {
            throw ModelError.input("the model takes \(configuration.channels) channels, not a tensor of shape \(pixels.shape)")
        }
        let (height, width) = (pixels.shape[1], pixels.shape[2])
        guard height > 0, width > 0, height % patch.height == 0, width % patch.width == 0 else {
            throw ModelError.input(
                "an input of \(width)×\(height) pixels is not made of whole \(patch.width)×\(patch.height) patches")
        }
        return Grid(rows: height / patch.height, columns: width / patch.width)
    }

    /// Patch embedding, prefix tokens and position embedding: the residual stream before the first block, `[N, D]`.
    func embed(_ pixels: Tensor, grid: Grid, taps: Taps? = nil) -> Workspace.Buffer {
        let width = sizes.width
        let kernels = compute.kernels
        let prefix = configuration.prefixTokens
        let stream = workspace.take((prefix + grid.patches) * width)
        let positions = positions(for: grid)
        let covered = positions.shape[0] - grid.patches
        // Addresses are taken outside the loops: reference counts shared by threads cost more than the loops do.
        let (bias, embedding) = ((parameters.patchEmbedding.bias ?? zeros).base, positions.base)
        let streamBase = stream.base
        compute.forRanges(grid.patches) { range in
            for index in range {
                // The product is added onto position and bias.
                let token = streamBase + (prefix + index) * width
                token.update(from: embedding + (covered + index) * width, count: width)
                kernels.add_multiple(token, bias, 1, width)
            }
        }
        let patches: Workspace.Buffer
        if let stem {
            let stages = stem(pixels, compute: compute, in: workspace)
            taps?.stages = stages
            guard let last = stages.last else { preconditionFailure("a stem without stages") }
            patches = last.values
        } else {
            patches = patchColumns(pixels, grid: grid)
        }
        let depth = parameters.patchEmbedding.weight.shape[1]
        compute.linear(
            patches.base, stride: depth, rows: grid.patches, parameters.patchEmbedding.weight, beta: 1,
            into: stream + prefix * width, stride: width)
        for token in 0..<prefix {
            (stream + token * width).update(from: parameters.prefix.base + token * width, count: width)
            if token < covered { compute.kernels.add_multiple(stream + token * width, positions.base + token * width, 1, width) }
        }
        return stream
    }

    /// Every patch's pixels as a row, `[patches, channels · height · width]`.
    private func patchColumns(_ pixels: Tensor, grid: Grid) -> Workspace.Buffer {
        let (patch, channels) = (configuration.patch, configuration.channels)
        let depth = channels * patch.height * patch.width
        let columns = workspace.take(grid.patches * depth)
        let columnBase = columns.base
        pixels.withUnsafeElements { pixels in
            guard let source = pixels.baseAddress else { return }
            let (rowStride, planeStride) = (grid.columns * patch.width, grid.rows * patch.height * grid.columns * patch.width)
            compute.forRanges(grid.patches) { range in
                for index in range {
                    let corner = index / grid.columns * patch.height * rowStride + index % grid.columns * patch.width
                    var target = columnBase + index * depth
                    for channel in 0..<channels {
                        for y in 0..<patch.height {
                            target.update(from: source + channel * planeStride + corner + y * rowStride, count: patch.width)
                            target += patch.width
                        }
                    }
                }
            }
        }
        return columns
    }

    /// The norm between embedding and blocks, where there is one.
    private func normBefore(_ stream: Workspace.Buffer, tokens: Int) -> Workspace.Buffer {
        guard let before = parameters.normBefore else { return stream }
        let normed = workspace.take(tokens * sizes.width)
        norm(
            before, stream.base, rows: tokens, workspace.take(tokens * sizes.width), workspace.take(tokens),
            into: normed.base)
        return normed
    }

    /// One block for all tokens.
    ///
    /// - Parameter addend: what the block before leaves to be added to the residual stream.
    /// - Returns: the trace, and what this block leaves to be added.
    func forwardBlock(
        _ layer: Int, _ stream: Workspace.Buffer, adding addend: Addend?, tokens: Int
    ) -> (trace: BlockTrace, output: Addend) {
        let block = parameters.blocks[layer]
        let (width, heads, headWidth) = (sizes.width, sizes.heads, sizes.headWidth)
        let stride = (tokens + 15) & ~15
        let trace = BlockTrace(
            normalized1: workspace.take(tokens * width), rstd1: workspace.take(tokens),
            qkv: workspace.take(tokens * 3 * width),
            attention: workspace.take(heads * tokens * stride), attentionStride: stride,
            mixed: workspace.take(tokens * width),
            normalized2: workspace.take(tokens * width), rstd2: workspace.take(tokens),
            slope: workspace.take(tokens * sizes.expanded),
            normalizedQK: block.queryNorm.map { _ in workspace.take(tokens * 2 * width) },
            rstdQK: block.queryNorm.map { _ in workspace.take(tokens * 2 * heads) })
        let scratch = workspace.take(tokens * sizes.widthStride)

        norm(
            block.norm1, stream.base, adding: addend, rows: tokens, trace.normalized1, trace.rstd1, into: scratch.base,
            stride: sizes.widthStride)
        queriesKeysValues(layer, scratch.base, stride: sizes.widthStride, rows: tokens, into: trace.qkv.base)
        normQueriesAndKeys(block, trace, tokens: tokens)
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
        compute.linear(trace.mixed.base, stride: width, rows: tokens, block.projection.weight, into: scratch.base, stride: width)
        let attended = Addend(values: scratch, bias: block.projection.bias, scale: block.scale1)
        let output = feedForward(
            block, stream.base, adding: attended, rows: tokens, trace.normalized2, trace.rstd2, trace.slope)
        return (trace, output)
    }

    /// In how many pieces a head's queries are worked on: such that every thread gets as many, and a piece's scores stay in
    /// the second-level cache. Few, because every piece packs the head's keys and values again.
    private func attentionPieces(tokens: Int, stride: Int) -> Int {
        let (heads, threads) = (sizes.heads, compute.pool.threads)
        let fewest = max(1, (2 * threads + heads - 1) / heads, tokens * stride / 120_000)
        let even = (fewest..<fewest + threads).first { heads * $0 % threads == 0 } ?? fewest
        return min(tokens, even)
    }

    /// Queries, keys and values of the rows of `x`, `[rows, 3D]`.
    private func queriesKeysValues(
        _ layer: Int, _ x: UnsafePointer<Float>, stride: Int, rows: Int, into qkv: UnsafeMutablePointer<Float>
    ) {
        let width = sizes.width
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

    /// The norms of every head's queries and keys, in place, where the block has them.
    private func normQueriesAndKeys(_ block: ParameterSet.Block, _ trace: BlockTrace, tokens: Int) {
        guard let query = block.queryNorm, let key = block.keyNorm, let kept = trace.normalizedQK, let rstd = trace.rstdQK
        else { return }
        let (width, heads, headWidth) = (sizes.width, sizes.heads, sizes.headWidth)
        let parts = [query, key].map { (weight: $0.weight.base, bias: $0.bias.base) }
        let (qkv, keptBase, rstdBase) = (trace.qkv.base, kept.base, rstd.base)
        compute.forRanges(tokens) { range in
            for token in range {
                for part in 0..<2 {
                    let x = qkv + token * 3 * width + part * width
                    let normalized = keptBase + (token * 2 + part) * width
                    normalized.update(from: x, count: width)
                    compute.kernels.layer_norm(
                        normalized, heads, headWidth, parts[part].weight, parts[part].bias, configuration.normEpsilon,
                        normalized, rstdBase + (token * 2 + part) * heads, x)
                }
            }
        }
    }

    /// Norm 2 and the MLP of the first `rows` tokens, once the attention's `addend` is in the residual stream.
    ///
    /// - Returns: what the MLP adds to the residual stream.
    func feedForward(
        _ block: ParameterSet.Block, _ stream: UnsafeMutablePointer<Float>, adding addend: Addend, rows: Int,
        _ normalized: Workspace.Buffer, _ rstd: Workspace.Buffer, _ slope: Workspace.Buffer
    ) -> Addend {
        let (width, hidden, widthStride, hiddenStride) = (sizes.width, sizes.hidden, sizes.widthStride, sizes.hiddenStride)
        let input = workspace.take(rows * widthStride), activated = workspace.take(rows * hiddenStride)
        norm(block.norm2, stream, adding: addend, rows: rows, normalized, rstd, into: input.base, stride: widthStride)
        let expanded = sizes.expanded
        compute.linear(input.base, stride: widthStride, rows: rows, block.expand.weight, into: slope.base, stride: expanded)
        let bias = (block.expand.bias ?? zeros).base
        let activation: Activation =
            switch configuration.activation {
            case .gelu: .gelu
            case .geluTanh: .geluTanh
            case .quickGELU: .quickGELU
            case .silu: .silu
            }
        compute.forRanges(rows) { range in
            guard expanded > hidden else {
                for row in range {
                    compute.kernels.activate(
                        slope + row * hidden, 1, hidden, bias, activation.kernel, activated + row * hiddenStride)
                }
                return
            }
            let value = workspace.take(hidden)
            for row in range {
                let gate = slope + row * expanded, out = activated + row * hiddenStride
                compute.kernels.activate(gate, 1, hidden, bias, activation.kernel, out)
                value.base.update(from: gate + hidden, count: hidden)
                compute.kernels.add_multiple(value.base, bias + hidden, 1, hidden)
                // By the gate: activation'(gate) ⊙ value; by the value: activation(gate).
                compute.kernels.multiply(gate, value.base, hidden)
                (gate + hidden).update(from: out, count: hidden)
                compute.kernels.multiply(out, value.base, hidden)
            }
        }
        compute.linear(activated.base, stride: hiddenStride, rows: rows, block.contract.weight, into: input.base, stride: width)
        return Addend(values: input, bias: block.contract.bias, scale: block.scale2)
    }

    /// What a part of a block adds to the residual stream: (values + bias) · scale, row by row.
    ///
    /// The norm that reads the stream next adds it, so that each row is fetched once for both.
    struct Addend {
        /// `[rows, D]`
        let values: Workspace.Buffer
        let bias: Tensor?
        let scale: Tensor?
    }

    /// Layer norm of `rows` rows of `x`, to which the addend is added first, keeping what its backward needs; `stride` floats
    /// between rows of `y`, by default none to spare.
    func norm(
        _ norm: ParameterSet.Norm, _ x: UnsafeMutablePointer<Float>, adding addend: Addend? = nil, rows: Int,
        _ normalized: Workspace.Buffer, _ rstd: Workspace.Buffer, into y: UnsafeMutablePointer<Float>, stride: Int? = nil
    ) {
        let width = sizes.width, stride = stride ?? width
        let (added, addedBias, scale) = (addend?.values.base, addend?.bias?.base, addend?.scale?.base)
        let (weight, bias, epsilon) = (norm.weight.base, norm.bias.base, configuration.normEpsilon)
        let (kept, deviations) = (normalized.base, rstd.base)
        compute.forRanges(rows) { range in
            for row in range {
                if let added { compute.kernels.add_scaled(x + row * width, added + row * width, 1, width, addedBias, scale) }
                compute.kernels.layer_norm(
                    x + row * width, 1, width, weight, bias, epsilon, kept + row * width, deviations + row, y + row * stride)
            }
        }
    }

    /// Adds where no norm follows.
    func add(_ addend: Addend, to stream: UnsafeMutablePointer<Float>, rows: Int) {
        let width = sizes.width
        let (added, bias, scale) = (addend.values.base, addend.bias?.base, addend.scale?.base)
        compute.forRanges(rows) { range in
            let start = range.lowerBound * width
            compute.kernels.add_scaled(stream + start, added + start, range.count, width, bias, scale)
        }
    }
}

extension ParameterSet.Block {
    /// Query, key and value weights as one `[3D, D]` tensor, where they lie side by side in memory.
    var fusedWeight: Tensor? {
        let (q, k, v) = (query.weight, key.weight, value.weight)
        guard k.base == q.base + q.count, v.base == k.base + k.count else { return nil }
        let owner = WeightOwner(tensors: [q, k, v])
        return Tensor(shape: [q.shape[0] * 3, q.shape[1]], borrowing: q.base, owner: owner)
    }
}

/// Keeps tensors alive for a view over all of them.
private final class WeightOwner: Sendable {
    let tensors: [Tensor]
    init(tensors: [Tensor]) { self.tensors = tensors }
}
