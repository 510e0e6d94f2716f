import VisionTransformer

/// What stands out among a layer's tokens: ``TokenCut`` of the patches' keys, stretched to 0…1, 0 in the background.
///
/// Zero everywhere where all patches are alike. TokenCut's paper reads the last layer's keys, so they make the fused map.
public struct TokenSaliency: ClassFreeMethod {
    public let identifier = "token-saliency"
    public let title = "token saliency"
    public let summary = "the patches that a normalized cut of the layer's keys sets apart (TokenCut); no class needed"
    public let definition = """
        The second eigenvector of the patches' graph, edges where the cosine of two keys exceeds 0.2, stretched to 0…1; \
        0 in the background. Source: TokenCut, CVPR 2022.
        """
    public let axes: QuantityAxes = [.layer]
    public let fusion = MapFusion.last

    public init() {}

    public func values(
        of trace: Trace, model: VisionTransformer, request: QuantityRequest, isCancelled: () -> Bool,
        each: (QuantityPlace, QuantityValue) -> Void
    ) throws {
        try request.checkLayers(trace)
        let (rows, columns) = (trace.grid.height, trace.grid.width)
        try request.forEachLayer(isCancelled) { layer in
            let cut = TokenCut().cut(
                keys: model.patchKeys(of: trace, layer: layer), rows: rows, columns: columns, compute: model.compute)
            each(QuantityPlace(layer: layer), .map(cut?.saliency ?? .zeros(trace.grid)))
        }
    }
}
