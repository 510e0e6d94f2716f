/// The share of the class's probability that goes where only what the map shows is left (``ConfidenceChange``): 0 to 1.
public struct AverageDrop: QualityMetric {
    public init() {}
    public let identifier = "average-drop"
    public let title = "Average drop"
    public let definition =
        "Share of the class's probability that goes where the normalized pixels are multiplied with the map at 0 to 1: max(0, before − after) "
        + "/ before. 0 to 1 (Grad-CAM++, arXiv 1710.11063)."
    public let unit = "share"
    public let preference = MetricPreference.lower

    public func value(of subject: QualitySubject) throws -> Double { try subject.confidenceChange().drop }
}

/// Whether the class's probability rises where only what the map shows is left: 1 or 0; over a data set the share of maps.
public struct IncreaseInConfidence: QualityMetric {
    public init() {}
    public let identifier = "increase"
    public let title = "Increase in confidence"
    public let definition =
        "1 where the class's probability rises when the normalized pixels are multiplied with the map at 0 to 1, else 0; of several maps their "
        + "share (Grad-CAM++, arXiv 1710.11063)."
    public let unit = "share"
    public let preference = MetricPreference.higher

    public func value(of subject: QualitySubject) throws -> Double { try subject.confidenceChange().rises ? 1 : 0 }
}
