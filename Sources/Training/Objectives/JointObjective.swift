import Checkpoints
import Tensors
import VisionTransformer

/// What a step of a run makes smaller: the class head's soft margin, what patch tokens cost (``PatchObjective``), and, where pictures
/// have label maps, what the decoder's answers cost (``PixelObjective``), each part times its weight of the recipe.
struct JointObjective: Sendable {
    /// A picture's parts of the batch's loss, before their weights, which are added up over the batch.
    struct Parts: Sendable {
        var softMargin = 0.0, segmentation = 0.0, saliency = 0.0, energy = 0.0
        var patch = 0.0, auxiliary = 0.0, contrast = 0.0
        static let notFinite = Parts(
            softMargin: .nan, segmentation: .nan, saliency: .nan, energy: .nan, patch: .nan, auxiliary: .nan, contrast: .nan)

        static func + (a: Parts, b: Parts) -> Parts {
            Parts(
                softMargin: a.softMargin + b.softMargin, segmentation: a.segmentation + b.segmentation, saliency: a.saliency + b.saliency,
                energy: a.energy + b.energy, patch: a.patch + b.patch, auxiliary: a.auxiliary + b.auxiliary,
                contrast: a.contrast + b.contrast)
        }

        /// All of them, in one order.
        var values: [Double] { [softMargin, segmentation, saliency, energy, patch, auxiliary, contrast] }
    }

    /// How many of what the parts of a batch's pictures go by are in all of it: each costs its share of a mean.
    struct Counts: Sendable {
        var pictures = 0
        var labels = BalancedCrossEntropy.Counts()
        /// Positions with saliency.
        var salient = 0
    }

    private var classes: [Set<Int>]
    private var pixels: PixelObjective
    private var patches: PatchObjective
    /// Of all pictures; nil as long as they were not surveyed.
    private var surveys: [Survey]?
    /// Pictures of the batch that these belong to; nil where they are all.
    private var total: Int?
    private let count: Int
    private let recipe: Recipe

    /// - Parameters:
    ///   - classes: of every picture of the batch, among the logits.
    ///   - targets: what the decoder's answers are to be; none where no decoder is trained.
    ///   - count: of the model's classes.
    init(classes: [Set<Int>], targets: [PixelTarget] = [], count: Int, recipe: Recipe) {
        self.classes = classes
        pixels = PixelObjective(targets, labels: count + 1, recipe)
        patches = PatchObjective(recipe)
        self.count = count
        self.recipe = recipe
    }

    /// The same with the targets of a batch whose label maps were not known before its passes.
    func learning(_ targets: [PixelTarget]) -> JointObjective {
        JointObjective(classes: classes, targets: targets, count: count, recipe: recipe)
    }

    /// Turns to another batch, whose pictures are added one by one; lists keep their memory.
    mutating func clear() {
        classes.removeAll(keepingCapacity: true)
        pixels.clear()
        (surveys, total, patches) = (nil, nil, PatchObjective(recipe))
    }

    /// Adds the batch's next picture.
    ///
    /// - Parameter target: what the decoder's answer is to be; none where no decoder is trained.
    mutating func add(classes: Set<Int>, target: PixelTarget) {
        self.classes.append(classes)
        pixels.add(target)
    }

    /// Of the pictures that were added, or of the batch that they belong to.
    var counts: Counts {
        var counts = pixels.counts
        counts.pictures = pictures
        return counts
    }

    /// Makes these pictures a part of a batch of which others have the rest.
    mutating func belong(to counts: Counts) {
        total = counts.pictures
        pixels.belong(to: counts)
    }

    /// Of the whole batch.
    private var pictures: Int { total ?? classes.count }

    /// Whether the picture at `place` has a label map.
    func isLearned(_ place: Int) -> Bool { pixels.isLearned(place) }

    /// The batch's loss.
    func value(_ parts: Parts) -> Double {
        recipe.classificationWeight * parts.softMargin + recipe.segmentationWeight * parts.segmentation
            + recipe.saliencyWeight * parts.saliency + recipe.energyWeight * parts.energy
            + recipe.patchWeight * parts.patch + recipe.auxiliaryWeight * parts.auxiliary + recipe.contrastWeight * parts.contrast
    }

    /// The blocks whose tokens a picture's pass must keep.
    func taps(_ place: Int, of model: VisionTransformer) -> Set<Int> { taps(of: model, trainsDecoder: pixels.isLearned(place)) }

