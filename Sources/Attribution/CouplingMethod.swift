import Checkpoints
import Tensors
import VisionTransformer

/// A method that combines two couplings of attention A and its gradient G, each averaged over heads:
///
///     U = mean over heads of relu(G ⊙ A)      V = mean over heads of relu(G)
///
/// The map is a row of the combination at the patch columns, the class token's unless asked otherwise, or the mean over
/// several (``GradientMethod``). Of one head, U and V are that head's.
public protocol CouplingMethod: GradientMethod {
    /// One entry of the combination.
    func combine(_ u: Float, _ v: Float) -> Float
}

extension CouplingMethod {
    public func map(
        _ gradient: AttentionGradient, rows: Range<Int>, heads: Range<Int>, grid: ModelConfiguration.Size, compute: Compute
    ) -> PatchMap {
        let patches = grid.height * grid.width
        var values = [Float](repeating: 0, count: patches)
        if rows.count > 1 {
            // Every part of the rows is summed by itself: as many parts for any number of threads, whose sums round alike.
            let parts = 8
            var partial = [Float](repeating: 0, count: parts * patches)
            partial.withUnsafeMutableBufferPointer { partial in
                guard let sums = partial.baseAddress else { return }
                compute.pool.forEach(parts) { part in
                    for row in rows.lowerBound + part * rows.count / parts..<rows.lowerBound + (part + 1) * rows.count / parts {
                        addRow(row, of: gradient, heads, to: sums + part * patches, compute)
                    }
                }
            }
            for part in 0..<parts {
                for patch in 0..<patches { values[patch] += partial[part * patches + patch] / Float(rows.count) }
            }
        } else {
            values.withUnsafeMutableBufferPointer { values in
                if let sum = values.baseAddress { addRow(rows.lowerBound, of: gradient, heads, to: sum, compute) }
            }
        }
        return PatchMap(rows: grid.height, columns: grid.width, values: values)
    }

    /// Adds a query row of the combination at the patch columns to `sum`.
    private func addRow(
        _ row: Int, of gradient: AttentionGradient, _ heads: Range<Int>, to sum: UnsafeMutablePointer<Float>, _ compute: Compute
    ) {
        let (prefix, patches) = (gradient.prefixTokens, gradient.tokens - gradient.prefixTokens)
        let share = 1 / Float(heads.count)
        // Some patches at a time: Swift keeps up to 1024 bytes on the stack.
        let part = 128
        withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * part) { couplings in
            guard let u = couplings.baseAddress else { return }
            let v = u + part
            for start in stride(from: 0, to: patches, by: part) {
                let count = min(part, patches - start)
                couplings.initialize(repeating: 0)
                for head in heads {
                    guard let a = gradient.attention(head: head, row: row).baseAddress,
                        let g = gradient.gradient(head: head, row: row).baseAddress else { return }
                    compute.kernels.couple(a + prefix + start, g + prefix + start, count, u, v)
                }
                for patch in 0..<count { sum[start + patch] += combine(u[patch] * share, v[patch] * share) }
            }
        }
    }
}
