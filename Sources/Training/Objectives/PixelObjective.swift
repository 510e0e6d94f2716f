import Checkpoints
import Tensors
import VisionTransformer

/// What the decoder's answers to a batch cost: balanced or clipping cross entropy with the label maps, the background's binary cross entropy
/// with saliency, and dense energy on the pictures, each times a weight of the recipe.
struct PixelObjective: Sendable {
    private var targets: [PixelTarget] = []
    /// What the parts of the batch's pictures go by.
    private(set) var counts = JointObjective.Counts()
    /// Background and classes.
    private let labels: Int
    private let recipe: Recipe
    /// All pictures' losses, and at what they are cut off; nil as long as they are not known, and where nothing is clipped.
    private var clipping: (surveys: [Survey?], caps: GradientClippingCrossEntropy.Caps)?

    /// - Parameters:
    ///   - targets: of every picture of the batch; those without labels cost nothing.
    ///   - labels: background and classes.
    init(_ targets: [PixelTarget], labels: Int, _ recipe: Recipe) {
        (self.labels, self.recipe) = (labels, recipe)
        for target in targets { add(target) }
    }

    /// Begins another batch; the list of targets keeps its memory.
    mutating func clear() {
        targets.removeAll(keepingCapacity: true)
        (counts, clipping) = (.init(), nil)
    }

    /// Adds the target of the batch's next picture.
    mutating func add(_ target: PixelTarget) {
        targets.append(target)
        counts.pictures += 1
        counts.labels.add(target.labels, labels: labels)
        counts.salient += target.saliency?.count ?? 0
    }

    /// Makes these pictures a part of a batch of which others have the rest.
    mutating func belong(to counts: JointObjective.Counts) { self.counts = counts }

    /// Whether the picture at `place` has a label map.
    func isLearned(_ place: Int) -> Bool { targets.indices.contains(place) && !targets[place].labels.isEmpty }

    /// The parts of the picture at `place`, and the loss's derivatives by the answer's logits.
    func evaluate(
        _ place: Int, _ logits: FeatureMap, compute: Compute, in workspace: Workspace
    ) -> (parts: JointObjective.Parts, gradient: FeatureMap) {
        let target = targets[place], prediction = PixelPrediction(logits, compute: compute, in: workspace)
        let gradient = FeatureMap(height: logits.height, width: logits.width, channels: logits.channels, in: workspace)
        gradient.values.base.update(repeating: 0, count: gradient.count)
        var parts = JointObjective.Parts()
        let weight = Float(recipe.segmentationWeight)
        parts.segmentation = if let (surveys, caps) = clipping, let survey = surveys[place] {
            GradientClippingCrossEntropy.evaluate(
                prediction, target.labels, losses: survey.losses, caps: caps, weight: weight, addingTo: gradient, compute: compute)
        } else {
            BalancedCrossEntropy.evaluate(
                prediction, target.labels, counts: counts.labels, weight: weight, addingTo: gradient, compute: compute)
        }
        if recipe.saliencyWeight > 0, let saliency = target.saliency {
            parts.saliency = SaliencyLoss(target: recipe.saliencyForm).evaluate(
                prediction, saliency: saliency, of: counts.salient, weight: Float(recipe.saliencyWeight), addingTo: gradient,
                compute: compute)
        }
        if recipe.energyWeight > 0, let guide = target.guide {
            var deviations = DenseEnergy.Deviations()
            deviations.place *= target.scale
            parts.energy = DenseEnergy(guide, deviations, compute: compute).evaluate(
                prediction, target.labels, inside: target.inside, pictures: counts.pictures, weight: Float(recipe.energyWeight),
                addingTo: gradient, compute: compute, in: workspace)
        }
        return (parts, gradient)
    }

    // MARK: Clipping

    /// The losses of one answer, before any is cut off.
    struct Survey: Sendable {
        fileprivate let losses: [Float]
        fileprivate let height: Int, width: Int
        /// Columns of the answer to one of the input.
        fileprivate let scale: Double
    }

    /// Whether losses of the batch are cut off at what all of them say.
    var clips: Bool { recipe.segmentationForm == .clipping && targets.contains { !$0.labels.isEmpty } }

    func survey(_ place: Int, _ logits: FeatureMap, _ model: VisionTransformer) -> Survey {
        let prediction = PixelPrediction(logits, compute: model.compute, in: model.mapWorkspace)
        return Survey(
            losses: GradientClippingCrossEntropy.losses(prediction, targets[place].labels, compute: model.compute), height: logits.height,
            width: logits.width, scale: Double(logits.width) / Double(model.configuration.inputSize.width))
    }

    /// Takes in the surveys of all pictures; nil for those without a label map.
    mutating func know(_ surveys: [Survey?]) {
        guard clips, let first = surveys.lazy.compactMap(\.self).first else { return }
        let tile = Int((Double(GradientClippingCrossEntropy.publishedTile) * first.scale).rounded())
        let objective = GradientClippingCrossEntropy(start: recipe.clippingStart, tile: max(1, tile))
        clipping = (
            surveys,
            .init(objective, surveys.compactMap { $0?.losses }, height: first.height, width: first.width)
        )
    }
}
