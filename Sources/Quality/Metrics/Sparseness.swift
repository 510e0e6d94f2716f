/// How few patches hold a map's values: the Gini index of their magnitudes, 0 (all alike) to 1 − 1/n (one alone).
public struct Sparseness: QualityMetric {
    public init() {}
    public let identifier = "sparseness"
    public let title = "Sparseness"
    public let definition =
        "Gini index of the magnitudes of the map's n patches: Σ (2i − n − 1)·a_i / (n·Σ a), a ascending. 0 (all alike) to 1 − 1/n (one alone) "
        + "(Chalasani et al. 2020, arXiv 1810.06583; Quantus)."
    public let unit = "Gini index"
    public let preference = MetricPreference.higher

    public func value(of subject: QualitySubject) throws -> Double {
        let values = try subject.map.magnitudes().sorted(), count = Double(values.count), sum = values.reduce(0, +)
        return values.enumerated().reduce(0) { $0 + (2 * Double($1.offset + 1) - count - 1) * $1.element } / (count * sum)
    }
}
