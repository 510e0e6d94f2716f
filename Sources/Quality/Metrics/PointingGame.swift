/// Whether a map's largest value lies on the object: 1 or 0; over a data set the share of maps.
///
/// Of equal values the first in reading order counts. Pixels whose truth is 255 are left out.
public struct PointingGame: QualityMetric {
    /// How far beside the object the place may lie, in pixels.
    public let tolerance: Int

    public init(tolerance: Int = 0) { self.tolerance = tolerance }
    public let identifier = "pointing-game"
    public let title = "Pointing game"
    public var definition: String {
        "1 where the map, enlarged bilinearly to the picture, has its largest value on a pixel of the class"
            + (tolerance > 0 ? " or within \(tolerance) pixels of one" : "")
            + ", else 0; of several maps their share. Pixels whose truth is 255 are left out (Zhang et al. 2016, arXiv 1608.00507)."
    }
    public let unit = "share"
    public let preference = MetricPreference.higher
    public var needsTruth: Bool { true }

    public func value(of subject: QualitySubject) throws -> Double {
        let truth = try subject.requiredTruth(for: self), values = try truth.pixels(of: subject.map)
        var peak: Int?
        for place in values.indices where truth.inside[place] != nil {
            if peak.map({ values[place] > values[$0] }) ?? true { peak = place }
        }
        // There are pixels of the class, so there is one that counts.
        guard let peak else { return 0 }
        let (x, y) = (peak % truth.width, peak / truth.width), square = tolerance * tolerance
        for row in max(0, y - tolerance)...min(truth.height - 1, y + tolerance) {
            for column in max(0, x - tolerance)...min(truth.width - 1, x + tolerance)
            where (row - y) * (row - y) + (column - x) * (column - x) <= square && truth.inside[row * truth.width + column] == true {
                return 1
            }
        }
        return 0
    }
}
