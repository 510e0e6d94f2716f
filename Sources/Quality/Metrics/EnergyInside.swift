/// The share of a map's energy that lies on the object: Σ inside / Σ, of positive values; 0 to 1.
public struct EnergyInside: QualityMetric {
    public init() {}
    public let identifier = "energy"
    public let title = "Energy inside"
    public let definition =
        "Sum of the map's positive values on pixels of the class, as a share of their sum over all pixels whose truth is not 255, the map "
        + "enlarged bilinearly to the picture. 0 to 1 (energy-based pointing game: Score-CAM, arXiv 1910.01279; Quantus' attribution localisation)."
    public let unit = "share"
    public let preference = MetricPreference.higher
    public var needsTruth: Bool { true }

    public func value(of subject: QualitySubject) throws -> Double {
        let truth = try subject.requiredTruth(for: self), values = try truth.pixels(of: subject.map)
        var (within, all) = (0.0, 0.0)
        for (place, value) in values.enumerated() where value > 0 {
            guard let isInside = truth.inside[place] else { continue }
            all += Double(value)
            if isInside { within += Double(value) }
        }
        guard all > 0 else { throw QualityError.noFigure("the map is positive nowhere, so none of its energy is inside") }
        return within / all
    }
}
