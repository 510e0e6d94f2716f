/// The area under the curve of a perturbation test (``PerturbationTest``), of the class's probability or of how often it is the most
/// probable: 0 to 1.
public struct PerturbationMetric: QualityMetric {
    public let test: PerturbationTest
    /// Whether hits are counted: 1 where the class is the most probable one, else 0.
    public let countsHits: Bool

    public init(_ test: PerturbationTest, countsHits: Bool = false) { (self.test, self.countsHits) = (test, countsHits) }

    static let all: [any QualityMetric] = PerturbationTest.allCases.flatMap { test in
        [false, true].map { PerturbationMetric(test, countsHits: $0) }
    }

    public var identifier: String { "\(test.rawValue)-\(countsHits ? "hits" : "perturbation")" }

    public var title: String {
        (test == .positive ? "Positive" : "Negative") + " perturbation" + (countsHits ? ", top-1" : "")
    }

    public var definition: String {
        "Area under the class's \(countsHits ? "top-1 hit (1 where it is the most probable, else 0)" : "probability") with 10, 20 … 90 % of "
            + "the pixels set to zero after normalization, the \(test == .positive ? "most" : "least") relevant first, by the trapezoid rule over "
            + "these shares. 0 to 1 (Chefer et al. 2021, arXiv 2012.09838)."
    }

    public var unit: String { countsHits ? "share" : "probability" }
    public var preference: MetricPreference { test == .positive ? .lower : .higher }

    public func value(of subject: QualitySubject) throws -> Double {
        let probabilities = try subject.probabilities(test)
        let scores = countsHits ? subject.hits(probabilities) : try probabilities.map { try $0.score(of: subject.classIndex) }
        return ScoreCurve(shares: PerturbationTest.shares, scores: scores).area
    }
}
