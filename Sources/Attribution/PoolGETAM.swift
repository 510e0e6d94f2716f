import Checkpoints
import Tensors
import VisionTransformer

/// GETAM of the attention by which a head pools the tokens (``GETAM``): one map for the whole model, which stands for every layer's.
///
/// The pool's query is the one row of that attention. It costs the way back through the head alone.
public struct PoolGETAM: ClassMethod {
    public let identifier = "pool-getam"
    public let title = "GETAM of the pool"
    public let summary = "GETAM of the attention by which the head pools the tokens; of models whose head does (SigLIP, CoCa)"
    public let definition = """
        M = U ⊙ V of the pool's query, U = E_h relu(G ⊙ A), V = E_h relu(G), G = ∂y/∂A, A the pool's attention after soft-max, E_h \
        the mean over the pool's heads; of one head relu(G ⊙ A) ⊙ relu(G). No unit; one map for all layers.
        """
    public let axes: QuantityAxes = [.target, .layer, .head]
    public let fusion = MapFusion.last

    public init() {}

    public func obstacle(for configuration: ModelConfiguration) -> String? {
        configuration.head == .none ? ModelConfiguration.headlessObstacle : configuration.withoutPoolObstacle
    }

    public func headCount(of configuration: ModelConfiguration) -> Int { configuration.poolHeads }

    public func values(
        of trace: Trace, model: VisionTransformer, request: QuantityRequest, isCancelled: () -> Bool,
        each: (QuantityPlace, QuantityValue) -> Void
    ) throws {
        try request.checkLayers(trace)
        let parts = try request.heads.parts(of: headCount(of: model.configuration))
        var maps: [(place: QuantityPlace, map: PatchMap)] = []
        try model.poolGradients(of: trace, from: ClassTarget.cotangents(request.targets, of: trace, model.configuration)) { gradient in
            for part in parts {
                maps.append((
                    QuantityPlace(target: gradient.position, head: part.head),
                    GETAM().map(gradient, rows: gradient.rows, heads: part.heads, of: trace, model: model)))
            }
        }
        try request.forEachLayer(isCancelled) { layer in
            for (place, map) in maps { each(QuantityPlace(target: place.target, layer: layer, head: place.head), .map(map)) }
        }
    }
}

extension ModelConfiguration {
    /// Heads of the attention by which the head pools; the blocks' where it does not.
    var poolHeads: Int { attentionPool?.heads ?? heads }

    /// Why a model whose head does not pool by attention has no attention of a pool.
    var withoutPoolObstacle: String? {
        attentionPool == nil ? "the model's head does not pool by attention; what it reads has its row in the blocks' attention" : nil
    }
}
