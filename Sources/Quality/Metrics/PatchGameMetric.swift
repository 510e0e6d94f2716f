import Checkpoints

/// The area under the curve of insertion or deletion (``PatchGame``) with a ``Baseline``: a mean probability, 0 to 1.
public struct PatchGameMetric: QualityMetric {
    public let game: PatchGame
    public let baseline: Baseline

    public init(_ game: PatchGame, _ baseline: Baseline) { (self.game, self.baseline) = (game, baseline) }

    static let all: [any QualityMetric] = Baseline.allCases.flatMap { baseline in
        PatchGame.allCases.map { PatchGameMetric($0, baseline) }
    }

    public var identifier: String { baseline == .dropped ? game.rawValue : "\(game.rawValue)-\(baseline.rawValue)" }

    public var title: String {
        let name = game == .insertion ? "Insertion" : "Deletion"
        return switch baseline {
        case .dropped: "\(name), tokens dropped"
        case .mean: "\(name), mean"
        case .blurred: "\(name), blurred"
        }
    }

    public var definition: String {
        let what = game == .insertion ? "put in, the most relevant first" : "taken out, the most relevant first"
        let place =
            switch baseline {
            case .dropped: "tokens of the patches that are out are dropped before the first block"
            case .mean: "in place of the patches that are out stands the picture's mean, channel by channel"
            case .blurred: "in place of the patches that are out stands the picture blurred by a Gaussian of 11 × 11 pixels, σ 5"
            }
        return "Area under the class's probability as the ranked patches are \(what), in equal steps, by the trapezoid rule; \(place). "
            + "0 to 1 (RISE, arXiv 1806.07421, on patches)."
    }

    public var unit: String { "probability" }
    public var preference: MetricPreference { game == .insertion ? .higher : .lower }

    public func obstacle(for configuration: ModelConfiguration) -> String? {
        baseline == .dropped && configuration.needsAllPatches
            ? "the model's head reads a map of all patches, so none can be dropped; take \(game.rawValue)-mean" : nil
    }

    public func value(of subject: QualitySubject) throws -> Double {
        try game.curve(
            PatchRanking(subject.map), class: subject.classIndex, of: subject.picture, baseline: baseline, steps: subject.settings.steps
        ).area
    }
}
