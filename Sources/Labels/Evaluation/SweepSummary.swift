/// What figures at the values of a number say: the best, and how much the number matters.
public struct SweepSummary: Sendable, Equatable {
    /// The place of the best, the first of equals.
    public let best: Int
    /// The places around the best whose figures are at most ``flatness`` lower.
    public let plateau: ClosedRange<Int>
    /// The greatest figure less the least.
    public let spread: Double
    private let count: Int

    /// Half a point of a mean IoU.
    public static let flatness = 0.005

    /// - Parameter figures: mean IoUs, 0…1, in the order of the values; at least one, else nil.
    public init?(_ figures: [Double]) {
        guard let low = figures.min(), let high = figures.max(), let best = figures.firstIndex(of: high) else { return nil }
        var (first, last) = (best, best)
        while first > 0, high - figures[first - 1] <= Self.flatness { first -= 1 }
        while last < figures.count - 1, high - figures[last + 1] <= Self.flatness { last += 1 }
        (self.best, plateau, spread, count) = (best, first...last, high - low, figures.count)
    }

    /// Whether half of what was tried does as well, so that the number hardly matters.
    public var isFlat: Bool { plateau.count * 2 > count }
}
