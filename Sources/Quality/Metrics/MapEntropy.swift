import Attribution
import Glibc

/// How many patches share a map's values: the entropy of their magnitudes, 0 (one alone) to log n (all alike), in nats.
public struct MapEntropy: QualityMetric {
    public init() {}
    public let identifier = "entropy"
    public let title = "Entropy"
    public let definition =
        "Entropy −Σ p·log p of the magnitudes of the map's n patches as shares p of their sum, in nats. 0 (one alone) to log n (all alike) "
        + "(complexity: Bhatt et al. 2020, arXiv 2005.00631; Quantus)."
    public let unit = "nats"
    public let preference = MetricPreference.lower

    public func value(of subject: QualitySubject) throws -> Double {
        let values = try subject.map.magnitudes(), sum = values.reduce(0, +)
        return values.reduce(0) { total, value in
            let share = value / sum
            return share > 0 ? total - share * log(share) : total
        }
    }
}

extension PatchMap {
    /// - Throws: `QualityError` where a value is no number, or all are zero.
    func magnitudes() throws(QualityError) -> [Double] {
        try checkValues()
        let values = values.map { Double(abs($0)) }
        guard values.contains(where: { $0 > 0 }) else { throw .noFigure("the map is zero everywhere") }
        return values
    }
}
