import Checkpoints
import Tensors

extension VisionTransformer {
    /// The scores of some query tokens before soft-max, q·k/√d: `[rows, heads, tokens]`.
    ///
    /// They are not kept and made here, on the calling thread: heads·tokens·d multiplications a row.
    ///
    /// Of a model whose attention is the difference of two soft-maxes there are none; it must be another.
    ///
    /// - Parameters:
    ///   - layer: from 0, first block first; must be in the model.
    ///   - rows: query tokens among ``Trace/attentionRows(layer:)``.
    ///   - heads: the heads wanted.
    public func attentionScores(of trace: Trace, layer: Int, rows: Range<Int>, heads: Range<Int>) -> Tensor {
        let known = trace.attentionRows(layer: layer)
        precondition(!configuration.isDifferential, "attention that is a difference has no scores")
        precondition(rows.lowerBound >= 0 && rows.upperBound <= known.upperBound && heads.upperBound <= sizes.heads)
        let (tokens, width, headWidth) = (trace.tokens, sizes.attentionWidth, sizes.headWidth)
        return Tensor(shape: [rows.count, heads.count, tokens]) { scores in
            scores.initialize(repeating: 0)
            guard let base = scores.baseAddress else { return }
            if layer < trace.blocks.count {
                let qkv = trace.blocks[layer].qkv.base
                for (place, head) in heads.enumerated() {
                    compute.product(
                        rows.count, tokens, headWidth, .plain(qkv + rows.lowerBound * 3 * width + head * headWidth, stride: 3 * width),
                        .transposed(qkv + width + head * headWidth, stride: 3 * width), into: base + place * tokens,
                        stride: heads.count * tokens)
                }
            } else if let readout = trace.readout, let keys = readout.keys {
                for (line, row) in rows.enumerated() {
                    for (place, head) in heads.enumerated() {
                        compute.product(
                            1, tokens, headWidth, .plain(readout.queries + row * width + head * headWidth, stride: width),
                            .transposed(keys + head * headWidth, stride: width), into: base + (line * heads.count + place) * tokens,
                            stride: tokens)
                    }
                }
            } else if let readout = trace.readout, let probes = readout.probes, let block = parameters.blocks.last {
                for (line, row) in rows.enumerated() {
                    let out = base + line * heads.count * tokens
                    compute.product(
                        heads.count, tokens, width,
                        .plain(probes + (row * sizes.heads + heads.lowerBound) * width, stride: width),
                        .transposed(readout.tokens.base, stride: width), into: out, stride: tokens)
                    // Soft-max does not see what the keys' bias adds; here it counts.
                    guard let bias = block.key.bias else { continue }
                    for (place, head) in heads.enumerated() {
                        let constant = compute.kernels.dot(
                            readout.queries + row * width + head * headWidth, bias.base + head * headWidth, headWidth)
                        for token in 0..<tokens { out[place * tokens + token] += constant }
                    }
                }
            }
            for index in scores.indices { base[index] *= sizes.scale }
        }
    }
}
