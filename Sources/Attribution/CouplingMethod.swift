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
        _ gradient: AttentionGradient, rows: Range<Int>, heads: Range<Int>, of trace: Trace, model: VisionTransformer
    ) -> PatchMap {
        PatchMap.mean(over: rows, trace, model.compute) { rows, sum in
            for row in rows { addRow(row, of: gradient, heads, to: sum, model.compute) }
        }
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
