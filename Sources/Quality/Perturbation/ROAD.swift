import Tensors

/// Remove and debias (ROAD, Rong et al. 2022, arXiv 2202.00449, as pytorch-grad-cam has it): pixels go, and in their places comes a noisy
/// linear imputation (``LinearImputation``), from which the shape of what went cannot be seen.
public enum ROAD: String, Sendable, Hashable, CaseIterable {
    /// The most relevant pixels go. Less is better.
    case mostRelevantFirst
    /// The least relevant pixels go. More is better.
    case leastRelevantFirst

    /// The shares of pixels that go: those above the percentiles 90, 80 … 10.
    public static let shares = (1...9).map { Double($0) / 10 }

    /// The probabilities of all classes at each share.
    ///
    /// - Parameters:
    ///   - noise: its standard deviation on normalized pixels.
    ///   - seed: of the noise.
    public func probabilities(
        _ ranking: PixelRanking, of picture: PerturbedPicture, noise: Double = LinearImputation.noise, seed: UInt64
    ) throws -> [[Float]] {
        try picture.probabilities(of: Self.shares.count) { step in
            let kept = ranking.kept(removing: Self.shares[step], leastFirst: self == .leastRelevantFirst)
            var random = SplitMix64(key: (seed, 1, self == .mostRelevantFirst ? 0 : 1, UInt64(step)))
            return LinearImputation.impute(picture.pixels, keeping: kept, noise: noise, &random)
        }
    }
}
