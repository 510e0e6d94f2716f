/// Work that the passes leave out because it cannot change the result. All of it is left out; less only to test one way
/// against the other.
package struct ExactSavings: OptionSet, Sendable, Hashable {
    package let rawValue: Int

    package init(rawValue: Int) { self.rawValue = rawValue }

    /// The last block is computed for the tokens that its head reads: its keys and values are never made, its scores are
    /// h·(Wkᵀ q₀), and its gradient is of low rank.
    package static let readoutTokens = ExactSavings(rawValue: 1)
    /// Where only class-token rows are wanted, the lowest layer asked for is computed for that token: its attention's
    /// gradient, its projection and its MLP.
    package static let lowestRow = ExactSavings(rawValue: 2)
    /// The layer above that one yields the class token's gradient alone: row and column 0 of its attention, one row of
    /// queries, keys and values. Takes effect together with ``lowestRow``.
    package static let rowAbove = ExactSavings(rawValue: 4)
    /// The scores' gradient is made head by head in scratch that stays in cache, instead of kept for all.
    package static let headScratch = ExactSavings(rawValue: 8)

    package static let all: ExactSavings = [.readoutTokens, .lowestRow, .rowAbove, .headScratch]
}
