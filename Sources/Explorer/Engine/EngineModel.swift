import Attribution
import Checkpoints
import Tensors
import VisionTransformer

/// A model that pictures are looked at through.
public struct EngineModel: Sendable {
    let transformer: VisionTransformer
    public let summary: ModelSummary
    /// The file of its weights; nil where that is not known.
    public let path: String?
    /// What there is to say of it once it is read; nil for nothing.
    public var remark: String?
    /// How logits become probabilities.
    let probability: ModelConfiguration.Probability

    /// - Parameters:
    ///   - name: for the title line.
    ///   - probability: as the model's configuration says unless given.
    ///   - path: the file of its weights.
    public init(_ transformer: VisionTransformer, name: String, probability: ModelConfiguration.Probability? = nil, path: String? = nil) {
        self.path = path
        let configuration = transformer.configuration
        self.transformer = transformer
        self.probability = probability ?? configuration.probability
        var obstacles: [String: String] = [:], ownHeads: [String: Int] = [:]
        for quantity in Quantities.all {
            obstacles[quantity.identifier] = quantity.obstacle(for: configuration)
            let heads = quantity.headCount(of: configuration)
            if heads != configuration.heads { ownHeads[quantity.identifier] = heads }
        }
        summary = ModelSummary(
            name: name, depth: configuration.depth, classNames: configuration.distinctClassNames,
            decoder: MultiScaleSegmentation.usualSummary(for: transformer.parameters), heads: configuration.heads,
            prefixTokens: configuration.tokenNames, obstacles: obstacles, ownHeads: ownHeads,
            configuration: configuration)
    }

    public var parameters: ParameterSet { transformer.parameters }
    /// What it is computed with.
    public var compute: Compute { transformer.compute }

    /// The same with other parameters.
    public func with(_ parameters: ParameterSet) -> EngineModel {
        // What was asked for stays; what followed from the head follows from the new one.
        let asked = probability == transformer.configuration.probability ? nil : probability
        return EngineModel(VisionTransformer(parameters, compute: compute), name: summary.name, probability: asked, path: path)
    }
}
