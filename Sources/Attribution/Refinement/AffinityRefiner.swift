import Tensors
import VisionTransformer

/// A refiner that reads of a pass the attention between patches, the heads' mean summed over layers.
public protocol AffinityRefiner: PatchRefiner {
    /// The layers to sum, from 0; nil takes all. Layers the model lacks count as absent.
    var layers: ClosedRange<Int>? { get }

    /// - Parameter affinity: the summed attention, of as many patches as the maps have.
    func refine(_ maps: [PatchMap], affinity: PatchAffinityMatrix, compute: Compute) -> [PatchMap]
}

extension AffinityRefiner {
    public func refine(_ maps: [PatchMap], trace: Trace, model: VisionTransformer) -> [PatchMap] {
        guard !maps.isEmpty else { return maps }
        return refine(maps, affinity: model.patchAffinity(trace, layers: layers ?? 0...max(trace.depth - 1, 0)), compute: model.compute)
    }
}
