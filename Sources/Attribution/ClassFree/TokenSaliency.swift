import VisionTransformer

/// What stands out among a layer's tokens: ``TokenCut`` of the patches' keys, stretched to 0…1, 0 in the background.
///
/// Zero everywhere where all patches are alike. TokenCut's paper reads the last layer's keys, so they make the fused map.
public struct TokenSaliency: ClassFreeMethod {
    public let identifier = "token-saliency"
    public let title = "token saliency"
    public let summary = "the patches that a normalized cut of the layer's keys sets apart (TokenCut); no class needed"
    public let fusion = MapFusion.last

    public init() {}

    public func layerMaps(
        of trace: Trace, model: VisionTransformer, layers: ClosedRange<Int>, start: Int, isCancelled: () -> Bool,
        each: (_ layer: Int, PatchMap) -> Void
    ) throws {
        let (rows, columns) = (trace.grid.height, trace.grid.width)
        for layer in layers.reversed() {
            if isCancelled() { throw CancellationError() }
            let cut = TokenCut().cut(
                keys: model.patchKeys(of: trace, layer: layer), rows: rows, columns: columns, compute: model.compute)
            each(layer, cut?.saliency
                ?? PatchMap(rows: rows, columns: columns, values: Array(repeating: 0, count: rows * columns)))
        }
    }
}
