import Tensors

/// How strongly each patch attends to each other patch: head-mean attention between patches, summed over layers.
public struct PatchAffinityMatrix: Sendable, Equatable {
    /// The number of patches P.
    public let patches: Int
    /// `P × P` values; a row is a query, a column a key. Rows sum to at most the number of layers: what went to prefix
    /// tokens is missing.
    public var values: [Float]

    /// A matrix with the given values. `values.count` must be `patches²`.
    public init(patches: Int, values: [Float]) {
        precondition(values.count == patches * patches)
        self.patches = patches
        self.values = values
    }
}

extension VisionTransformer {
    /// Σ over layers of the heads' mean attention from patch to patch, E_h A_l[T:, T:] with T prefix tokens.
    ///
    /// Where attention is the difference of two soft-maxes, what it has above zero counts.
    ///
    /// About layers·heads·P² additions; a last block that was computed for its readout tokens only is completed here
    /// (queries, keys and scores of all tokens), anew at every call.
    ///
    /// - Parameters:
    ///   - trace: a forward pass of this model.
    ///   - layers: from 0, first block first; what lies outside the model counts as absent.
    public func patchAffinity(_ trace: Trace, layers: ClosedRange<Int>) -> PatchAffinityMatrix {
        let (tokens, prefix) = (trace.tokens, trace.prefixTokens)
        let patches = tokens - prefix
        let full = trace.blocks.indices.filter(layers.contains).map { trace.blocks[$0] }
        let last = trace.depth - 1
        let readout = layers.contains(last) ? trace.readout : nil
        let rotation = rotation(for: Grid(rows: trace.grid.height, columns: trace.grid.width))
        let queriesKeys = readout.map { readout in
            let buffer = workspace.take(tokens * 2 * sizes.width)
            let block = parameters.blocks[last]
            for (part, linear) in [block.query, block.key].enumerated() {
                let target = buffer + part * sizes.width
                for token in 0..<tokens {
                    (target + token * 2 * sizes.width).update(from: (linear.bias ?? zeros).base, count: sizes.width)
                }
                compute.linear(
                    readout.tokens.base, stride: sizes.width, rows: tokens, linear.weight, beta: 1, into: target,
                    stride: 2 * sizes.width)
                if let rotation { rotate(target, stride: 2 * sizes.width, rows: tokens, by: rotation, layer: last) }
            }
            return buffer
        }
        var values = [Float](repeating: 0, count: patches * patches)
        values.withUnsafeMutableBufferPointer { values in
            guard let base = values.baseAddress else { return }
            nonisolated(unsafe) let sums = base
            // Few rows a piece, so that the scores of a piece stay in a cache.
            let rows = 32
            compute.pool.forEach((patches + rows - 1) / rows) { piece in
                let queries = piece * rows..<min(patches, (piece + 1) * rows)
                for block in full { addPatchAttention(block, queries, prefix: prefix, tokens: tokens, to: sums) }
                if let queriesKeys {
                    addPatchScores(queriesKeys, queries, prefix: prefix, tokens: tokens, to: sums)
                }
            }
        }
        return PatchAffinityMatrix(patches: patches, values: values)
    }

    /// Adds the heads' mean of a block's attention from patches `queries` to all patches.
    private func addPatchAttention(
        _ block: BlockTrace, _ queries: Range<Int>, prefix: Int, tokens: Int, to sums: UnsafeMutablePointer<Float>
    ) {
        let patches = tokens - prefix
        for query in queries {
            for head in 0..<sizes.heads {
                let row = block.attention + (head * tokens + prefix + query) * block.attentionStride + prefix
                if block.parts != nil {
                    for patch in 0..<patches { sums[query * patches + patch] += max(0, row[patch]) / Float(sizes.heads) }
                    continue
                }
                compute.kernels.add_multiple(sums + query * patches, row, 1 / Float(sizes.heads), patches)
            }
        }
    }

    /// As ``addPatchAttention`` from queries and keys side by side, `[N, 2D]`.
    private func addPatchScores(
        _ queriesKeys: Workspace.Buffer, _ queries: Range<Int>, prefix: Int, tokens: Int,
        to sums: UnsafeMutablePointer<Float>
    ) {
        let patches = tokens - prefix, width = 2 * sizes.width
        let stride = (tokens + 15) & ~15
        let scores = workspace.take(queries.count * stride)
        for head in 0..<sizes.heads {
            let column = queriesKeys + head * sizes.headWidth
            compute.product(
                queries.count, tokens, sizes.headWidth,
                .plain(column + (prefix + queries.lowerBound) * width, stride: width),
                .transposed(column + sizes.width, stride: width), into: scores.base, stride: stride)
            compute.kernels.softmax(scores.base, stride, queries.count, tokens, sizes.scale)
            for (index, query) in queries.enumerated() {
                compute.kernels.add_multiple(
                    sums + query * patches, scores + index * stride + prefix, 1 / Float(sizes.heads), patches)
            }
        }
    }
}
