import Checkpoints
import Tensors
import VisionTransformer

/// What every head and MLP adds to the class by itself (direct logit attribution, DLA), and with the embedding's and the biases'
/// parts the sum, which is the logit.
public struct LogitAttribution: Quantity {
    public let identifier = "logit-attribution"
    public let title = "logit attribution"
    public let summary = "what each head and MLP adds to the class directly, past all layers after it"
    public let definition =
        "w·γ⊙(o − mean(o))/σ, o what a head, the attention's bias or an MLP adds to the tokens that the head of the model reads, "
        + "σ the final norm's deviation as it is in this pass, γ its weight, w the class's weight. In logits; all parts with the "
        + "embedding's and the biases' sum to the logit. (ViT-Prisma's direct logit attribution.)"
    public let axes: QuantityAxes = .target
    public let scale = QuantityScale.diverging
    public let sumsLogits = true

    public init() {}

    public func obstacle(for configuration: ModelConfiguration) -> String? {
        switch configuration.head {
        case _ where configuration.attentionPool != nil, .attentionPool: ModelConfiguration.poolObstacle
        case .none: "the model has no classification head, so there is no logit to share out"
        case _ where configuration.mergedSide > 1, .projectedMap:
            "the model's head is no linear function of the tokens, so its logit is no sum of the parts'"
        case .classToken, .classAndDistillation, .patchMean, .classTokenAndPatchMean, .zeroShot: nil
        }
    }

    public func values(
        of trace: Trace, model: VisionTransformer, request: QuantityRequest, isCancelled: () -> Bool,
        each: (QuantityPlace, QuantityValue) -> Void
    ) throws {
        try request.checkLayers(trace)
        for (position, parts) in try parts(of: trace, model: model, targets: request.targets, isCancelled: isCancelled).enumerated() {
            let target = request.targets[position]
            let whole = QuantityTable.Sum.Part(target.name, Float(try target.value(of: trace)))
            each(QuantityPlace(target: position), .table(table(parts, layers: request.layers, model.parameters, whole)))
        }
    }

    /// Every part's share of each target: they sum to its value. A contrast's weights are held at what they are in this pass.
    ///
    /// - Throws: `ModelError`, `CancellationError`.
    public func parts(
        of trace: Trace, model: VisionTransformer, targets: [ClassTarget], isCancelled: () -> Bool = { false }
    ) throws -> [DirectContributions] {
        guard model.configuration.head != .none else { throw ModelError.noHead }
        var weights = [Float](repeating: 0, count: targets.count * trace.logits.count)
        for (position, target) in targets.enumerated() {
            for (index, share) in try target.shares(trace.logits) { weights[position * trace.logits.count + index] += Float(share) }
        }
        return try model.directContributions(
            of: trace, to: .values(Tensor(shape: [targets.count, trace.logits.count], weights)), isCancelled: isCancelled)
    }

    /// A column a head, then the attention's bias where there is one, then the MLP.
    private func table(
        _ parts: DirectContributions, layers: ClosedRange<Int>, _ parameters: ParameterSet, _ whole: QuantityTable.Sum.Part
    ) -> QuantityTable {
        let hasBias = parameters.blocks.contains { $0.projection.bias != nil }
        let columns = (0..<parameters.configuration.heads).map { "head \($0)" } + (hasBias ? ["attention bias"] : []) + ["MLP"]
        let all = parts.heads.indices.map { layer in
            parts.heads[layer] + (hasBias ? [parts.attentionBias[layer]] : []) + [parts.feedForward[layer]]
        }
        let others = all.indices.filter { !layers.contains($0) }
        var apart = [QuantityTable.Sum.Part("embedding", parts.embedding), .init("biases", parts.bias)]
        if !others.isEmpty {
            apart.append(.init("other layers", Float(others.flatMap { all[$0] }.reduce(0.0) { $0 + Double($1) })))
        }
        return QuantityTable(
            columns: columns,
            rows: all.indices.map { layers.contains($0) ? all[$0] : [Float](repeating: .nan, count: columns.count) }, unit: "logits",
            sums: [.init(parts: apart, total: parts.sum, whole: whole)])
    }
}

extension ClassTarget {
    /// What its value is.
    fileprivate var name: String {
        switch self {
        case .logit: "logit"
        case .difference: "difference of logits"
        case .contrast: "contrast"
        case .softMax: "probability"
        }
    }
}
