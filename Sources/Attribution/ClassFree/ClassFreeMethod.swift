import Checkpoints
import Tensors
import VisionTransformer

/// A way to make a map of a picture from attention or tokens alone: no class, no gradient, no head.
public protocol ClassFreeMethod: MapMethod {
    /// The layers' maps, each handed over as soon as it is there, the last layer first.
    ///
    /// - Parameters:
    ///   - trace: a forward pass of `model`.
    ///   - layers: from 0, first block first; all must be in the model.
    ///   - start: where a method that goes through the layers starts (``MapMethod/dependsOnStart``).
    ///   - isCancelled: asked between layers.
    /// - Throws: `CancellationError`.
    func layerMaps(
        of trace: Trace, model: VisionTransformer, layers: ClosedRange<Int>, start: Int, isCancelled: () -> Bool,
        each: (_ layer: Int, PatchMap) -> Void
    ) throws
}

extension ModelConfiguration {
    /// Whether all patches together stand for the picture, as a head that pools them reads it; else the class token does.
    var patchesStandForPicture: Bool { head == .patchMean || !hasClassToken }
}

extension VisionTransformer {
    /// Where what stands for the picture looks in a layer: the class token's attention, else the mean of the patches'
    /// attention, meaned over heads. One value a token, with a sum of one.
    func lookingAttention(of trace: Trace, layer: Int) -> [Float] {
        guard configuration.patchesStandForPicture else { return meanAttention(trace, layer: layer, rows: 0..<1).values }
        let tokens = trace.tokens, patches = tokens - trace.prefixTokens
        let rows = meanAttention(trace, layer: layer, rows: trace.prefixTokens..<tokens).values
        var mean = [Float](repeating: 0, count: tokens)
        for row in 0..<patches {
            for token in 0..<tokens { mean[token] += rows[row * tokens + token] / Float(patches) }
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
