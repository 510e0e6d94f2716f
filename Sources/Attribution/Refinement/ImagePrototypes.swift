import Tensors
import VisionTransformer

/// Reads a map anew from one prototype a class, made of the picture's own patches.
///
/// With f the keys of the last layer's patches and m_k the maps, negative values 0 and divided by their largest, and the
/// background's 1 − max_k m_k among them: R_ij = max(0, cos(f_i, f_j)); every patch i goes to the class whose map the region
/// of patches like it overlaps most, Σ_j R_ij m_k(j) / (Σ_j R_ij + Σ_j m_k(j) − Σ_j R_ij m_k(j)), the background's counting half;
/// p_k is the mean of its patches' f; the map is max(0, cos(f_i, p_k)). A class that gets no patch takes its strongest one:
/// it is known to be there. Source: Chen et al., "Self-supervised Image-specific Prototype Exploration", CVPR 2022 (SIPE), where
/// f are the features of a convolutional network's stages.
public struct ImagePrototypes: PatchRefiner, Hashable {
    public init() {}

    public func refine(_ maps: [PatchMap], trace: Trace, model: VisionTransformer) -> [PatchMap] {
        guard !maps.isEmpty else { return maps }
        return refine(maps, features: model.patchKeys(of: trace), compute: model.compute)
    }

    /// - Parameter features: `[patches, width]`.
    func refine(_ maps: [PatchMap], features: Tensor, compute: Compute) -> [PatchMap] {
        guard let first = maps.first else { return maps }
        let count = first.values.count, width = features.shape[1]
        precondition(features.shape[0] == count, "maps and features differ in size")
        var unit = features.values
        for patch in 0..<count { Self.normalize(&unit, patch * width..<(patch + 1) * width) }
        let likeness = Self.likeness(unit, count, width, compute)
        let sums = (0..<count).map { likeness[$0 * count..<($0 + 1) * count].reduce(0, +) }
        var scaled = maps.map { map in
            let largest = map.range.maximum
            return map.values.map { largest > 0 ? max($0, 0) / largest : 0 }
        }
        scaled.append((0..<count).map { patch in 1 - scaled.reduce(0) { max($0, $1[patch]) } })
        let overlaps = scaled.enumerated().map { index, map in
            let total = map.reduce(0, +)
            return map.withUnsafeBufferPointer { map in
                likeness.withUnsafeBufferPointer { likeness in
                    (0..<count).map { patch -> Float in
                        let shared = compute.kernels.dot(likeness.baseAddress! + patch * count, map.baseAddress!, count)
                        let all = sums[patch] + total - shared
                        return (all > 0 ? shared / all : 0) * (index == maps.count ? 0.5 : 1)
                    }
                }
            }
        }
        var seeds = [[Int]](repeating: [], count: scaled.count)
        for patch in 0..<count {
            let winner = overlaps.indices.max { overlaps[$0][patch] < overlaps[$1][patch] } ?? maps.count
            seeds[winner].append(patch)
        }
        return maps.indices.map { index in
            var map = maps[index]
            let patches = seeds[index].isEmpty ? [map.values.indices.max { map.values[$0] < map.values[$1] } ?? 0] : seeds[index]
            var prototype = [Float](repeating: 0, count: width)
            for patch in patches {
                for place in 0..<width { prototype[place] += features.values[patch * width + place] / Float(patches.count) }
            }
            Self.normalize(&prototype, 0..<width)
            for patch in 0..<count {
                var cosine: Float = 0
                for place in 0..<width { cosine += unit[patch * width + place] * prototype[place] }
                map.values[patch] = max(0, cosine)
            }
            return map
        }
    }

    private static func normalize(_ values: inout [Float], _ range: Range<Int>) {
        let length = values[range].reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
        let factor = length > 0 ? Float(1 / length) : 0
        for index in range { values[index] *= factor }
    }

    /// Cosines of unit vectors, negative ones 0.
    private static func likeness(_ unit: [Float], _ count: Int, _ width: Int, _ compute: Compute) -> [Float] {
        var products = [Float](repeating: 0, count: count * count)
        unit.withUnsafeBufferPointer { unit in
            products.withUnsafeMutableBufferPointer { products in
                guard let unit = unit.baseAddress, let base = products.baseAddress else { return }
                nonisolated(unsafe) let target = base
                compute.forRanges(count, multiple: 16) { rows in
                    compute.product(
                        rows.count, count, width, .plain(unit + rows.lowerBound * width, stride: width), .transposed(unit, stride: width),
                        into: target + rows.lowerBound * count, stride: count)
                }
            }
        }
        for index in products.indices { products[index] = max(products[index], 0) }
        return products
    }
}
