/// Which query rows of ∂ logit / ∂ attention are wanted.
public enum QueryRows: Sendable, Equatable {
    /// The class token's row only; saves most of the work in the lowest layer asked for.
    case classToken
    /// Every token's row.
    case all
}

/// Attention and its gradient for one class in one layer, lent for the length of a call.
///
/// Rows are queries, columns keys; N tokens in the order class, distillation, registers, patches.
public struct AttentionGradient {
    /// From 0, first block first; the model's depth for a head's pool.
    public let layer: Int
    /// Position of the class in the list that was asked for.
    public let position: Int
    /// Index of the class among the model's logits.
    public let classIndex: Int
    public let heads: Int
    public let tokens: Int
    /// Tokens before the first patch.
    public let prefixTokens: Int
    /// The query rows that are here; the gradient of every other row is zero or was not asked for.
    public let rows: Range<Int>

    let attentionBase: UnsafePointer<Float>
    let attentionHeadStride: Int
    let attentionStride: Int
    let gradientBase: UnsafePointer<Float>
    let gradientHeadStride: Int
    let gradientStride: Int

    /// Row `row` of head `head`'s attention after soft-max: `tokens` values that sum to one, or as a difference of
    /// two soft-maxes to 1 − λ.
    public func attention(head: Int, row: Int) -> UnsafeBufferPointer<Float> {
        precondition(rows.contains(row) && (0..<heads).contains(head))
        return UnsafeBufferPointer(
            start: attentionBase + head * attentionHeadStride + row * attentionStride, count: tokens)
    }

    /// ∂ logit / ∂ attention for the same entries.
    public func gradient(head: Int, row: Int) -> UnsafeBufferPointer<Float> {
        precondition(rows.contains(row) && (0..<heads).contains(head))
        return UnsafeBufferPointer(start: gradientBase + head * gradientHeadStride + row * gradientStride, count: tokens)
    }
}
