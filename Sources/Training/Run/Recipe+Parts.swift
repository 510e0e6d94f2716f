import Checkpoints
import VisionTransformer

// What a run and its benchmark make of a recipe.

extension Optimizer {
    /// - Parameters:
    ///   - parameters: what it moves.
    ///   - trainsDecoder: whether the decoder's are among them.
    init(_ recipe: Recipe, _ parameters: ParameterArena, trainsDecoder: Bool) {
        let model = parameters.parameters
        self.init(
            recipe.optimizer, momentum: recipe.momentum, weightDecay: recipe.weightDecay,
            groups: ParameterGroups(
                parameters, headRate: recipe.headRate, layerDecay: recipe.layerDecay, trainsDecoder: trainsDecoder,
                patchHeads: recipe.patchHeads(depth: model.configuration.depth).map(\.block)),
            like: model)
    }
}

extension Augmentation {
    init(_ recipe: Recipe, _ configuration: ModelConfiguration) {
        self.init(
            kind: recipe.augment, size: configuration.inputSize, preprocessing: configuration.preprocessing, seed: recipe.seed,
            smallestArea: recipe.cropArea, jitter: recipe.jitter)
    }
}
