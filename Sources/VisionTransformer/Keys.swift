import Checkpoints
import Tensors

extension VisionTransformer {
    /// The keys of a layer's patches, all heads side by side: `[patches, attentionWidth]`.
    ///
    /// - Parameter layer: from 0, first block first; must be in the model. nil for the last.
    public func patchKeys(of trace: Trace, layer: Int? = nil) -> Tensor {
        keys(of: trace, layer: layer ?? trace.depth - 1, tokens: trace.prefixTokens..<trace.tokens)
    }

    /// The keys of some of a layer's tokens, all heads side by side: `[tokens, attentionWidth]`.
    ///
    /// Where the forward pass left them out, because the head reads only the class token, they are computed from the
    /// stored output of norm 1. Of a rotary position embedding they are the turned ones, as attention reads them.
    ///
    /// - Parameter layer: from 0, first block first; must be in the model.
    public func keys(of trace: Trace, layer: Int, tokens: Range<Int>) -> Tensor {
        let width = sizes.attentionWidth
        precondition((0..<trace.depth).contains(layer), "no such layer")
        return Tensor(shape: [tokens.count, width]) { keys in
            let target = keys.baseAddress!
            if layer < trace.blocks.count {
                let block = trace.blocks[layer]
                for (row, token) in tokens.enumerated() {
                    (target + row * width).initialize(from: block.qkv + (token * 3 + 1) * width, count: width)
                }
            } else if let keys = trace.readout?.keys {
                target.initialize(from: keys + tokens.lowerBound * width, count: tokens.count * width)
            } else if let readout = trace.readout, let block = parameters.blocks.last {
                let bias = (block.key.bias ?? zeros).base
                for row in 0..<tokens.count { (target + row * width).initialize(from: bias, count: width) }
                compute.linear(
                    readout.tokens + tokens.lowerBound * sizes.width, stride: sizes.width, rows: tokens.count, block.key.weight, beta: 1,
                    into: target, stride: width)
            } else {
                keys.initialize(repeating: 0)
            }
        }
    }

    /// What a block's attention reads, for all tokens: norm 1's output, where that does not stand behind it; `[tokens, width]`.
    ///
    /// - Throws: `ModelError`.
    public func inputs(of trace: Trace, layer: Int) throws(ModelError) -> Tensor {
        guard (0..<trace.depth).contains(layer) else { throw .layerOutOfRange(layer, depth: trace.depth) }
        let (width, count) = (sizes.width, trace.tokens * sizes.width)
        if layer == trace.blocks.count, let readout = trace.readout {
            return Tensor(shape: [trace.tokens, width]) { $0.baseAddress?.initialize(from: readout.tokens.base, count: count) }
        }
        if let read = trace.blocks[layer].read?.attention {
            return Tensor(shape: [trace.tokens, width]) { $0.baseAddress?.initialize(from: read.base, count: count) }
        }
        let (norm, kept) = (parameters.blocks[layer].norm1, trace.blocks[layer].normalized1)
        return Tensor(shape: [trace.tokens, width]) { inputs in
            guard let base = inputs.baseAddress else { return }
            base.initialize(from: kept.base, count: count)
            nonisolated(unsafe) let out = base
            compute.forRanges(trace.tokens) { range in
                compute.featureKernels.affine(
                    out + range.lowerBound * width, range.count, width, norm.weight.base, norm.bias.base, nil, 0)
            }
        }
    }
}
