import Checkpoints
import Tensors
import VisionTransformer

/// A way to turn a layer's attention and its gradient for a class into a map over patches.
///
/// A map is that of query rows: the class token's unless asked otherwise, or of a head that pools the patches the mean over
/// theirs. The class token's row costs least; any other's takes the gradient of whole matrices, which is about a forward
/// pass more for all layers. Heads cost nothing beside the maps themselves.
public protocol GradientMethod: ClassMethod {
    /// The map of one class in one layer.
    ///
    /// - Parameters:
    ///   - gradient: attention and its gradient with the rows asked for.
    ///   - rows: the query rows whose maps are averaged.
    ///   - heads: the heads that are averaged.
    ///   - trace: the pass that the gradient went back through; the patches are its last tokens, row by row.
    func map(
        _ gradient: AttentionGradient, rows: Range<Int>, heads: Range<Int>, of trace: Trace, model: VisionTransformer
    ) -> PatchMap
}

extension GradientMethod {
    public var axes: QuantityAxes { [.target, .layer, .head, .query] }

    public func values(
        of trace: Trace, model: VisionTransformer, request: QuantityRequest, isCancelled: () -> Bool,
        each: (QuantityPlace, QuantityValue) -> Void
    ) throws {
        if model.configuration.head != .none, let obstacle = obstacle(for: model.configuration) { throw ModelError.input(obstacle) }
        let parts = try request.heads.parts(of: model.configuration)
        let rows = try request.query.rows(of: trace, standingForPicture: model.configuration.rowsOfClass(trace))
        try request.checkLayers(trace)
        try model.backward(
            trace, from: Cotangents(logits: ClassTarget.cotangents(request.targets, of: trace, model.configuration)),
            wanting: BackwardWants(attentionDownTo: request.layers.lowerBound, rows: rows == 0..<1 ? .classToken : .all),
            isCancelled: isCancelled,
            visitAttention: { gradient in
                guard request.layers.contains(gradient.layer) else { return }
                let known = rows.clamped(to: gradient.rows)
                for part in parts {
                    // Rows that are not there are zero: nothing that the head reads comes of them.
                    let map = known.isEmpty ? PatchMap.zeros(trace.grid)
                        : self.map(gradient, rows: known, heads: part.heads, of: trace, model: model)
                    each(QuantityPlace(target: gradient.position, layer: gradient.layer, head: part.head), .map(map))
                }
            })
    }
}

extension ModelConfiguration {
    /// The query rows whose gradients stand for a class: the class tokens', or of a head that pools the patches, by their mean or by
    /// attention, theirs, since there the class token of the last layer has no gradient at all, or no part of its own.
    func rowsOfClass(_ trace: Trace) -> Range<Int> {
        tokensOfPicture(trace)
    }

    /// Why single tokens have no logits where a head pools by attention.
    static let poolObstacle = "the model's head pools the tokens by attention, so its logit is no linear function of them"

    /// Why attention is no share of one; nil where it is.
    var sharesObstacle: String? {
        isDifferential ? "the model's attention is the difference of two soft-maxes, so it is no share of one" : nil
    }

    /// Why a model without a head has no values of a class.
    static let headlessObstacle = "the model has no classification head, so it knows no classes; give it one with --head"
}
