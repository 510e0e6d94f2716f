extension Sequence where Element: BinaryFloatingPoint {
    /// The number in the middle, of an even count the mean of the two there; nil of none.
    package var median: Element? {
        let sorted = sorted(), middle = sorted.count / 2
        guard let upper = sorted.dropFirst(middle).first else { return nil }
        return sorted.count % 2 == 1 ? upper : (sorted[middle - 1] + upper) / 2
    }
}
