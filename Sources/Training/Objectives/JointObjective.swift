import Checkpoints
import Tensors
import VisionTransformer

/// What a step of a run makes smaller: the class head's soft margin, and, where pictures have label maps, what the decoder's answers
/// cost (``PixelObjective``), each part times its weight of the recipe.
struct JointObjective: Sendable {
    /// A picture's parts of the batch's loss, before their weights, which are added up over the batch.
    struct Parts: Sendable {
        var softMargin = 0.0, segmentation = 0.0, saliency = 0.0, energy = 0.0
        static let notFinite = Parts(softMargin: .nan, segmentation: .nan, saliency: .nan, energy: .nan)

        static func + (a: Parts, b: Parts) -> Parts {
            Parts(
                softMargin: a.softMargin + b.softMargin, segmentation: a.segmentation + b.segmentation, saliency: a.saliency + b.saliency,
                energy: a.energy + b.energy)
        }
    }

    private let classes: [Set<Int>]
    private let pixels: PixelObjective
    private let count: Int
    private let recipe: Recipe

    /// - Parameters:
    ///   - classes: of every picture of the batch, among the logits.
    ///   - targets: what the decoder's answers are to be; none where no decoder is trained.
    ///   - count: of the model's classes.
    init(classes: [Set<Int>], targets: [PixelTarget] = [], count: Int, recipe: Recipe) {
        self.classes = classes
        pixels = PixelObjective(targets, labels: count + 1, recipe)
        self.count = count
        self.recipe = recipe
    }

    /// The same with the targets of a batch whose label maps were not known before its passes.
    func learning(_ targets: [PixelTarget]) -> JointObjective {
        JointObjective(classes: classes, targets: targets, count: count, recipe: recipe)
    }

    /// The batch's loss.
    func value(_ parts: Parts) -> Double {
        recipe.classificationWeight * parts.softMargin + recipe.segmentationWeight * parts.segmentation
            + recipe.saliencyWeight * parts.saliency + recipe.energyWeight * parts.energy
    }

    /// The blocks whose tokens a picture's pass must keep.
    func taps(_ place: Int, of model: VisionTransformer) -> Set<Int> { pixels.isLearned(place) ? model.decoderTaps : [] }

    /// The parts of the picture at `place`, and the loss's derivatives by what the model gave; gradients of a light decoder's
    /// parameters are added to `sums`.
    func evaluate(
        _ place: Int, _ trace: Trace, _ model: VisionTransformer, _ sums: ParameterArena
    ) throws(ModelError) -> (parts: Parts, cotangents: Cotangents) {
        var (parts, cotangents) = evaluateClasses(place, trace)
        guard pixels.isLearned(place) else { return (parts, cotangents) }
        let decoded = try model.decode(trace)
        let answer = evaluatePixels(place, decoded.logits, model)
        parts = parts + answer.parts
        cotangents.tokens = decoded.backward(answer.gradient, addingTo: sums)
        return (parts, cotangents)
    }

    /// The parts of the class head alone.
    func evaluateClasses(_ place: Int, _ trace: Trace) -> (parts: Parts, cotangents: Cotangents) {
        let share = 1 / Double(classes.count)
        let (margin, byLogits) = SoftMargin.evaluate(
            trace.logits, classes: classes[place], weight: Float(share * recipe.classificationWeight))
        return (Parts(softMargin: margin * share), Cotangents(logits: .values(Tensor(shape: [1, byLogits.count], byLogits))))
    }

    /// The parts of the decoder's answer alone, and the derivatives by its logits.
    func evaluatePixels(_ place: Int, _ logits: FeatureMap, _ model: VisionTransformer) -> (parts: Parts, gradient: FeatureMap) {
        pixels.evaluate(place, logits, compute: model.compute, in: model.mapWorkspace)
    }
}
