/// How alike a map stays as the model's parameters become random (``SanityCheck``): the mean of the steps' rank correlations, −1 to 1.
public struct Sanity: QualityMetric {
    public init() {}
    public let identifier = "sanity"
    public let title = "Sanity, cascading randomization"
    public let definition =
        "Spearman's rank correlation of the map and those of the model with its parameters in random order from the head down, averaged over "
        + "the steps: head, each block from the last to the first, embedding. −1 to 1; 1 is a map that does not depend on what the model learned "
        + "(Adebayo et al. 2018, arXiv 1810.03292)."
    public let unit = "correlation"
    public let preference = MetricPreference.lower
    public var needsSanityCheck: Bool { true }

    public func value(of subject: QualitySubject) throws -> Double {
        guard let sanity = subject.sanity else { throw QualityError.setting("sanity needs the map made anew by randomized models") }
        let correlations = try sanity.correlations(of: subject.map)
        return correlations.reduce(0, +) / Double(max(correlations.count, 1))
    }
}
