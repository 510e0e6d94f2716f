import Tensors
import VisionTransformer

/// One step of a random walk on symmetric attention between patches that are near each other.
///
/// a = ½(Ā + Āᵀ), Ā the heads' mean attention from patch to patch, summed over layers and divided by its largest; zero between
/// patches more than `radius` rows or columns apart; squared element by element; every column divided by its sum + 1e-4; m ← m·a.
/// Source: Ru et al., "Learning Affinity from Attention", CVPR 2022 (AFA), in a form without training: there a layer that
/// was trained on reliable labels makes the affinity of the last two blocks' attention, and a soft-max over classes and
/// background comes before the step, which maps that stand alone have not.
public struct AffinityWalk: AffinityRefiner, Hashable {
    /// The layers to sum, from 0; nil takes all.
    public var layers: ClosedRange<Int>?
    /// How many rows or columns of patches the step reaches; AFA's is 8.
    public var radius: Int

    public init(layers: ClosedRange<Int>? = nil, radius: Int = 8) {
        self.layers = layers
        self.radius = radius
    }

    public func refine(_ maps: [PatchMap], affinity: PatchAffinityMatrix, compute: Compute) -> [PatchMap] {
        guard let first = maps.first, let largest = affinity.values.max(), largest > 0 else { return maps }
        var walk = affinity
        walk.symmetrize()
        let count = walk.patches, columns = first.columns
        for from in 0..<count {
            for to in 0..<count {
                let isNear = abs(from / columns - to / columns) <= radius && abs(from % columns - to % columns) <= radius
                let scaled = isNear ? walk.values[from * count + to] / largest : 0
                walk.values[from * count + to] = scaled * scaled
            }
        }
        walk.normalizeColumns(epsilon: 1e-4)
        // m·a is aᵀ·m.
        return walk.transposed.applied(to: maps, compute: compute)
    }
}
