import Glibc

/// How the maps of several layers become one: which layers, what each counts, and how they are put together.
public struct LayerFusion: Sendable, Hashable {
    /// How maps are put together, with w_l what layer l counts and m_l its map M_l stretched to 0…1.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// Σ w_l M_l, as the published code of arXiv 2112.02841: layers with larger gradients count more.
        case sum
        /// Σ w_l M_l / max M_l: all layers count alike.
        case normalizedSum
        /// The largest w_l M_l / max M_l at each patch, 0 where all are negative (Zoom-CAM).
        case maximum
        /// Σ w_l M_l / Σ w_l: the sum on the scale of one map.
        case mean
        /// Π m_l^w_l: what all layers show (RefineCAM).
        case product
        /// Σ w_l v_l m_l / (Σ w_l v_l + 1e-6), weighted by certainty: v = e^−H at each patch, H = −(m ln(m + 1e-6) +
        /// (1 − m) ln(1 − m + 1e-6)) (UM-CAM).
        case certainty
    }

    public var kind: Kind
    /// What each layer counts, by its number, above 0; a layer that is not here, or counts nothing, is left out.
    public var weights: [Int: Float]

    public init(_ kind: Kind = .sum, weights: [Int: Float]) {
        self.kind = kind
        self.weights = weights
    }

    /// Layers that count alike.
    public init(_ kind: Kind = .sum, layers: some Sequence<Int>) {
        self.init(kind, weights: Dictionary(layers.map { ($0, 1) }) { first, _ in first })
    }

    /// The fused map of layers' maps; nil where none that counts is there. All maps must be of one size.
    public func fused(_ maps: [Int: PatchMap]) -> PatchMap? {
        let layers = maps.keys.sorted().filter { weights[$0, default: 0] > 0 }
        return kind.fused(layers.compactMap { maps[$0] }, weights: layers.map { weights[$0, default: 0] })
    }
}

extension LayerFusion.Kind {
    /// The fused map of maps that count alike, lowest layer first; nil where there is none. All maps must be of one size.
    public func fused(_ maps: [PatchMap]) -> PatchMap? { fused(maps, weights: maps.map { _ in 1 }) }

    /// - Parameter weights: what each map counts, above 0.
    func fused(_ maps: [PatchMap], weights: [Float]) -> PatchMap? {
        guard let first = maps.first else { return nil }
        precondition(maps.allSatisfy { $0.rows == first.rows && $0.columns == first.columns } && weights.count == maps.count)
        var result = PatchMap(
            rows: first.rows, columns: first.columns, values: first.values.map { _ in self == .product ? 1 : 0 })
        func scaled(_ map: PatchMap, from low: Float, to high: Float) -> [Float] {
            map.values.map { high > low ? ($0 - low) / (high - low) : 0 }
        }
        func stretched(_ map: PatchMap) -> [Float] {
            let range = map.range
            return scaled(map, from: range.minimum, to: range.maximum)
        }
        switch self {
        case .sum, .mean:
            // A map that counts 1 is added as it is.
            guard let sum = PatchMap.sum(zip(maps, weights).lazy.map { $1 == 1 ? $0 : $0.times($1) }) else { return nil }
            let total = weights.reduce(0, +)
            return self == .sum || total == 1 ? sum : sum.times(1 / total)
        case .normalizedSum, .maximum:
            for (map, weight) in zip(maps, weights) {
                for (patch, value) in scaled(map, from: 0, to: map.range.maximum).enumerated() {
                    let value = weight * value
                    result.values[patch] = self == .maximum ? max(result.values[patch], value) : result.values[patch] + value
                }
            }
        case .product:
            for (map, weight) in zip(maps, weights) {
                for (patch, m) in stretched(map).enumerated() { result.values[patch] *= weight == 1 ? m : powf(m, weight) }
            }
        case .certainty:
            var weighed = [Float](repeating: 1e-6, count: result.values.count)
            for (map, weight) in zip(maps, weights) {
                for (patch, m) in stretched(map).enumerated() {
                    let share = weight * exp(m * log(m + 1e-6) + (1 - m) * log(1 - m + 1e-6))
                    result.values[patch] += share * m
                    weighed[patch] += share
                }
            }
            for patch in weighed.indices { result.values[patch] /= weighed[patch] }
        }
        return result
    }
}

extension PatchMap {
    fileprivate func times(_ factor: Float) -> PatchMap {
        PatchMap(rows: rows, columns: columns, values: values.map { $0 * factor })
    }
}
