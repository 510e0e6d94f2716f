import Checkpoints
import Tensors

extension VisionTransformer {
    /// The keys of the last block's patches, all heads side by side: `[patches, width]`.
    ///
    /// Where the forward pass left them out, because the head reads only the class token, they are computed from the
    /// stored output of norm 1.
    public func patchKeys(of trace: Trace) -> Tensor {
        let (width, prefix) = (sizes.width, trace.prefixTokens)
        let patches = trace.tokens - prefix
        return Tensor(shape: [patches, width]) { keys in
            let target = keys.baseAddress!
            if let readout = trace.readout, let block = parameters.blocks.last {
                let bias = (block.key.bias ?? zeros).base
                for patch in 0..<patches { (target + patch * width).initialize(from: bias, count: width) }
                compute.linear(
                    readout.tokens + prefix * width, stride: width, rows: patches, block.key.weight, beta: 1, into: target,
                    stride: width)
            } else if let block = trace.blocks.last {
                for patch in 0..<patches {
                    (target + patch * width).initialize(from: block.qkv + ((prefix + patch) * 3 + 1) * width, count: width)
                }
            } else {
                keys.initialize(repeating: 0)
            }
        }
    }
}
