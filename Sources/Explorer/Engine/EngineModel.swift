import Attribution
import Checkpoints
import VisionTransformer

/// A model that pictures are looked at through.
public struct EngineModel: Sendable {
    let transformer: VisionTransformer
    public let summary: ModelSummary
    /// How logits become probabilities.
    let probability: ModelConfiguration.Probability

    /// - Parameters:
    ///   - name: for the title line.
    ///   - probability: as the model's configuration says unless given.
    public init(_ transformer: VisionTransformer, name: String, probability: ModelConfiguration.Probability? = nil) {
        let configuration = transformer.configuration
        self.transformer = transformer
        self.probability = probability ?? configuration.probability
        var obstacles: [String: String] = [:]
        for quantity in Quantities.all { obstacles[quantity.identifier] = quantity.obstacle(for: configuration) }
        summary = ModelSummary(
            name: name, depth: configuration.depth, classNames: configuration.distinctClassNames,
            decoder: MultiScaleSegmentation.usualSummary(for: transformer.parameters), heads: configuration.heads,
            prefixTokens: configuration.tokenNames, obstacles: obstacles,
            configuration: configuration)
    }
}
