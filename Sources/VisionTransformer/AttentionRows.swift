import Checkpoints
import Tensors

/// Rows of a layer's attention after soft-max, of every head, lent for the length of a call.
///
/// Rows are queries, columns keys; N tokens in the order class, distillation, registers, patches.
public struct AttentionRows {
    public let heads: Int
    public let tokens: Int
    /// The query tokens that are here.
    public let rows: Range<Int>

    /// Where row 0 of head 0 would lie.
    let base: UnsafePointer<Float>
    let headStride: Int
    let rowStride: Int

    /// One query's attention in one head: `tokens` values that sum to one, or as a difference of two soft-maxes to 1 − λ.
    public func row(_ row: Int, head: Int) -> UnsafeBufferPointer<Float> {
        precondition(rows.contains(row) && (0..<heads).contains(head))
        return UnsafeBufferPointer(start: base + head * headStride + row * rowStride, count: tokens)
    }
}

extension VisionTransformer {
    /// Lends rows of a layer's attention.
    ///
    /// Free where the pass kept them (``Trace/attentionRows(layer:)``). Of a last block that was computed for its readout tokens
    /// only they are made here, anew at every call: a few rows at D² + heads·N·D multiplications each, many at N·D² for the
    /// keys and N·D for each row.
    ///
    /// - Parameters:
    ///   - trace: a forward pass of this model.
    ///   - layer: from 0, first block first; must be in the model.
    ///   - rows: query tokens.
    public func withAttention<Result>(
        of trace: Trace, layer: Int, rows: Range<Int>, _ body: (AttentionRows) throws -> Result
    ) rethrows -> Result {
        precondition((0..<trace.depth).contains(layer) && rows.lowerBound >= 0 && rows.upperBound <= trace.tokens)
        let (heads, tokens) = (sizes.heads, trace.tokens)
        func lend(_ buffer: Workspace.Buffer, from first: Int, headStride: Int, rowStride: Int) throws -> Result {
            defer { withExtendedLifetime(buffer) {} }
            return try body(AttentionRows(
                heads: heads, tokens: tokens, rows: rows, base: buffer.base - first * rowStride, headStride: headStride,
                rowStride: rowStride))
        }
        if layer < trace.blocks.count {
            let block = trace.blocks[layer]
            return try lend(
                block.attention, from: 0, headStride: tokens * block.attentionStride, rowStride: block.attentionStride)
        }
        guard let readout = trace.readout else { preconditionFailure("a trace has a block a layer") }
        let stride = readout.attentionStride
        if rows.upperBound <= readout.count {
            return try lend(readout.attention, from: 0, headStride: stride, rowStride: heads * stride)
        }
        let made = workspace.take(rows.count * heads * stride)
        if rows.count <= 8, readout.keys == nil {
            attendFew(readout, rows, tokens: tokens, into: made)
            return try lend(made, from: rows.lowerBound, headStride: stride, rowStride: heads * stride)
        }
        attendMany(readout, rows, trace, into: made)
        return try lend(made, from: rows.lowerBound, headStride: rows.count * stride, rowStride: stride)
    }

    /// Queries of some tokens of the last block, `[rows, D]`.
    private func queries(_ readout: ReadoutTrace, _ rows: Range<Int>) -> Workspace.Buffer {
        linear(parameters.blocks[parameters.blocks.count - 1].query, readout, rows)
    }

    /// A layer of the last block's attention for some tokens, `[rows, D]`.
    private func linear(_ layer: ParameterSet.Linear, _ readout: ReadoutTrace, _ rows: Range<Int>) -> Workspace.Buffer {
        let width = sizes.width, result = workspace.take(rows.count * width)
        let bias = (layer.bias ?? zeros).base
        for row in 0..<rows.count { (result + row * width).update(from: bias, count: width) }
        compute.linear(
            readout.tokens + rows.lowerBound * width, stride: width, rows: rows.count, layer.weight, beta: 1, into: result.base,
            stride: width)
        return result
    }

    /// Attention of few queries without making the keys, as the readout's own; `[rows, heads, N]`.
    private func attendFew(_ readout: ReadoutTrace, _ rows: Range<Int>, tokens: Int, into scores: Workspace.Buffer) {
        let queries = queries(readout, rows), probes = workspace.take(rows.count * sizes.heads * sizes.width)
        liftHeads(queries.base, rows: rows.count, through: parameters.blocks[parameters.blocks.count - 1].key.weight, into: probes.base)
        let count = rows.count * sizes.heads
        multiplyTokens(probes.base, rows: count, by: readout.tokens, tokens: tokens, into: scores, stride: readout.attentionStride)
        compute.kernels.softmax(scores.base, readout.attentionStride, count, tokens, sizes.scale)
    }

    /// Attention of many queries, `[heads, rows, N]`.
    private func attendMany(_ readout: ReadoutTrace, _ rows: Range<Int>, _ trace: Trace, into scores: Workspace.Buffer) {
        let (width, headWidth, stride, tokens) = (sizes.width, sizes.headWidth, readout.attentionStride, trace.tokens)
        let rotation = rotation(for: Grid(rows: trace.grid.height, columns: trace.grid.width))
        // A turned query is that of its place, so those before are made along.
        let all = rotation == nil ? queries(readout, rows) : queries(readout, 0..<rows.upperBound)
        if let rotation { rotate(all.base, stride: width, rows: rows.upperBound, by: rotation, layer: configuration.depth - 1) }
        let queries = all.base + (rotation == nil ? 0 : rows.lowerBound * width)
        let keys = readout.keys ?? linear(parameters.blocks[parameters.blocks.count - 1].key, readout, 0..<tokens)
        compute.pool.forEach(sizes.heads) { head in
            let out = scores + head * rows.count * stride
            compute.product(
                rows.count, tokens, headWidth, .plain(queries + head * headWidth, stride: width),
                .transposed(keys + head * headWidth, stride: width), into: out, stride: stride)
            compute.kernels.softmax(out, stride, rows.count, tokens, sizes.scale)
        }
    }
}
