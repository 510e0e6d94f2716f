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
///
/// Layers may be chosen for each picture: those whose attention from patch to patch sums to no less than the layers' mean, so that what
/// goes to the class token speaks against a layer. Source: the refinement module of Zhang et al., "Frozen CLIP: A Strong Backbone for
/// Weakly Supervised Semantic Segmentation" (WeCLIP, CVPR 2024, arXiv 2406.11189), of the last six layers for PASCAL VOC. Its published
/// code (`clip_tool.py`) keeps layers whose Σ (F − A_l) is no more than the mean; F, an affinity that its trained decoder learns, is the
/// same for all layers and has no part in the choice. There W is then multiplied with F, too, which takes that decoder and is left out.
public struct ClassAwareAffinity: AffinityRefiner, Hashable {
    /// The layers to sum, from 0; nil takes all.
    public var layers: ClosedRange<Int>?
    /// What a patch must exceed to lie in a part that is boxed, 0…1 of the map's range.
    public var level: Float
    /// Whether the layers are chosen among those for each picture.
    public var selects: Bool

    public init(layers: ClosedRange<Int>? = nil, level: Float = 0.4, selects: Bool = false) {
        self.layers = layers
        self.level = level
        self.selects = selects
    }

    public func refine(_ maps: [PatchMap], trace: Trace, model: VisionTransformer) -> [PatchMap] {
        guard !maps.isEmpty else { return maps }
        let layers = (layers ?? 0...max(trace.depth - 1, 0)).clamped(to: 0...max(trace.depth - 1, 0))
        guard selects else { return refine(maps, affinity: model.patchAffinity(trace, layers: layers), compute: model.compute) }
        // Each is made twice: kept, those of large pictures would not find room together.
        let chosen = Self.chosen(of: layers.map { layer in
            model.patchAffinity(trace, layers: layer...layer).values.reduce(0.0) { $0 + Double($1) }
        }).map { layers.lowerBound + $0 }
        var sum = model.patchAffinity(trace, layers: chosen[0]...chosen[0])
        for layer in chosen.dropFirst() {
            let other = model.patchAffinity(trace, layers: layer...layer)
            for index in sum.values.indices { sum.values[index] += other.values[index] }
        }
        return refine(maps, affinity: sum, compute: model.compute)
    }

    /// The layers, by their places, whose sums of attention are no less than their mean; never none.
    static func chosen(of sums: [Double]) -> [Int] {
        let mean = sums.reduce(0, +) / Double(max(sums.count, 1))
        // Of equal sums the mean may round to more.
        let chosen = sums.indices.filter { sums[$0] >= mean }
        return chosen.isEmpty ? Array(sums.indices) : chosen
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
