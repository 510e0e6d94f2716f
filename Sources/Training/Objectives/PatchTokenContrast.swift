import Glibc
import Tensors

/// ToCo's patch-token contrast: patches of one label are to be alike, patches of different labels are not.
///
/// Over all ordered pairs of different patches of one picture that both have a label, with s = |cos(f_i, f_j)|:
/// ½·(1 − Σ_same s / (n_same + 1)) + ½·Σ_different s / (n_different + 1), sums and counts over the batch.
/// Source: Ru et al., "Token Contrast for Weakly-Supervised Semantic Segmentation", 2023.
enum PatchTokenContrast {
    /// A label that leaves its patch out.
    static let ignored: UInt8 = 255

    /// The pairs of a batch.
    struct Counts: Equatable, Sendable {
        private(set) var same = 0
        private(set) var different = 0
        private(set) var pictures = 0

        /// - Parameter maps: the patches' labels of all pictures of the batch.
        init(_ maps: some Sequence<[UInt8]>) {
            for map in maps {
                var counts = [Int](repeating: 0, count: 255)
                for label in map where label != ignored { counts[Int(label)] += 1 }
                let labeled = counts.reduce(0, +), alike = counts.reduce(0) { $0 + $1 * $1 }
                same += alike - labeled
                different += labeled * labeled - alike
                pictures += 1
            }
        }
    }

    /// A picture's part of the batch's loss; its derivatives by the tokens times `weight` are added to `gradient`.
    ///
    /// - Parameters:
    ///   - tokens: `[P, dimensions]`, the patches alone.
    ///   - labels: of the P patches.
    ///   - gradient: `[P, dimensions]`.
    static func evaluate(
        _ tokens: UnsafePointer<Float>, dimensions: Int, labels: [UInt8], counts: Counts, weight: Float,
        addingTo gradient: UnsafeMutablePointer<Float>, compute: Compute, in workspace: Workspace
    ) -> Double {
        let patches = labels.count
        let (units, slopes) = (workspace.take(patches * dimensions), workspace.take(patches * dimensions))
        let pairs = workspace.take(patches * patches)
        let (unit, slope, pair, kernels) = (units.base, slopes.base, pairs.base, compute.kernels)
        let lengths = (0..<patches).map { patch in
            let (row, out) = (tokens + patch * dimensions, unit + patch * dimensions)
            let length = max(sqrtf(kernels.dot(row, row, dimensions)), leastLength)
            for index in 0..<dimensions { out[index] = row[index] / length }
            return length
        }
        let shareSame = -0.5 / Double(counts.same + 1), shareDifferent = 0.5 / Double(counts.different + 1)
        // Each pair is met twice: as (i, j) and as (j, i).
        let (pull, push) = (2 * weight * Float(shareSame), 2 * weight * Float(shareDifferent))
        let sum = labels.withUnsafeBufferPointer { labels in
            withUnsafeTemporaryAllocation(of: (same: Double, different: Double).self, capacity: max(patches, 1)) { sums in
                compute.forRanges(patches, multiple: 16) { rows in
                    compute.product(
                        rows.count, patches, dimensions, .plain(unit + rows.lowerBound * dimensions, stride: dimensions),
                        .transposed(unit, stride: dimensions), into: pair + rows.lowerBound * patches, stride: patches)
                    for row in rows { sums[row] = enter(labels, row, pull, push, into: pair + row * patches) }
                    compute.product(
                        rows.count, dimensions, patches, .plain(pair + rows.lowerBound * patches, stride: patches),
                        .plain(unit, stride: dimensions), into: slope + rows.lowerBound * dimensions, stride: dimensions)
                    for row in rows where labels[row] != ignored {
                        addThroughLength(
                            slope + row * dimensions, unit + row * dimensions, lengths[row], dimensions, kernels,
                            to: gradient + row * dimensions)
                    }
                }
                return sums.prefix(patches).reduce(0) { $0 + $1.same * shareSame + $1.different * shareDifferent }
            }
        }
        withExtendedLifetime((units, slopes, pairs)) {}
        return 0.5 / Double(max(counts.pictures, 1)) + sum
    }

    /// A shorter token is divided by this instead of its length.
    private static let leastLength: Float = 1e-8

    /// Sums the magnitudes of a row of cosines, and puts the loss's derivatives by them in their place.
    private static func enter(
        _ labels: UnsafeBufferPointer<UInt8>, _ row: Int, _ pull: Float, _ push: Float, into cosines: UnsafeMutablePointer<Float>
    ) -> (same: Double, different: Double) {
        let own = labels[row]
        var (same, different) = (0.0, 0.0)
        for column in 0..<labels.count {
            let cosine = cosines[column]
            let isAlike = labels[column] == own
            if own == ignored || labels[column] == ignored || column == row {
                cosines[column] = 0
                continue
            }
            if isAlike { same += Double(abs(cosine)) } else { different += Double(abs(cosine)) }
            let slope = isAlike ? pull : push
            cosines[column] = cosine > 0 ? slope : cosine < 0 ? -slope : 0
        }
        return (same, different)
    }

    /// From the derivatives by a token of unit length to those by the token: what points along it has no effect.
    private static func addThroughLength(
        _ slope: UnsafeMutablePointer<Float>, _ unit: UnsafePointer<Float>, _ length: Float, _ dimensions: Int,
        _ kernels: Kernels, to gradient: UnsafeMutablePointer<Float>
    ) {
        if length > leastLength { kernels.add_multiple(slope, unit, -kernels.dot(slope, unit, dimensions), dimensions) }
        kernels.add_multiple(gradient, slope, 1 / length, dimensions)
    }
}
