import Tensors

extension Trace {
    /// The query rows of a layer's attention that are kept: all tokens', in a last block that was computed for its readout
    /// tokens only, theirs.
    public func attentionRows(layer: Int) -> Range<Int> {
        layer < blocks.count ? 0..<tokens : 0..<(readout?.count ?? 0)
    }
}

extension VisionTransformer {
    /// The heads' mean of a layer's attention after soft-max: `[rows.count, tokens]`, each row with a sum of one.
    ///
    /// - Parameters:
    ///   - trace: a forward pass of this model.
    ///   - layer: from 0, first block first; must be in the model.
    ///   - rows: query tokens, among ``Trace/attentionRows(layer:)``.
    public func meanAttention(_ trace: Trace, layer: Int, rows: Range<Int>) -> Tensor {
        let kept = trace.attentionRows(layer: layer)
        precondition(rows.lowerBound >= kept.lowerBound && rows.upperBound <= kept.upperBound, "rows that are not kept")
        let (tokens, heads) = (trace.tokens, sizes.heads)
        let attention: UnsafeMutablePointer<Float>, headStride: Int, rowStride: Int
        if layer < trace.blocks.count {
            let block = trace.blocks[layer]
            (attention, rowStride) = (block.attention.base, block.attentionStride)
            headStride = tokens * rowStride
        } else if let readout = trace.readout {
            (attention, headStride) = (readout.attention.base, readout.attentionStride)
            rowStride = heads * headStride
        } else {
            return Tensor(shape: [0, tokens])
        }
        return Tensor(shape: [rows.count, tokens]) { mean in
            guard let base = mean.baseAddress else { return }
            mean.update(repeating: 0)
            nonisolated(unsafe) let (out, source) = (base, attention)
            compute.forRanges(rows.count) { range in
                for index in range {
                    for head in 0..<heads {
                        compute.kernels.add_multiple(
                            out + index * tokens, source + head * headStride + (rows.lowerBound + index) * rowStride,
                            1 / Float(heads), tokens)
                    }
                }
            }
        }
    }
}
