import Images
import Tensors
import VisionTransformer

/// Spreads a map along the attention between patches, but only from what the map itself boxes in.
///
/// W is the heads' mean attention from patch to patch, summed over layers, balanced by three rounds of columns and rows, made
/// symmetric and multiplied by itself. The map, stretched to 0…1, is cut at a level; of the patches outside the boxes around
/// its connected parts nothing is taken: m ← (W ⊙ B)·m, B being 1 in the columns of boxed patches. A map that is cut to
/// nothing stays. Source: class-aware attention affinity of Lin et al., "CLIP is Also an Efficient Segmenter", CVPR 2023,
/// where the last eight layers and the level 0.4 are taken.
public struct ClassAwareAffinity: AffinityRefiner, Hashable {
    /// The layers to sum, from 0; nil takes all.
    public var layers: ClosedRange<Int>?
    /// What a patch must exceed to lie in a part that is boxed, 0…1 of the map's range.
    public var level: Float

    public init(layers: ClosedRange<Int>? = nil, level: Float = 0.4) {
        self.layers = layers
        self.level = level
    }

    public func refine(_ maps: [PatchMap], affinity: PatchAffinityMatrix, compute: Compute) -> [PatchMap] {
        var balanced = affinity
        balanced.balance()
        let spread = balanced.times(balanced, compute: compute)
        return maps.map { map in
            let boxed = boxed(map)
            guard boxed.contains(true) else { return map }
            // What lies outside the boxes is zero before the product as well as a column of zeros.
            let inside = PatchMap(rows: map.rows, columns: map.columns, values: zip(map.values, boxed).map { $1 ? $0 : 0 })
            return spread.applied(to: [inside], compute: compute)[0]
        }
    }

    /// Which patches lie in the box of a connected part above the level; parts that touch at a corner are one.
    func boxed(_ map: PatchMap) -> [Bool] {
        let (low, high) = map.range
        var boxed = [Bool](repeating: false, count: map.values.count)
        guard high > low else { return boxed }
        let cells = map.values.map { ($0 - low) / (high - low) > level ? UInt8(1) : 0 }
        let parts = Components(cells, width: map.columns, height: map.rows, corners: true)
        for part in parts.starts.indices {
            let places = cells.indices.filter { parts.numbers[$0] == Int32(part) }
            let columns = places.map { $0 % map.columns }, rows = places.map { $0 / map.columns }
            guard let left = columns.min(), let right = columns.max(), let top = rows.min(), let bottom = rows.max() else { continue }
            for row in top...bottom {
                for column in left...right { boxed[row * map.columns + column] = true }
            }
        }
        return boxed
    }
}
