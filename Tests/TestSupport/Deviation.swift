/// The largest difference between two lists of numbers, as a share of the largest magnitude among the `expected`.
///
/// Infinite when the lengths differ or a value is not a number; where everything expected is zero, the largest
/// magnitude found.
public func relativeDeviation(_ found: some Collection<Float>, _ expected: some Collection<Float>) -> Float {
    guard found.count == expected.count else { return .infinity }
    var (difference, scale): (Float, Float) = (0, 0)
    for (a, b) in zip(found, expected) {
        guard a.isFinite, b.isFinite else { return .infinity }
        difference = max(difference, abs(a - b))
        scale = max(scale, abs(b))
    }
    return scale > 0 ? difference / scale : difference
}
