import Checkpoints
import Tensors
import VisionTransformer

/// What the tokens of a picture's patches cost: the soft margin of every patch head's pooled scores, and the patch-token contrast,
/// each times its weight of the recipe.
///
/// Source: Ru et al., "Token Contrast for Weakly-Supervised Semantic Segmentation", 2023, where pooling is `max`.
struct PatchObjective: Sendable {
    private let recipe: Recipe
    /// Of the batch's patch labels; nil as long as they are not known, and where there is no contrast.
    private let counts: PatchTokenContrast.Counts?

    init(_ recipe: Recipe, counts: PatchTokenContrast.Counts? = nil) {
        self.recipe = recipe
        self.counts = counts
    }

    /// The blocks whose tokens a pass must keep.
    func taps(of model: VisionTransformer) -> Set<Int> {
        let depth = model.configuration.depth
        return Set(recipe.patchHeads(depth: depth).map(\.block) + (recipe.contrasts ? [depth - 1] : []))
    }

    /// Adds a picture's parts of the batch's loss to `parts`, and its derivatives to `cotangents` and `sums`.
    ///
    /// - Parameters:
    ///   - classes: in the picture.
    ///   - share: of the picture in the batch's mean.
    ///   - labels: of the patches, for the contrast.
    func evaluate(
        _ classes: Set<Int>, share: Double, labels: [UInt8], _ trace: Trace, _ model: VisionTransformer,
        addingTo parts: inout JointObjective.Parts, _ cotangents: inout Cotangents, _ sums: ParameterArena
    ) throws(ModelError) {
        let depth = model.configuration.depth, heads = recipe.patchHeads(depth: depth)
        for block in taps(of: model).sorted() {
            let tokens = try model.patchTokens(trace, after: block)
            let gradient = model.mapWorkspace.take(tokens.count * tokens.width)
            gradient.base.update(repeating: 0, count: tokens.count * tokens.width)
            if let trained = heads.first(where: { $0.block == block }), let head = model.patchHead(after: block) {
                let scores = model.scores(head, of: tokens)
                let pooled = PooledScores(scores, trained.pooling)
                let (value, byPooled) = SoftMargin.evaluate(pooled.values, classes: classes, weight: Float(share * trained.weight))
                parts[keyPath: trained.part] += value * share
                // The scores have been read: their derivatives take their place.
                pooled.enter(byPooled, into: scores)
                model.backward(head, scores, of: tokens, addingTo: gradient, sums)
            }
            if block == depth - 1, let counts {
                parts.contrast += PatchTokenContrast.evaluate(
                    tokens.base, dimensions: tokens.width, labels: labels, counts: counts, weight: Float(recipe.contrastWeight),
                    addingTo: gradient.base, compute: model.compute, in: model.mapWorkspace)
            }
            model.add(gradient, by: tokens, to: &cotangents, sums)
        }
    }

    /// What the contrast takes a picture's patches for, by the auxiliary head; empty where there is no contrast.
    func labels(_ classes: Set<Int>, _ trace: Trace, _ model: VisionTransformer) throws(ModelError) -> [UInt8] {
        let block = model.configuration.depth - 3
        guard recipe.contrasts, let head = model.patchHead(after: block) else { return [] }
        return PatchLabels.labels(model.scores(head, of: try model.patchTokens(trace, after: block)), classes: classes)
    }
}

extension VisionTransformer {
    fileprivate func patchHead(after block: Int) -> ParameterSet.PatchHead? { parameters.patchHeads.first { $0.block == block } }
}

/// The scores of patches, pooled class by class.
struct PooledScores {
    let values: [Float]
    /// The patch with the largest score of each class; empty for the mean.
    private let largest: [Int]

    init(_ scores: FeatureMap, _ pooling: Recipe.PatchPooling) {
        let (patches, classes, source) = (scores.positions, scores.channels, scores.values.base)
        guard pooling == .max else {
            var sums = [Double](repeating: 0, count: classes)
            for patch in 0..<patches {
                for index in 0..<classes { sums[index] += Double(source[patch * classes + index]) }
            }
            (values, largest) = (sums.map { Float($0 / Double(patches)) }, [])
            return
        }
        var places = [Int](repeating: 0, count: classes)
        for patch in 1..<max(patches, 1) {
            for index in 0..<classes where source[patch * classes + index] > source[places[index] * classes + index] { places[index] = patch }
        }
        (values, largest) = (places.enumerated().map { source[$1 * classes + $0] }, places)
    }

    /// Puts the derivatives by the scores in their place, from those by what was pooled.
    func enter(_ gradient: [Float], into scores: FeatureMap) {
        let (patches, classes, target) = (scores.positions, scores.channels, scores.values.base)
        if largest.isEmpty {
            for patch in 0..<patches {
                for index in 0..<classes { target[patch * classes + index] = gradient[index] / Float(patches) }
            }
        } else {
            target.update(repeating: 0, count: scores.count)
            for (index, patch) in largest.enumerated() { target[patch * classes + index] = gradient[index] }
        }
    }
}
