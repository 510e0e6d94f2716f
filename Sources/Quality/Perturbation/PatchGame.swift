import Attribution

/// Insertion and deletion patch by patch: the class's probability as ranked patches are put in or taken out, the most relevant first, in
/// equal steps (RISE, Petsiuk et al. 2018, arXiv 1806.07421, on patches).
public enum PatchGame: String, Sendable, Hashable, CaseIterable {
    /// From the baseline to the picture. A good map's curve rises at once: more area is better.
    case insertion
    /// From the picture to the baseline. A good map's curve falls at once: less area is better.
    case deletion

    /// The probability of class `index` at each step.
    ///
    /// With dropped tokens and a head that reads the patches' mean, the input without any patch has no answer: the curve leaves it out.
    ///
    /// - Parameter steps: equal steps of the ranked patches.
    /// - Throws: `QualityError`, `ModelError`, `CancellationError`.
    public func curve(
        _ ranking: PatchRanking, class index: Int, of picture: PerturbedPicture, baseline: Baseline, steps: Int
    ) throws -> ScoreCurve {
        guard ranking.order.count == picture.patches else {
            throw QualityError.map("the map has \(ranking.order.count) patches, the model's input \(picture.patches)")
        }
        var counts = try ranking.counts(steps: steps)
        if baseline == .dropped, picture.model.configuration.readsPatches {
            switch self {
            case .insertion: counts.removeFirst()
            case .deletion: counts.removeLast()
            }
            // A step over all patches would leave nothing to compare.
            guard counts.count > 1 else { throw QualityError.setting("with this model tokens are dropped in 2 steps or more") }
        }
        let sets = counts.map { self == .insertion ? ranking.first($0) : ranking.rest($0) }
        let scores = try picture.probabilities(keeping: sets, baseline: baseline).map { try $0.score(of: index) }
        return ScoreCurve(shares: counts.map { Double($0) / Double(ranking.order.count) }, scores: scores)
    }
}

extension [Float] {
    /// The probability of a class.
    ///
    /// - Throws: `QualityError` where there is no such class.
    func score(of index: Int) throws(QualityError) -> Double {
        guard indices.contains(index) else { throw .setting("class \(index) is out of range: the model has \(count) classes, counted from 0") }
        return Double(self[index])
    }
}
