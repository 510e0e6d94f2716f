import Tensors
import VisionTransformer

/// How matrices over patches are scaled. Rows and columns of zeros stay so.
extension PatchAffinityMatrix {
    /// Every row divided by its sum.
    mutating func normalizeRows() {
        for row in 0..<patches {
            var sum: Float = 0
            for index in row * patches..<(row + 1) * patches { sum += values[index] }
            guard sum > 0 else { continue }
            let factor = 1 / sum
            for index in row * patches..<(row + 1) * patches { values[index] *= factor }
        }
    }

    /// Every column divided by its sum, to which `epsilon` is added.
    mutating func normalizeColumns(epsilon: Float = 0) {
        var factors = [Float](repeating: 0, count: patches)
        for row in 0..<patches {
            for column in 0..<patches { factors[column] += values[row * patches + column] }
        }
        for column in 0..<patches { factors[column] = factors[column] + epsilon > 0 ? 1 / (factors[column] + epsilon) : 0 }
        for row in 0..<patches {
            for column in 0..<patches { values[row * patches + column] *= factors[column] }
        }
    }

    /// The mean with its transpose.
    mutating func symmetrize() {
        for row in 0..<patches {
            for column in 0..<row {
                let mean = (values[row * patches + column] + values[column * patches + row]) / 2
                values[row * patches + column] = mean
                values[column * patches + row] = mean
            }
        }
    }

    var transposed: PatchAffinityMatrix {
        var result = self
        for row in 0..<patches {
            for column in 0..<patches { result.values[column * patches + row] = values[row * patches + column] }
        }
        return result
    }

    /// Three times columns, then rows, to a sum of one; then the mean with the transpose (Sinkhorn and Knopp's balancing, cut short).
    mutating func balance() {
        for _ in 0..<3 {
            normalizeColumns()
            normalizeRows()
        }
        symmetrize()
    }

    /// The product with another matrix, or with the transpose of one.
    func times(_ other: PatchAffinityMatrix, transposed: Bool = false, compute: Compute) -> PatchAffinityMatrix {
        precondition(other.patches == patches, "matrices differ in size")
        var product = [Float](repeating: 0, count: values.count)
        values.withUnsafeBufferPointer { left in
            other.values.withUnsafeBufferPointer { right in
                product.withUnsafeMutableBufferPointer { product in
                    guard let left = left.baseAddress, let right = right.baseAddress, let base = product.baseAddress else { return }
                    nonisolated(unsafe) let target = base
                    compute.forRanges(patches, multiple: 16) { rows in
                        compute.product(
                            rows.count, patches, patches, .plain(left + rows.lowerBound * patches, stride: patches),
                            transposed ? .transposed(right, stride: patches) : .plain(right, stride: patches),
                            into: target + rows.lowerBound * patches, stride: patches)
                    }
                }
            }
        }
        return PatchAffinityMatrix(patches: patches, values: product)
    }

    /// W·m, `steps` times, for every map. The maps must have as many patches as W has rows.
    func applied(to maps: [PatchMap], steps: Int = 1, compute: Compute) -> [PatchMap] {
        let count = patches
        for map in maps { precondition(map.values.count == count, "map and affinity differ in size") }
        guard steps > 0, count > 0, !maps.isEmpty else { return maps }
        var current = maps.flatMap(\.values)
        var next = [Float](repeating: 0, count: current.count)
        for _ in 0..<steps {
            values.withUnsafeBufferPointer { matrix in
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
}
