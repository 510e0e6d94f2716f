/// Layers by the first and the last, counted from 0.
public struct LayerSpan: Sendable, Hashable {
    public let range: ClosedRange<Int>

    /// What a text says: `A-B`, or `A` for one layer; nil for anything else.
    public init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
        guard let first = parts.first ?? nil, let last = parts.last ?? nil, parts.count <= 2, first >= 0, first <= last
        else { return nil }
        range = first...last
    }
}
