import Attribution
import Glibc

/// How the maps of several layers become one.
public enum LayerFusion: String, Sendable, Hashable, CaseIterable {
    /// Their sum, as the published code of arXiv 2112.02841: layers with larger gradients count more.
    case sum
    /// Their sum after each was divided by its largest value: all layers count alike.
    case normalizedSum
    /// The largest value at each patch, after each map was divided by its largest value (Zoom-CAM).
    case maximum
    /// Their mean weighted by certainty, w = e^−H with H the entropy m·ln m + (1−m)·ln(1−m), negated, of the map stretched to
    /// 0…1 (UM-CAM).
    case certainty

    /// The fused map; nil where there is none. All maps must be of one size.
    public func fused(_ maps: [PatchMap]) -> PatchMap? {
        guard let first = maps.first else { return nil }
        precondition(maps.allSatisfy { $0.rows == first.rows && $0.columns == first.columns })
        var result = PatchMap(rows: first.rows, columns: first.columns, values: first.values.map { _ in 0 })
        func scaled(_ map: PatchMap, from low: Float, to high: Float) -> [Float] {
            map.values.map { high > low ? ($0 - low) / (high - low) : 0 }
        }
        switch self {
        case .sum: return PatchMap.sum(maps)
        case .normalizedSum, .maximum:
            for map in maps {
                for (patch, value) in scaled(map, from: 0, to: map.range.maximum).enumerated() {
                    result.values[patch] = self == .maximum ? max(result.values[patch], value) : result.values[patch] + value
                }
            }
        case .certainty:
            var weights = [Float](repeating: 1e-6, count: result.values.count)
            for map in maps {
                let range = map.range
                for (patch, m) in scaled(map, from: range.minimum, to: range.maximum).enumerated() {
                    let weight = exp(m * log(m + 1e-6) + (1 - m) * log(1 - m + 1e-6))
                    result.values[patch] += weight * m
                    weights[patch] += weight
                }
            }
            for patch in weights.indices { result.values[patch] /= weights[patch] }
        }
        return result
    }
}
