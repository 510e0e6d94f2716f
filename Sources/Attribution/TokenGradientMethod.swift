import Checkpoints
import Tensors
import VisionTransformer

/// A way to turn what a layer reads after its norm 1, x, and a class's gradient by it, g = ∂y/∂x, into a map over patches.
///
/// Every layer costs what a backward pass through it costs; the lowest asked for is gone through to its norm 1.
public protocol TokenGradientMethod: ClassMethod {
    /// The map of one class in one layer.
    ///
    /// - Parameters:
    ///   - gradient: x and g of every token.
    ///   - grid: the grid of patches; the patches are the last tokens, row by row.
    func map(_ gradient: InputGradient, grid: ModelConfiguration.Size, compute: Compute) -> PatchMap
}

extension TokenGradientMethod {
    public var axes: QuantityAxes { [.target, .layer] }

    public func values(
        of trace: Trace, model: VisionTransformer, request: QuantityRequest, isCancelled: () -> Bool,
        each: (QuantityPlace, QuantityValue) -> Void
    ) throws {
        try request.checkLayers(trace)
        try model.backward(
            trace, from: Cotangents(logits: ClassTarget.cotangents(request.targets, of: trace, model.configuration)),
            wanting: BackwardWants(inputsDownTo: request.layers.lowerBound), isCancelled: isCancelled,
            visitInputs: { gradient in
                guard request.layers.contains(gradient.layer) else { return }
                each(
                    QuantityPlace(target: gradient.position, layer: gradient.layer),
                    .map(map(gradient, grid: trace.grid, compute: model.compute)))
            })
    }
}
