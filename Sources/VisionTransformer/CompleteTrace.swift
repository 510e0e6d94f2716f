import Tensors

extension ForwardOptions {
    /// Nothing is left out: all tokens of every block, and the residual stream after each, which is depth·tokens·width floats.
    public static func complete(depth: Int) -> ForwardOptions { ForwardOptions(taps: Set(0..<depth)) }
}

extension Trace {
    /// Whether nothing was left out: every block was computed for all tokens, and the residual stream after each is kept.
    public var isComplete: Bool { readout == nil && streams.count == blocks.count }
}

extension VisionTransformer {
    /// The pass that left `trace` with nothing left out: every block for all tokens, and the residual stream after each.
    ///
    /// Where the trace is complete already, it is that one; else this costs a forward pass and as much memory as the trace,
    /// and depth·tokens·width floats for the streams. Whoever asks for several quantities keeps what this gives and hands it
    /// on in place of the trace.
    ///
    /// - Throws: `ModelError`, `CancellationError`.
    public func complete(_ trace: Trace, isCancelled: () -> Bool = { false }) throws -> Trace {
        if trace.isComplete { return trace }
        var options = ForwardOptions.complete(depth: trace.depth)
        options.branchFactors = trace.branchFactors
        options.ablations = trace.ablations
        return try forward(trace.pixels, options: options, isCancelled: isCancelled)
    }

    /// The residual stream z after a block, `[tokens, width]`; the prefix tokens come first.
    ///
    /// - Parameter trace: one that kept it: a complete one, or one whose taps name the layer.
    /// - Throws: `ModelError`.
    public func stream(of trace: Trace, layer: Int) throws(ModelError) -> Tensor {
        guard (0..<trace.depth).contains(layer) else { throw .layerOutOfRange(layer, depth: trace.depth) }
        guard let stream = trace.streams[layer] else { throw .input("the pass kept no tokens of block \(layer)") }
        let count = trace.tokens * sizes.width
        return Tensor(shape: [trace.tokens, sizes.width]) { $0.baseAddress?.initialize(from: stream.base, count: count) }
    }
}
