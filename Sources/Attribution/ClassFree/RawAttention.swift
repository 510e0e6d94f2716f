import VisionTransformer

/// Attention as it is: the class token's row at the patches, averaged over heads; without a class token or with a head that
/// pools the patches, the mean of the patches' rows.
public struct RawAttention: ClassFreeMethod {
    public let identifier = "attention"
    public let title = "attention"
    public let summary = "raw attention of the class token, averaged over heads; no class needed"

    public init() {}

    public func layerMaps(
        of trace: Trace, model: VisionTransformer, layers: ClosedRange<Int>, start: Int, isCancelled: () -> Bool,
        each: (_ layer: Int, PatchMap) -> Void
    ) throws {
        for layer in layers.reversed() {
            if isCancelled() { throw CancellationError() }
            each(layer, PatchMap(tokens: model.lookingAttention(of: trace, layer: layer), of: trace))
        }
    }
}
