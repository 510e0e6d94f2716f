import Attribution

/// Patches by what a map says of them, the most relevant first; of equal ones the first in reading order.
public struct PatchRanking: Sendable, Equatable {
    /// Every patch once, counted row by row from the top left.
    public let order: [Int]

    /// - Throws: `QualityError` where a value is no number, or there is none.
    public init(_ map: PatchMap) throws(QualityError) {
        try map.checkValues()
        let values = map.values
        order = values.indices.sorted { (values[$1], $0) < (values[$0], $1) }
    }

    /// How many patches are in after each of `steps` equal steps: ascending from none to all. Steps of less than a patch are one patch.
    ///
    /// - Throws: `QualityError` for no step.
    public func counts(steps: Int) throws(QualityError) -> [Int] {
        guard steps > 0 else { throw .setting("the number of steps must be 1 or more, not \(steps)") }
        let steps = min(steps, order.count)
        return (0...steps).map { $0 * order.count / steps }
    }

    /// The first `count` patches.
    public func first(_ count: Int) -> PatchSet { PatchSet(order[..<count], of: order.count) }
    /// All but the first `count` patches.
    public func rest(_ count: Int) -> PatchSet { PatchSet(order[count...], of: order.count) }
}

extension PatchMap {
    /// - Throws: `QualityError` where a value is NaN or infinite, or there is none.
    func checkValues() throws(QualityError) {
        guard !values.isEmpty else { throw .map("the map has no values") }
        if let wrong = values.firstIndex(where: { !$0.isFinite }) {
            throw .map("the map's value in column \(wrong % columns), row \(wrong / columns) is \(values[wrong]), not a finite number")
        }
    }
}
