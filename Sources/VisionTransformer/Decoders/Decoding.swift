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
        let decoded = try decode(
            { trace.streams[$0] }, parameters, grid: Grid(rows: trace.grid.height, columns: trace.grid.width), into: trace.views?.decoder)
        try checkParameters()
        return decoded
    }

    /// Whether a pass kept what the light decoder reads.
    package func canDecode(_ trace: Trace) -> Bool {
        parameters.lightDecoder != nil && decoderTaps.allSatisfy { trace.streams[$0] != nil }
    }

    /// Memory for maps made beside this model's.
    package var mapWorkspace: Workspace { workspace }

    /// - Parameters:
    ///   - stream: the residual stream after a block, `[prefix + P, D]`; nil where it was not kept.
    ///   - trace: where the decoder keeps what it keeps; nil for the workspace.
    func decode(
        _ stream: (_ block: Int) -> Workspace.Buffer?, _ parameters: ParameterSet.LightDecoder, grid: Grid,
        into trace: LightDecoder.Trace? = nil
    ) throws(ModelError) -> Decoded {
        guard parameters.taps.allSatisfy({ stream($0.block) != nil }) else { throw .input("the pass did not keep what the decoder reads") }
        let decoder = LightDecoder(parameters, of: self)
        let trace = trace ?? LightDecoder.Trace(
            parameters, width: sizes.width, grid: grid, prefix: configuration.prefixTokens, in: workspace)
        decoder.forward(stream, trace)
        return Decoded(logits: trace.logits, decoder: decoder, trace: trace)
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
    /// - Parameters:
    ///   - sums: where the gradients of the decoder's parameters are added up; they lie in an arena.
    ///   - cotangents: to which the derivatives by the tokens after the blocks that the decoder reads are added.
    package func backward(_ gradient: FeatureMap, addingTo sums: ParameterArena, _ cotangents: inout Cotangents) {
        guard let sums = sums.parameters.lightDecoder else { return }
        decoder.backward(gradient, trace, addingTo: sums, &cotangents)
    }
}
