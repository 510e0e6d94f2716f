import Checkpoints
import Tensors

extension VisionTransformer {
    /// The keys of a layer's patches, all heads side by side: `[patches, width]`.
    ///
    /// Where the forward pass left them out, because the head reads only the class token, they are computed from the
    /// stored output of norm 1.
    ///
    /// - Parameter layer: from 0, first block first; must be in the model. nil for the last.
    public func patchKeys(of trace: Trace, layer: Int? = nil) -> Tensor {
        let (width, prefix) = (sizes.width, trace.prefixTokens)
        let patches = trace.tokens - prefix
        let layer = layer ?? trace.depth - 1
        precondition((0..<trace.depth).contains(layer), "no such layer")
        return Tensor(shape: [patches, width]) { keys in
            let target = keys.baseAddress!
            if layer < trace.blocks.count {
                let block = trace.blocks[layer]
                for patch in 0..<patches {
                    (target + patch * width).initialize(from: block.qkv + ((prefix + patch) * 3 + 1) * width, count: width)
                }
            } else if let readout = trace.readout, let block = parameters.blocks.last {
                let bias = (block.key.bias ?? zeros).base
                for patch in 0..<patches { (target + patch * width).initialize(from: bias, count: width) }
                compute.linear(
                    readout.tokens + prefix * width, stride: width, rows: patches, block.key.weight, beta: 1, into: target,
                    stride: width)
            } else {
                keys.initialize(repeating: 0)
            }
        }
    }
}