    /// The same for a picture whose label map is not known yet.
    func taps(of model: VisionTransformer, trainsDecoder: Bool) -> Set<Int> {
        patches.taps(of: model).union(trainsDecoder ? model.decoderTaps : [])
    }

    /// The parts of the picture at `place`; gradients of a light decoder's parameters and of patch heads are added to `sums`.
    ///
    /// - Parameter cotangents: in place of what was there, the loss's derivatives by what the model gave.
    func evaluate(
        _ place: Int, _ trace: Trace, _ model: VisionTransformer, _ sums: ParameterArena, _ cotangents: inout Cotangents
    ) throws(ModelError) -> Parts {
        var parts = evaluateClasses(place, trace, &cotangents)
        if pixels.isLearned(place) {
            let decoded = if let known = surveys?[place].decoded { known } else { try model.decode(trace) }
            let answer = evaluatePixels(place, decoded.logits, model)
            parts = parts + answer.parts
            decoded.backward(answer.gradient, addingTo: sums, &cotangents)
        }
        try evaluatePatches(place, trace, model, addingTo: &parts, &cotangents, sums)
        return parts
    }

    /// The parts of the class head alone.
    ///
    /// - Parameter cotangents: in place of what was there, the derivatives by the logits.
    func evaluateClasses(_ place: Int, _ trace: Trace, _ cotangents: inout Cotangents) -> Parts {
        cotangents.clear()
        let share = 1 / Double(pictures), byLogits = cotangents.logitsGradient(count: trace.logits.count)
        let margin = trace.logits.withUnsafeBufferPointer {
            SoftMargin.evaluate($0, classes: classes[place], weight: Float(share * recipe.classificationWeight), into: byLogits)
        }
        return Parts(softMargin: margin * share)
    }

    /// The parts of the decoder's answer alone, and the derivatives by its logits.
    func evaluatePixels(_ place: Int, _ logits: FeatureMap, _ model: VisionTransformer) -> (parts: Parts, gradient: FeatureMap) {
        pixels.evaluate(place, logits, compute: model.compute, in: model.mapWorkspace)
    }

    /// Adds the parts of the patch tokens.
    func evaluatePatches(
        _ place: Int, _ trace: Trace, _ model: VisionTransformer, addingTo parts: inout Parts, _ cotangents: inout Cotangents,
        _ sums: ParameterArena
    ) throws(ModelError) {
        try patches.evaluate(
            classes[place], share: 1 / Double(pictures), labels: surveys?[place].patchLabels ?? [], trace, model,
            addingTo: &parts, &cotangents, sums)
    }

    // MARK: What must be known of the whole batch

    /// What a picture's pass tells before the batch's loss has derivatives.
    struct Survey: Sendable {
        fileprivate var patchLabels: [UInt8] = []
        fileprivate var pixels: PixelObjective.Survey?
        /// A light decoder's answer.
        fileprivate var decoded: Decoded?
    }

    /// Whether all pictures must be surveyed before one is evaluated: contrast counts the batch's pairs of patches, clipping means its
    /// losses.
    var needsSurvey: Bool { recipe.contrasts || pixels.clips }

    func survey(_ place: Int, _ trace: Trace, _ model: VisionTransformer) throws(ModelError) -> Survey {
        var survey = Survey()
        if pixels.clips, pixels.isLearned(place) {
            let decoded = try model.decode(trace)
            survey = self.survey(place, decoded.logits, model)
            survey.decoded = decoded
        }
        survey.patchLabels = try patches.labels(classes[place], trace, model)
        return survey
    }

    /// The same of a published decoder's answer.
    func survey(_ place: Int, _ logits: FeatureMap, _ model: VisionTransformer) -> Survey {
        guard pixels.clips, pixels.isLearned(place) else { return Survey() }
        return Survey(pixels: pixels.survey(place, logits, model))
    }

    /// The objective with what the surveys of all pictures say.
    func knowing(_ surveys: [Survey]) -> JointObjective {
        var result = self
        result.surveys = surveys
        result.pixels.know(surveys.map(\.pixels))
        if recipe.contrasts { result.patches = PatchObjective(recipe, counts: .init(surveys.map(\.patchLabels))) }
        return result
    }
}

extension JointObjective.Parts {
    /// - Parameter values: as ``values`` has them.
    init(values: [Double]) {
        self.init(
            softMargin: values[0], segmentation: values[1], saliency: values[2], energy: values[3], patch: values[4],
            auxiliary: values[5], contrast: values[6])
    }
}
