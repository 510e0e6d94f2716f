import Checkpoints
import Tensors

extension VisionTransformer {
    /// The blocks whose tokens a decoder reads; none without one.
    package var decoderTaps: Set<Int> {
        guard let decoder = parameters.decoder else { return Set((parameters.lightDecoder?.taps ?? []).map(\.block)) }
        // Of the published one after every quarter of them, but for levels that a stem's stages are.
        return Set((decoder.levels.map { $0 != nil } + [true]).enumerated().compactMap { level, isRead in
            isRead ? quarterBlock(level) : nil
        })
    }

    /// The block whose tokens a level of the published decoder reads, finest first: the last of each quarter.
    func quarterBlock(_ level: Int) -> Int { (level + 1) * configuration.depth / 4 - 1 }

    /// The light decoder's answer to a pass that tapped its blocks (``ForwardOptions/taps``), and the way back from it.
    package func decode(_ trace: Trace) throws(ModelError) -> Decoded {
        guard let parameters = parameters.lightDecoder else { throw .noDecoder }
        let streams = parameters.taps.compactMap { trace.streams[$0.block] }
        guard streams.count == parameters.taps.count else { throw .input("the pass did not keep what the decoder reads") }
        let decoded = decode(streams, parameters, grid: Grid(rows: trace.grid.height, columns: trace.grid.width))
        try checkParameters()
        return decoded
    }

    /// Whether a pass kept what the light decoder reads.
    package func canDecode(_ trace: Trace) -> Bool {
        parameters.lightDecoder != nil && decoderTaps.allSatisfy { trace.streams[$0] != nil }
    }

    /// Memory for maps made beside this model's.
    package var mapWorkspace: Workspace { workspace }

    func decode(_ streams: [Workspace.Buffer], _ parameters: ParameterSet.LightDecoder, grid: Grid) -> Decoded {
        let decoder = LightDecoder(parameters, of: self)
        let (logits, trace) = decoder.forward(streams, grid: grid, prefix: configuration.prefixTokens)
        return Decoded(logits: logits, decoder: decoder, trace: trace)
    }
}

/// A light decoder's answer.
package struct Decoded: Sendable {
    /// Of background and classes, on four times the grid of patches; labels last.
    package let logits: FeatureMap
    let decoder: LightDecoder
    let trace: LightDecoder.Trace

    /// Takes the derivatives of a scalar by the logits back through the decoder.
    ///
    /// - Parameter sums: where the gradients of the decoder's parameters are added up; they lie in an arena.
    /// - Returns: the derivatives by the tokens after the blocks that the decoder reads, as ``Cotangents/tokens`` has them.
    package func backward(_ gradient: FeatureMap, addingTo sums: ParameterArena) -> [Int: Tensor] {
        guard let sums = sums.parameters.lightDecoder else { return [:] }
        return decoder.backward(gradient, trace, addingTo: sums)
    }
}
