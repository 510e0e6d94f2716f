import Tensors

extension Trace {
    /// The query rows of a layer's attention that are kept: all tokens', in a last block that was computed for its readout
    /// tokens only, theirs.
    public func attentionRows(layer: Int) -> Range<Int> {
        layer < blocks.count ? 0..<tokens : 0..<(readout?.count ?? 0)
    }
}

extension VisionTransformer {
    /// The mean over heads of a layer's attention after soft-max: `[rows.count, tokens]`, each row with a sum of one, or of a difference
    /// of two soft-maxes of 1 − λ.
    ///
    /// Rows that were not kept are made (``withAttention(of:layer:rows:_:)`` says at what cost).
    ///
    /// - Parameters:
    ///   - trace: a forward pass of this model.
    ///   - layer: from 0, first block first; must be in the model.
    ///   - rows: query tokens.
    ///   - heads: the heads that are averaged; all unless given.
    public func meanAttention(_ trace: Trace, layer: Int, rows: Range<Int>, heads: Range<Int>? = nil) -> Tensor {
        let tokens = trace.tokens, heads = heads ?? 0..<sizes.heads
        return withAttention(of: trace, layer: layer, rows: rows) { attention in
            Tensor(shape: [rows.count, tokens]) { mean in
                guard let base = mean.baseAddress else { return }
                mean.update(repeating: 0)
                nonisolated(unsafe) let (out, source) = (base, attention.base)
                compute.forRanges(rows.count) { range in
                    for index in range {
                        for head in heads {
                            compute.kernels.add_multiple(
                                out + index * tokens,
                                source + head * attention.headStride + (rows.lowerBound + index) * attention.rowStride,
                                1 / Float(heads.count), tokens)
                        }
                    }
                }
            }
        }
    }
}
