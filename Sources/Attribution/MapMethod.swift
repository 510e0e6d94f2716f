import Checkpoints
import VisionTransformer

/// A way to make maps over patches of what a model computed for a picture, one map a layer: a ``Quantity`` of maps that says
/// where a model looks, whose layers' maps make one map together.
///
/// A method is one type in one file, either a ``ClassMethod`` (a map a class: a ``GradientMethod``, a ``GradientFlow``, a
/// ``TokenGradientMethod``, a ``PictureMethod`` or one of its own) or a ``ClassFreeMethod`` (one map a picture); adding it to ``MapMethods/all`` makes
/// it known to every command.
public protocol MapMethod: Quantity {
    /// Whether a layer's map also depends on the layer at which the method starts.
    var dependsOnStart: Bool { get }
    /// The layer at which the method starts unless said otherwise.
    func defaultStartLayer(of configuration: ModelConfiguration) -> Int
}

extension MapMethod {
    public var fusion: MapFusion { .sum }
    public var scale: QuantityScale { .sequential }
    public var dependsOnStart: Bool { axes.contains(.start) }
    public func defaultStartLayer(of configuration: ModelConfiguration) -> Int { configuration.defaultStartLayer }
}

/// A method whose maps are those of a class, or of what stands in its place (``ClassTarget``), a scalar made of the logits: most
/// follow its derivatives, all targets together in one backward pass.
public protocol ClassMethod: MapMethod {}

extension ClassMethod {
    public func obstacle(for configuration: ModelConfiguration) -> String? {
        configuration.head == .none ? ModelConfiguration.headlessObstacle : nil
    }
}

/// How the maps of several layers become one.
public enum MapFusion: Sendable, Hashable {
    /// Their sum.
    case sum
    /// The last layer's: it holds what came before.
    case last

    /// One map of the layers' maps, lowest layer first; nil of none.
    public func fused(_ maps: some BidirectionalCollection<PatchMap>) -> PatchMap? {
        switch self {
        case .sum: PatchMap.sum(maps)
        case .last: maps.last
        }
    }
}

/// The methods this program knows.
public enum MapMethods {
    /// All of them; the first is the default.
    public static let all: [any MapMethod] = [
        GETAM(), GradientAttentionMap(), GradientMap(), GradientSquaredMap(),
        RawAttention(), AttentionRollout(), TokenSaliency(), ClassDiscriminativeAttention(),
        GenericAttentionExplainability(), GradientRollout(), AttentionGradCAM(), AttentionGuidedCAM(), HeadWeightedAttention(), LeGrad(),
        TokenGradCAM(), HiResCAM(), LayerCAM(), GradCAMPlusPlus(), XGradCAM(), EigenCAM(), PatchCAM(), TokenSemanticCAM(),
        PoolAttention(), PoolGETAM(),
        InputTimesGradient(), IntegratedGradients(), SmoothGrad(), Occlusion(), RISE(), ViTCX(),
    ]

    /// Those that need no class, and so no head.
    public static var classFree: [any ClassFreeMethod] { all.compactMap { $0 as? any ClassFreeMethod } }

    /// The method with the given identifier.
    public static func named(_ identifier: String) -> (any MapMethod)? {
        all.first { $0.identifier == identifier }
    }

    /// The methods that give maps of a model of this configuration.
    public static func usable(for configuration: ModelConfiguration) -> [any MapMethod] {
        all.filter { $0.obstacle(for: configuration) == nil }
    }
}
