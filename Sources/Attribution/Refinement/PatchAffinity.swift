import Tensors
import VisionTransformer

/// A way to refine maps at patch resolution by what the model itself saw.
public protocol PatchRefiner: Sendable {
    /// The refined maps, of the same size.
    ///
    /// - Parameters:
    ///   - maps: of the trace's grid.
    ///   - trace: the picture's forward pass through `model`.
    func refine(_ maps: [PatchMap], trace: Trace, model: VisionTransformer) -> [PatchMap]
}

/// Spreads a map along the attention between patches: m ← W·m, once or a few times.
///
/// W is the head-mean attention from patch to patch, summed over layers, then normalized. Sources: raw, all layers, one
/// step: MCTformer (CVPR 2022) and ACR; Sinkhorn, two steps: the class-aware attention affinity of CLIP-ES (CVPR 2023)
/// without its box.
public struct PatchAffinity: PatchRefiner, Hashable, Codable {
    /// How the summed attention becomes W.
    public enum Normalization: String, Hashable, Codable, Sendable, CaseIterable {
        /// As it is: the map's scale grows with the number of layers.
        case raw
        /// Rows sum to one: every patch takes a mean.
        case row
        /// Three times columns, then rows to a sum of one; then the mean with its transpose.
        case sinkhorn
    }

    /// The layers to sum, from 0, first block first; nil takes all. Layers the model lacks count as absent.
    public var layers: ClosedRange<Int>?
    public var normalization: Normalization
    /// How often the map is multiplied by W; 1 to 3 are usual, 0 or less leaves maps as they are.
    public var steps: Int

    public init(layers: ClosedRange<Int>? = nil, normalization: Normalization = .raw, steps: Int = 1) {
        self.layers = layers
        self.normalization = normalization
        self.steps = steps
    }

    public func refine(_ maps: [PatchMap], trace: Trace, model: VisionTransformer) -> [PatchMap] {
        guard steps > 0, !maps.isEmpty else { return maps }
        let layers = layers ?? 0...max(trace.depth - 1, 0)
        return apply(normalized(model.patchAffinity(trace, layers: layers)), to: maps, compute: model.compute)
    }

    /// W, of the summed attention. Rows and columns of zeros stay so.
    public func normalized(_ affinity: PatchAffinityMatrix) -> PatchAffinityMatrix {
        var result = affinity
        let count = result.patches
        switch normalization {
        case .raw: break
        case .row: Self.normalizeRows(&result.values, count)
        case .sinkhorn:
            for _ in 0..<3 {
                Self.normalizeColumns(&result.values, count)
                Self.normalizeRows(&result.values, count)
            }
            for row in 0..<count {
                for column in 0..<row {
                    let mean = (result.values[row * count + column] + result.values[column * count + row]) / 2
                    result.values[row * count + column] = mean
                    result.values[column * count + row] = mean
                }
            }
        }
        return result
    }

    /// W·m, `steps` times, for every map. The maps must have as many patches as W has rows.
    public func apply(_ affinity: PatchAffinityMatrix, to maps: [PatchMap], compute: Compute) -> [PatchMap] {
        let count = affinity.patches
        for map in maps { precondition(map.values.count == count, "map and affinity differ in size") }
        guard steps > 0, count > 0, !maps.isEmpty else { return maps }
        var current = maps.flatMap(\.values)
        var next = [Float](repeating: 0, count: current.count)
        for _ in 0..<steps {
            affinity.values.withUnsafeBufferPointer { matrix in
                current.withUnsafeBufferPointer { current in
                    next.withUnsafeMutableBufferPointer { next in
                        guard let w = matrix.baseAddress, let m = current.baseAddress, let out = next.baseAddress else { return }
                        // Element-wise kernels, not the matrix product: a few maps are too narrow for it to pay.
                        compute.forRanges(count, multiple: 16) { rows in
                            for row in rows {
                                for map in maps.indices {
                                    out[map * count + row] = compute.kernels.dot(w + row * count, m + map * count, count)
                                }
                            }
                        }
                    }
                }
            }
            swap(&current, &next)
        }
        return maps.indices.map { index in
            var map = maps[index]
            map.values = Array(current[index * count..<(index + 1) * count])
            return map
        }
    }

    private static func normalizeRows(_ values: inout [Float], _ count: Int) {
        for row in 0..<count {
            var sum: Float = 0
            for index in row * count..<(row + 1) * count { sum += values[index] }
            guard sum > 0 else { continue }
            let factor = 1 / sum
            for index in row * count..<(row + 1) * count { values[index] *= factor }
        }
    }

    private static func normalizeColumns(_ values: inout [Float], _ count: Int) {
        var factors = [Float](repeating: 0, count: count)
        for row in 0..<count {
            for column in 0..<count { factors[column] += values[row * count + column] }
        }
        for column in 0..<count { factors[column] = factors[column] > 0 ? 1 / factors[column] : 0 }
        for row in 0..<count {
            for column in 0..<count { values[row * count + column] *= factors[column] }
        }
    }
}
