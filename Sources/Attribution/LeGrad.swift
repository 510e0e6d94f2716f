import Checkpoints
import Tensors
import VisionTransformer

/// LeGrad: of every layer the positive gradient of its own attention, for what the head makes of that layer's tokens.
///
/// Source: Bousselham, Boggust, Chaybouti, Strobelt, Kuehne, "LeGrad: An Explainability Method for Vision Transformers via
/// Feature Formation Sensitivity" (ICCV 2025). y_l is the head on the final norm of the tokens after block l, as if the model
/// ended there; with its gradient only block l is gone through, so a layer costs the head and part of one block.
public struct LeGrad: ClassMethod {
    public let identifier = "legrad"
    public let title = "LeGrad"
    public let summary = "positive gradient of each layer's attention for what the head makes of that layer, averaged over heads and queries"
    public let definition = """
        E_h E_i relu(∂y_l/∂A_l^h[i, patches]), y_l the head on LN(z_l), z_l the residual stream after block l, LN the final \
        norm, E_h and E_i the means over heads and over all query tokens. No unit. Source: Bousselham et al., ICCV 2025.
        """
    public let axes: QuantityAxes = [.target, .layer, .head]

    public init() {}

    public func values(
        of trace: Trace, model: VisionTransformer, request: QuantityRequest, isCancelled: () -> Bool,
        each: (QuantityPlace, QuantityValue) -> Void
    ) throws {
        try request.checkLayers(trace)
        let parts = try request.heads.parts(of: model.configuration)
        // Where no norm lies between block and head, tokens are read as they are, and only a complete trace has them.
        let source = request.layers.lowerBound == trace.depth - 1 || model.canEnd(trace)
            ? trace : try model.complete(trace, isCancelled: isCancelled)
        let rows: QueryRows = model.configuration.headReadsClassTokenAlone ? .classToken : .all
        try request.forEachLayer(isCancelled) { layer in
            let ended = try model.ended(source, after: layer)
            try model.backward(
                ended, from: Cotangents(logits: ClassTarget.cotangents(request.targets, of: ended, model.configuration)),
                wanting: BackwardWants(attentionDownTo: layer, rows: rows), isCancelled: isCancelled,
                visitAttention: { gradient in
                    for part in parts {
                        let map = Self.map(gradient, heads: part.heads, ended, model.compute)
                        each(QuantityPlace(target: gradient.position, layer: layer, head: part.head), .map(map))
                    }
                })
        }
    }

    /// The mean over all query tokens: the gradient of rows that are not here is zero.
    private static func map(_ gradient: AttentionGradient, heads: Range<Int>, _ trace: Trace, _ compute: Compute) -> PatchMap {
        let (prefix, patches) = (gradient.prefixTokens, gradient.tokens - gradient.prefixTokens)
        let share = Float(gradient.rows.count) / Float(gradient.tokens * heads.count)
        return PatchMap.mean(over: gradient.rows, trace, compute) { rows, sum in
            for row in rows {
                for head in heads {
                    let g = gradient.gradient(head: head, row: row)
                    for patch in 0..<patches { sum[patch] += share * max(0, g[prefix + patch]) }
                }
            }
        }
    }
}

extension ModelConfiguration {
    /// Whether the head reads the class token and nothing else.
    var headReadsClassTokenAlone: Bool {
        switch head {
        case .classToken, .zeroShot: !poolsPatches && classTokens == 1
        case .none, .classAndDistillation, .patchMean, .classTokenAndPatchMean, .projectedMap, .attentionPool: false
        }
    }
}
