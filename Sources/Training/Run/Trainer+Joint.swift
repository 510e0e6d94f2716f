import Checkpoints
import Labels
import Tensors
import VisionTransformer

// Steps whose pictures belong together: label maps come of the very passes, or the decoder's norms or a loss go by the whole batch.
extension Trainer {
    /// Whether a step trains a decoder.
    func trainsDecoder(_ step: Int) -> Bool { recipe.segmentationStart >= 0 && step > recipe.segmentationStart }

    /// Whether a batch's pictures go through a step together.
    func takesBatch(_ step: Int) -> Bool {
        recipe.contrasts
            || trainsDecoder(step)
            && (parameters.parameters.decoder != nil || recipe.labelSource == .step || recipe.segmentationForm == .clipping)
    }

    /// Makes all memory of the passes of such a step, by one on pictures of a single color that show a class each.
    func rehearseJointly() throws {
        let (configuration, size) = (model.configuration, model.configuration.inputSize)
        let pixels = Tensor(shape: [configuration.channels, size.height, size.width])
        let places = PixelPlaces(
            width: Double(size.width), height: Double(size.height), picture: (size.width, size.height), input: (size.width, size.height))
        let answer = labels.answer
        let input = BatchLoader.Input(
            view: .init(pixels: pixels, places: places), preprocessing: configuration.preprocessing,
            labels: recipe.labelSource == .bank ? Array(repeating: 0, count: answer.height * answer.width) : [],
            saliency: recipe.saliencyThreshold.map { _ in
                Mask(width: size.width, height: size.height, values: Array(repeating: 1, count: size.width * size.height))
            })
        _ = try takeJointly(
            Array(repeating: (0, input), count: recipe.batch), step: recipe.steps, epoch: 0, classes: Array(repeating: [0], count: recipe.batch))
        gradient.sums.clear()
    }

    /// The gradients of a batch whose pictures belong together.
    func takeJointly(
        _ inputs: [(index: Int, input: BatchLoader.Input)], step: Int, epoch: Int, classes: [Set<Int>]
    ) throws -> JointObjective.Parts {
        let objective = JointObjective(classes: classes, count: model.configuration.classCount, recipe: recipe)
        let factors = inputs.map { depth.factors($0.index, epoch: epoch) }, (recipe, labels) = (recipe, labels)
        let trainsDecoder = trainsDecoder(step)
        let dropout = BatchDecoder.Dropout(rate: Self.dropoutRate) { place, factors in
            var random = RandomStream(seed: recipe.seed, epoch: epoch, picture: inputs[place].index, .dropout)
            for index in factors.indices {
                factors[index] = random.uniform() < Double(Self.dropoutRate) ? 0 : 1 / (1 - Self.dropoutRate)
            }
        }
        return try gradient.evaluateJointly(count: inputs.count, objective, dropout: dropout, target: { place, trace, model in
            guard trainsDecoder else { return .none }
            let input = inputs[place].input
            return recipe.labelSource == .bank ? labels.target(input) : try labels.target(input, classes: classes[place], trace, model)
        }) { place, model in
            (
                inputs[place].input.pixels,
                ForwardOptions(keepsForParameters: true, branchFactors: factors[place], taps: objective.taps(of: model, trainsDecoder: trainsDecoder))
            )
        }
    }

    /// Of the published decoder's last features.
    private static let dropoutRate: Float = 0.1
}
