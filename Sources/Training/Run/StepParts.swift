import Checkpoints
import Labels
import Tensors
import VisionTransformer

/// What a joint step does, part by part and picture after picture on one lane, for benchmarks.
package final class StepParts {
    package enum Part: String, CaseIterable, Sendable {
        case picture = "reading, augmenting"
        case forward
        case decoder = "decoder, forward"
        case pixels = "cross entropy"
        case decoderBackward = "decoder, backward"
        case heads = "class and patch heads"
        case backward
        /// Of a whole batch.
        case update = "sums, norm, optimizer, mean"
    }

    private let recipe: Recipe
    private let set: TrainingSet
    private let labels: PseudoLabels
    private let reader: PictureReader
    private let sample: BatchLoader.Sample
    private let parameters: ParameterArena
    private let average: ParameterArena
    private let gradient: BatchGradient
    private let optimizer: Optimizer
    private let model: VisionTransformer
    private let compute: Compute
    private let batch: Int
    private var cotangents = Cotangents()

    /// - Parameters:
    ///   - start: with decoder and heads.
    ///   - folder: where label maps are put.
    package init(_ start: ParameterSet, recipe: Recipe, set: TrainingSet, folder: String, compute: Compute) {
        (self.recipe, self.set, self.compute) = (recipe, set, compute)
        batch = recipe.batch
        labels = PseudoLabels(folder: folder, set: set)
        let configuration = start.configuration
        let augmentation = Augmentation(recipe, configuration)
        let grid = configuration.grid
        reader = PictureReader(.init(
            set: set, augmentation: augmentation, answer: (4 * grid.height, 4 * grid.width), saliency: nil))
        sample = BatchLoader.Sample(.init(view: augmentation.blank, preprocessing: configuration.preprocessing))
        parameters = ParameterArena(copying: start)
        average = ParameterArena(copying: start)
        gradient = BatchGradient(parameters, batch: batch, compute: compute)
        optimizer = Optimizer(recipe, parameters, trainsDecoder: true)
        model = VisionTransformer(parameters.parameters, compute: compute)
    }

    /// Makes the label maps of all pictures; they are needed first.
    package func makeLabels() throws {
        guard let preset = recipe.pseudoLabelPreset else { return }
        _ = try labels.make(by: parameters.parameters, preset: preset, compute: compute, isStopped: { false }, watch: { _ in })
    }

    /// A step of the batch's pictures.
    ///
    /// - Parameter note: called after every part.
    package func take(step: Int, _ note: (Part) -> Void) throws {
        let sums = gradient.sums
        sums.clear()
        for place in 0..<batch {
            let index = (step * batch + place) % set.pictures.count
            sample.index = index
            reader.read(sample, epoch: step, step: step, labels)
            if let failure = sample.failure { throw failure }
            note(.picture)
            let objective = JointObjective(
                classes: [set.pictures[index].classes], targets: [PixelTarget(labels: sample.input.labels)], count: model.configuration.classCount, recipe: recipe)
            let trace = try model.forward(
                sample.input.pixels, options: ForwardOptions(keepsForParameters: true, taps: objective.taps(0, of: model)))
            note(.forward)
            let decoded = try model.decode(trace)
            note(.decoder)
            let answer = objective.evaluatePixels(0, decoded.logits, model)
            note(.pixels)
            // The logits' part clears what was there, and comes first.
            var parts = objective.evaluateClasses(0, trace, &cotangents)
            decoded.backward(answer.gradient, addingTo: sums, &cotangents)
            note(.decoderBackward)
            try objective.evaluatePatches(0, trace, model, addingTo: &parts, &cotangents, sums)
            note(.heads)
            try model.backward(trace, from: cotangents, wanting: BackwardWants(parameters: sums))
            note(.backward)
        }
        for lane in gradient.lanes.dropFirst() { lane.clear() }
        gradient.addUp()
        if recipe.clip > 0 { sums.scale(by: Float(min(1, recipe.clip / (sums.norm(compute) + 1e-6))), compute) }
        optimizer.apply(sums, to: parameters, step: step + 1, rate: recipe.learningRate, compute: compute)
        model.parametersChanged()
        average.average(with: parameters, weight: recipe.ema, compute)
        note(.update)
    }
}
