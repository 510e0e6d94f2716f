import Attribution
import Synchronization
import Tensors

/// The numbers that metrics are computed with.
public struct QualitySettings: Sendable, Hashable, Codable {
    /// Equal steps of the ranked patches in insertion and deletion.
    public var steps: Int
    /// Of noise and of the random parameters.
    public var seed: UInt64
    /// The share of a map's range above which it counts as the object, for ``Overlap``.
    public var level: Double

    public init(steps: Int = 28, seed: UInt64 = 0, level: Double = 0.5) {
        self.steps = steps
        self.seed = seed
        self.level = level
    }
}

/// One map of one class of a picture, and what metrics compare it with. What several metrics need of it is computed once.
public final class QualitySubject: Sendable {
    public let map: PatchMap
    /// The class, among the model's logits.
    public let classIndex: Int
    public let picture: PerturbedPicture
    /// Where the class truly is; nil where that is not known.
    public let truth: TruthRegion?
    public let sanity: SanityCheck?
    /// Makes the same map of another picture, `[channels, height, width]`, normalized.
    public let remake: (@Sendable (Tensor) throws -> PatchMap)?
    public let settings: QualitySettings
    private let memo = Mutex<[String: [[Float]]]>([:])

    public init(
        map: PatchMap, class classIndex: Int, picture: PerturbedPicture, truth: TruthRegion? = nil, sanity: SanityCheck? = nil,
        remake: (@Sendable (Tensor) throws -> PatchMap)? = nil, settings: QualitySettings = QualitySettings()
    ) {
        self.map = map
        self.classIndex = classIndex
        self.picture = picture
        self.truth = truth
        self.sanity = sanity
        self.remake = remake
        self.settings = settings
    }

    /// - Throws: `QualityError` where there is none.
    func requiredTruth(for metric: any QualityMetric) throws(QualityError) -> TruthRegion {
        guard let truth else { throw .truth("\(metric.identifier) needs true label maps") }
        return truth
    }

    /// The class's probability for the picture as it is.
    func probability() throws -> Double { try picture.probabilities().score(of: classIndex) }

    /// Whether the class is the most probable one for each of some inputs.
    func hits(_ probabilities: [[Float]]) -> [Double] {
        probabilities.map { one in one.indices.max { one[$0] < one[$1] } == classIndex ? 1 : 0 }
    }

    /// The probabilities of all classes at each share of a perturbation test.
    func probabilities(_ test: PerturbationTest) throws -> [[Float]] {
        try remembered("perturbation " + test.rawValue) { try test.probabilities(ranking(), of: picture) }
    }

    /// The probabilities of all classes at each share of ROAD.
    func probabilities(_ road: ROAD) throws -> [[Float]] {
        try remembered("road " + road.rawValue) { try road.probabilities(ranking(), of: picture, seed: settings.seed) }
    }

    func confidenceChange() throws -> ConfidenceChange {
        let after = try remembered("confidence") {
            let masked = try ConfidenceChange.masked(picture.pixels, by: map)
            return try picture.probabilities(of: 1) { _ in masked }
        }
        return ConfidenceChange(before: try probability(), after: try after[0].score(of: classIndex))
    }

    /// The map at the model's input.
    private func ranking() throws(QualityError) -> PixelRanking {
        try PixelRanking(map, width: picture.pixels.shape[2], height: picture.pixels.shape[1])
    }

    private func remembered(_ key: String, _ make: () throws -> [[Float]]) throws -> [[Float]] {
        if let known = memo.withLock({ $0[key] }) { return known }
        let made = try make()
        memo.withLock { $0[key] = made }
        return made
    }
}
