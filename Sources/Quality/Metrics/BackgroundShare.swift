import Checkpoints
import Labels

/// How well a level of the map parts the class from its background: the least ρ + area (``Labels/BackgroundActivation``), 0 to 1.
public struct BackgroundShare: QualityMetric {
    public init() {}
    public let identifier = "bas"
    public let title = "Background activation"
    public let definition =
        "Least of ρ + area over the levels 0.05, 0.1 … 0.95 of the map at 0 to 1: ρ is what stays of the class's logit, at least 0, once the tokens of the "
        + "patches above the level are dropped, area their share. 0 to 1 (the terms of BAS, CVPR 2022)."
    public let unit = "share"
    public let preference = MetricPreference.lower

    public func obstacle(for configuration: ModelConfiguration) -> String? {
        configuration.needsAllPatches ? "the model's head reads a map of all patches, so none can be dropped" : nil
    }

    public func value(of subject: QualitySubject) throws -> Double {
        try subject.map.checkValues()
        let (low, high) = subject.map.range
        guard high > low else { throw QualityError.noFigure("the map is the same everywhere, so no level parts it") }
        var background = BackgroundActivation(subject.picture.model, pixels: subject.picture.pixels, isCancelled: subject.picture.isCancelled)
        guard let least = try background.costs(subject.map.values.map { ($0 - low) / (high - low) }, class: subject.classIndex)?.min() else {
            throw QualityError.noFigure("the class's logit is not above 0, so there is no share of it")
        }
        // One level may leave everything, another nothing.
        return min(least, 1)
    }
}
