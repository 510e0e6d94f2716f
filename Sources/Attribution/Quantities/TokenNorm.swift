import Tensors
import VisionTransformer

/// How long the patches' tokens are after a block.
///
/// A few far longer than the rest hold notes on the whole picture instead of their patch: Darcet et al., "Vision Transformers
/// Need Registers" (ICLR 2024).
public struct TokenNorm: Quantity {
    public let identifier = "token-norm"
    public let title = "token norm"
    public let summary = "length of every patch's token after the block; outliers make maps blotchy"
    public let definition = "‖z_j‖₂, z the residual stream after block l. No unit. An outlier lies above the median plus 6 MAD."
    public let axes: QuantityAxes = [.layer]
    public let scale = QuantityScale.sequential
    public let readsCompleteTrace = true

    public init() {}

    public func values(
        of trace: Trace, model: VisionTransformer, request: QuantityRequest, isCancelled: () -> Bool,
        each: (QuantityPlace, QuantityValue) -> Void
    ) throws {
        try request.checkLayers(trace)
        let whole = try model.complete(trace, isCancelled: isCancelled)
        try request.forEachLayer(isCancelled) { layer in
            let stream = try model.stream(of: whole, layer: layer), width = stream.shape[1]
            let norms = stream.withUnsafeElements { tokens in
                (0..<trace.tokens).map { token -> Float in
                    guard let row = tokens.baseAddress.map({ $0 + token * width }) else { return 0 }
                    return model.compute.kernels.dot(row, row, width).squareRoot()
                }
            }
            each(QuantityPlace(layer: layer), .map(PatchMap(tokens: norms, of: trace)))
        }
    }

    /// The patches whose norms lie above the median plus 6 times the median distance from it (MAD), in their order.
    public static func outliers(_ norms: PatchMap) -> [Int] {
        guard let center = norms.values.median, let distance = norms.values.map({ abs($0 - center) }).median else { return [] }
        let limit = center + 6 * distance
        return norms.values.indices.filter { norms.values[$0] > limit }
    }
}
