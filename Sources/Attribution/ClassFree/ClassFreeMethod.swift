import Checkpoints
import Tensors
import VisionTransformer

/// A way to make a map of a picture from attention or tokens alone: no class, no gradient, no head.
public protocol ClassFreeMethod: MapMethod {}

extension ClassFreeMethod {
    public func obstacle(for configuration: ModelConfiguration) -> String? { nil }

    /// The layers' maps of the picture, each handed over as soon as it is there, the last layer first.
    ///
    /// - Parameters:
    ///   - trace: a forward pass of `model`.
    ///   - layers: from 0, first block first; all must be in the model.
    ///   - start: where a method that goes through the layers starts (``MapMethod/dependsOnStart``).
    ///   - isCancelled: asked between layers.
    /// - Throws: `ModelError`, `CancellationError`.
    public func layerMaps(
        of trace: Trace, model: VisionTransformer, layers: ClosedRange<Int>, start: Int, isCancelled: () -> Bool,
        each: (_ layer: Int, PatchMap) -> Void
    ) throws {
        try values(
            of: trace, model: model, request: QuantityRequest(layers: layers, start: start), isCancelled: isCancelled
        ) { place, value in
            if case .map(let map) = value, let layer = place.layer { each(layer, map) }
        }
    }
}

extension ModelConfiguration {
    /// The tokens that stand for the picture where no class is asked about.
    func tokensOfPicture(_ trace: Trace) -> Range<Int> {
        poolsPatches ? trace.prefixTokens..<trace.tokens : 0..<classTokens
    }
}

extension VisionTransformer {
    /// Where some tokens look in a layer, the mean over them and over heads: one value a token, with a sum of one.
    func lookingAttention(of trace: Trace, layer: Int, from queries: Range<Int>, heads: Range<Int>? = nil) -> [Float] {
        let rows = meanAttention(trace, layer: layer, rows: queries, heads: heads).values
        guard queries.count > 1 else { return rows }
        let tokens = trace.tokens
        var mean = [Float](repeating: 0, count: tokens)
        for row in 0..<queries.count {
            for token in 0..<tokens { mean[token] += rows[row * tokens + token] / Float(queries.count) }
        }
        return mean
    }
}

extension PatchMap {
    /// The patches of one value a token.
    init(tokens values: some Collection<Float>, of trace: Trace) {
        self.init(rows: trace.grid.height, columns: trace.grid.width, values: Array(values.dropFirst(trace.prefixTokens)))
    }
}
