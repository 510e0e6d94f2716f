import Attribution
import VisionTransformer

/// How much a map changes as the model's parameters become random (Adebayo et al. 2018, arXiv 1810.03292): a map that stays the same shows
/// the picture, not what the model learned.
public struct SanityCheck: Sendable {
    /// The model at each step of a ``ParameterCascade``.
    public let models: [VisionTransformer]
    /// Makes the map anew, by a model like the one it is of.
    public let remake: @Sendable (VisionTransformer) throws -> PatchMap

    public init(models: [VisionTransformer], remake: @escaping @Sendable (VisionTransformer) throws -> PatchMap) {
        self.models = models
        self.remake = remake
    }

    /// Spearman's correlation of the map and each step's, the head alone randomized first.
    ///
    /// - Throws: what making a map throws; `QualityError` where one holds no numbers.
    public func correlations(of map: PatchMap) throws -> [Double] {
        try map.checkValues()
        return try models.map { model in
            let other = try remake(model)
            try other.checkValues()
            return RankCorrelation.spearman(map.values, other.values)
        }
    }
}
