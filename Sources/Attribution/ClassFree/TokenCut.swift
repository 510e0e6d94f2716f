import Images
import Tensors

/// Saliency from a model's own tokens: the patches fall in two groups where cutting their similarity graph costs least.
///
/// Source: Wang, Shen, Yuan, Du, Li, Hu, Crowley, Vaufreydaz, "TokenCut", CVPR 2022. With W_ij = 1 where the cosine of two
/// patches' keys exceeds τ and 10⁻⁵ elsewhere, and D its row sums, v is the eigenvector of the second smallest eigenvalue
/// of (D − W)v = λDv; the groups lie above and below v's mean, and the foreground is the one with the largest |v|.
public struct TokenCut: Sendable, Hashable {
    /// τ, −1…1: from which cosine on two patches count as alike. The paper's 0.2.
    public var similarity: Float

    public init(similarity: Float = 0.2) { self.similarity = similarity }

    /// What the cut found, at patch resolution.
    public struct Result: Sendable, Equatable {
        /// The eigenvector, its sign such that the foreground lies above its mean.
        public let vector: PatchMap
        /// One entry a patch, row by row: whether it lies in the foreground's region that holds its strongest patch.
        public let foreground: [Bool]

        /// The eigenvector stretched to 0…1; 0 outside the foreground's region.
        public var saliency: PatchMap {
            let (low, high) = vector.range
            var map = vector
            for patch in map.values.indices {
                map.values[patch] = foreground[patch] && high > low ? (map.values[patch] - low) / (high - low) : 0
            }
            return map
        }
    }

    /// Cuts a picture's patches.
    ///
    /// - Parameter keys: `[rows · columns, width]`, a vector a patch (see ``VisionTransformer/VisionTransformer/patchKeys(of:layer:)``).
    /// - Returns: nil where there are fewer than three patches or all are alike, and nothing stands out.
    public func cut(keys: Tensor, rows: Int, columns: Int, compute: Compute) -> Result? {
        let count = rows * columns, width = keys.shape.last ?? 0
        guard count > 2, width > 0, keys.count == count * width else { return nil }
        var unit = keys.values
        for patch in 0..<count {
            let range = patch * width..<(patch + 1) * width
            let length = unit[range].reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
            let scale = length > 0 ? Float(1 / length) : 0
            for index in range { unit[index] *= scale }
        }
        var weights = [Float](repeating: 0, count: count * count)
        weights.withUnsafeMutableBufferPointer { weights in
            unit.withUnsafeBufferPointer { unit in
                compute.product(
                    count, count, width, .plain(unit.baseAddress!, stride: width),
                    .transposed(unit.baseAddress!, stride: width), into: weights.baseAddress!, stride: count)
            }
            for index in 0..<weights.count { weights[index] = weights[index] > similarity ? 1 : 1e-5 }
        }
        // Where all pairs are alike, or none, every cut costs the same.
        let strong = weights.reduce(0) { $0 + ($1 == 1 ? 1 : 0) }
        guard strong > count, strong < count * count else { return nil }
        let degrees = (0..<count).map { row in
            Double(weights[row * count..<(row + 1) * count].reduce(Float(0), +))
        }
        // The same problem made symmetric: the second largest eigenvalue of D^-½ W D^-½, whose largest, 1, has D^½·1.
        let roots = degrees.map { $0.squareRoot() }
        weights.withUnsafeMutableBufferPointer { weights in
            for row in 0..<count {
                for column in 0..<count { weights[row * count + column] /= Float(roots[row] * roots[column]) }
            }
        }
        guard let symmetric = Lanczos.largest(weights, count: count, orthogonalTo: [roots]) else { return nil }
        var vector = zip(symmetric, roots).map { $0 / $1 }
        let mean = vector.reduce(0, +) / Double(count)
        guard let seed = vector.indices.max(by: { abs(vector[$0]) < abs(vector[$1]) }), abs(vector[seed] - mean) > 1e-9 else {
            return nil
        }
        var isAbove = vector.map { $0 > mean }
        if !isAbove[seed] {
            vector = vector.map { -$0 }
            isAbove = isAbove.map { !$0 }
        }
        let regions = Components(isAbove.map { $0 ? 1 : 0 }, width: columns, height: rows)
        let chosen = regions.numbers[seed]
        return Result(
            vector: PatchMap(rows: rows, columns: columns, values: vector.map { Float($0) }),
            foreground: regions.numbers.map { $0 == chosen })
    }
}
