import Checkpoints
import Tensors
import VisionTransformer

/// The attention by which a head pools the tokens, as it is: where its one query looks. One map for the whole model, which stands for
/// every layer's.
public struct PoolAttention: ClassFreeMethod {
    public let identifier = "pool-attention"
    public let title = "attention of the pool"
    public let summary = "raw attention by which the head pools the tokens; of models whose head does (SigLIP, CoCa), no class needed"
    public let definition = """
        A[query, patches], the pool's attention after soft-max, of one of the pool's heads or the mean over them. Shares of one; what \
        is missing went to prefix tokens, where the pool reads them. One map for all layers.
        """
    public let axes: QuantityAxes = [.layer, .head]
    public let fusion = MapFusion.last

    public init() {}

    public func obstacle(for configuration: ModelConfiguration) -> String? { configuration.withoutPoolObstacle }

    public func headCount(of configuration: ModelConfiguration) -> Int { configuration.poolHeads }

    public func values(
        of trace: Trace, model: VisionTransformer, request: QuantityRequest, isCancelled: () -> Bool,
        each: (QuantityPlace, QuantityValue) -> Void
    ) throws {
        try request.checkLayers(trace)
        let maps = try model.withPoolAttention(of: trace) { attention in
            try request.heads.parts(of: headCount(of: model.configuration)).map { part in
                let patches = attention.tokens - trace.grid.height * trace.grid.width..<attention.tokens
                var map = PatchMap.zeros(trace.grid)
                for head in part.heads {
                    let row = attention.row(0, head: head)
                    for patch in patches { map.values[patch - patches.lowerBound] += row[patch] / Float(part.heads.count) }
                }
                return (part.head, map)
            }
        }
        guard let maps else { throw ModelError.input("the model's head does not pool by attention") }
        try request.forEachLayer(isCancelled) { layer in
            for (head, map) in maps { each(QuantityPlace(layer: layer, head: head), .map(map)) }
        }
    }
}
