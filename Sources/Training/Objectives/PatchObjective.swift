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
        let depth = model.configuration.depth, workspace = model.mapWorkspace
        for block in stride(from: depth - 3, through: depth - 1, by: 2) {
            let trained = recipe.patchHead(after: block, depth: depth)
            guard trained != nil || block == depth - 1 && recipe.contrasts else { continue }
            let tokens = try model.patchTokens(trace, after: block)
            let gradient = workspace.take(tokens.count * tokens.width)
            gradient.base.update(repeating: 0, count: tokens.count * tokens.width)
            if let trained, let head = model.patchHead(after: block) {
                let scores = model.scores(head, of: tokens), byPooled = workspace.take(scores.channels)
                let pooled = PooledScores(scores, trained.pooling, in: workspace)
                parts[keyPath: trained.part] += share * SoftMargin.evaluate(
                    pooled.values, classes: classes, weight: Float(share * trained.weight), into: byPooled.base)
                // The scores have been read: their derivatives take their place.
                pooled.enter(byPooled.base, into: scores)
                model.backward(head, scores, of: tokens, addingTo: gradient, sums)
            }
            if block == depth - 1, let counts {
                parts.contrast += PatchTokenContrast.evaluate(
                    tokens.base, dimensions: tokens.width, labels: labels, counts: counts, weight: Float(recipe.contrastWeight),
                    addingTo: gradient.base, compute: model.compute, in: workspace)
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
    /// One a class, valid while this lives.
    var values: UnsafeBufferPointer<Float> { UnsafeBufferPointer(start: pooled.base, count: classes) }
    private let classes: Int
    private let pooled: Workspace.Buffer
    /// The patch with the largest score of each class, as `Int32`; nil for the mean.
    private let largest: Workspace.Buffer?

    init(_ scores: FeatureMap, _ pooling: Recipe.PatchPooling, in workspace: Workspace) {
        let (patches, source) = (scores.positions, scores.values.base)
        classes = scores.channels
        pooled = workspace.take(classes)
        largest = pooling == .max ? workspace.take(classes) : nil
        for index in 0..<classes {
            if let largest {
                var place = 0
                for patch in 1..<max(patches, 1) where source[patch * classes + index] > source[place * classes + index] { place = patch }
                UnsafeMutableRawPointer(largest + index).storeBytes(of: Int32(place), as: Int32.self)
                pooled.base[index] = source[place * classes + index]
            } else {
                var sum = 0.0
                for patch in 0..<patches { sum += Double(source[patch * classes + index]) }
                pooled.base[index] = Float(sum / Double(patches))
            }
        }
    }

    /// Puts the derivatives by the scores in their place, from those by what was pooled.
    func enter(_ gradient: UnsafePointer<Float>, into scores: FeatureMap) {
        let (patches, target) = (scores.positions, scores.values.base)
        if let largest {
            target.update(repeating: 0, count: scores.count)
            for index in 0..<classes {
                let patch = Int(UnsafeRawPointer(largest + index).load(as: Int32.self))
                target[patch * classes + index] = gradient[index]
            }
        } else {
            for patch in 0..<patches {
                for index in 0..<classes { target[patch * classes + index] = gradient[index] / Float(patches) }
            }
        }
    }
}
