import Checkpoints

/// A way to make maps over patches of what a model computed for a picture, one map a layer.
///
/// A method is one type in one file, either a ``GradientMethod`` (a map a class) or a ``ClassFreeMethod`` (one map a
/// picture); adding it to ``MapMethods/all`` makes it known to every command.
public protocol MapMethod: Sendable {
    /// The name on the command line and in files, such as `getam`.
    var identifier: String { get }
    /// The name in running text, such as `GETAM`.
    var title: String { get }
    /// What it computes, in one line.
    var summary: String { get }
    /// How the maps of several layers become one, unless a preset says otherwise.
    var fusion: MapFusion { get }
    /// Whether a layer's map also depends on the layer at which the method starts.
    var dependsOnStart: Bool { get }
    /// The layer at which the method starts unless said otherwise.
    func defaultStartLayer(of configuration: ModelConfiguration) -> Int
}

extension MapMethod {
    public var fusion: MapFusion { .sum }
    public var dependsOnStart: Bool { false }
    public func defaultStartLayer(of configuration: ModelConfiguration) -> Int { configuration.defaultStartLayer }
    /// Whether a map is that of a class, so that a model without a head has none.
    public var needsClass: Bool { self is any GradientMethod }
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
        RawAttention(), AttentionRollout(), TokenSaliency(),
    ]

    /// Those that need no class, and so no head.
    public static var classFree: [any ClassFreeMethod] { all.compactMap { $0 as? any ClassFreeMethod } }

    /// The method with the given identifier.
    public static func named(_ identifier: String) -> (any MapMethod)? {
        all.first { $0.identifier == identifier }
    }

    /// The methods that give maps of a model with the given head.
    public static func usable(with head: ModelConfiguration.Head) -> [any MapMethod] {
        head == .none ? classFree : all
    }
}
