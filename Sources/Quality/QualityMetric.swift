import Checkpoints

/// A figure that says how good a map is.
///
/// A metric is one type in one file, listed in ``QualityMetrics/all``; `getam compare` knows it then.
public protocol QualityMetric: Sendable {
    /// The name on the command line and in files, such as `insertion`.
    var identifier: String { get }
    /// The name in running text.
    var title: String { get }
    /// What it is: the formula in words, its range, its source.
    var definition: String { get }
    /// What the figure is in, such as `probability`.
    var unit: String { get }
    var preference: MetricPreference { get }
    /// Whether it compares the map with where the class truly is.
    var needsTruth: Bool { get }
    /// Whether it needs the map made anew by models like its own.
    var needsSanityCheck: Bool { get }
    /// Why a model cannot be asked for it; nil where it can.
    func obstacle(for configuration: ModelConfiguration) -> String?

    /// The figure of a map.
    ///
    /// - Throws: `QualityError` where there is no such figure of this map, `ModelError`, `CancellationError`.
    func value(of subject: QualitySubject) throws -> Double
}

extension QualityMetric {
    public var needsTruth: Bool { false }
    public var needsSanityCheck: Bool { false }
    public func obstacle(for configuration: ModelConfiguration) -> String? { nil }
}

/// Which figures are better.
public enum MetricPreference: String, Sendable, Hashable {
    case higher, lower
    /// It describes a map, and does not judge it.
    case neither

    /// In running text.
    public var text: String {
        switch self {
        case .higher: "higher is better"
        case .lower: "lower is better"
        case .neither: "neither is better"
        }
    }

    /// The index of the best of some figures; nil where none is.
    public func best(of values: [Double?]) -> Int? {
        let known = values.enumerated().compactMap { place, value in value.map { (place, $0) } }
        switch self {
        case .higher: return known.max { ($0.1, $1.0) < ($1.1, $0.0) }?.0
        case .lower: return known.min { ($0.1, $0.0) < ($1.1, $1.0) }?.0
        case .neither: return nil
        }
    }
}

/// The metrics this program knows.
public enum QualityMetrics {
    public static let all: [any QualityMetric] =
        PatchGameMetric.all + PerturbationMetric.all + ROADMetric.all
        + [AverageDrop(), IncreaseInConfidence(), PointingGame(), EnergyInside(), BestOverlap(), Overlap(), Sparseness(), MapEntropy(),
            BackgroundShare(), Equivariance(), Sanity()]

    /// The metric with the given identifier.
    public static func named(_ identifier: String) -> (any QualityMetric)? { all.first { $0.identifier == identifier } }
}
