import Checkpoints
import Tensors
import VisionTransformer

/// Gradient-weighted element-wise transformer attention map (arXiv 2112.02841, as its published code computes it).
///
/// With A a layer's attention after soft-max and G = ∂y_c/∂A:
///
///     U = mean over heads of relu(G ⊙ A)      V = mean over heads of relu(G)      M = U ⊙ V
///
/// The map is M's class-token row at the patch columns. A head that pools the patch tokens gives the class token of the
/// last layer no gradient at all, so there the mean of M over the patch rows takes its place.
public struct GETAM: MapMethod {
    public let identifier = "getam"
    public let title = "GETAM"
    public let summary = "gradient-weighted attention: relu(G·A) and relu(G), each averaged over heads, multiplied"

    public init() {}

    public func queryRows(for head: ModelConfiguration.Head) -> QueryRows { head == .patchMean ? .all : .classToken }

    public func map(
        _ gradient: AttentionGradient, grid: ModelConfiguration.Size, head: ModelConfiguration.Head, compute: Compute
    ) -> PatchMap {
        let patches = grid.height * grid.width
        var values = [Float](repeating: 0, count: patches)
        if head == .patchMean {
            // Every thread sums its own rows.
            let parts = compute.pool.threads
            let rows = gradient.prefixTokens..<gradient.tokens
            var partial = [Float](repeating: 0, count: parts * patches)
            partial.withUnsafeMutableBufferPointer { partial in
                nonisolated(unsafe) let sums = partial.baseAddress!
                compute.pool.forEach(parts) { part in
                    for row in rows.lowerBound + part * rows.count / parts..<rows.lowerBound + (part + 1) * rows.count / parts {
                        addRow(row, of: gradient, to: sums + part * patches, compute)
                    }
                }
            }
            for part in 0..<parts {
                for patch in 0..<patches { values[patch] += partial[part * patches + patch] / Float(rows.count) }
            }
        } else {
            values.withUnsafeMutableBufferPointer { addRow(0, of: gradient, to: $0.baseAddress!, compute) }
        }
        return PatchMap(rows: grid.height, columns: grid.width, values: values)
    }

    /// Adds a query row of M at the patch columns to `sum`.
    private func addRow(
        _ row: Int, of gradient: AttentionGradient, to sum: UnsafeMutablePointer<Float>, _ compute: Compute
    ) {
        let (prefix, patches) = (gradient.prefixTokens, gradient.tokens - gradient.prefixTokens)
        withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * patches) { couplings in
            couplings.initialize(repeating: 0)
            let u = couplings.baseAddress!
            let v = u + patches
            for head in 0..<gradient.heads {
                compute.kernels.couple(
                    gradient.attention(head: head, row: row).baseAddress! + prefix,
                    gradient.gradient(head: head, row: row).baseAddress! + prefix, patches, u, v)
            }
            let heads = Float(gradient.heads)
            for patch in 0..<patches { sum[patch] += (u[patch] / heads) * (v[patch] / heads) }
        }
    }
}
