import Checkpoints
import Tensors
import VisionTransformer

/// The map of one class in one layer.
public struct LayerMap: Sendable, Equatable {
    public let layer: Int
    /// Position of the class in the list that was asked for.
    public let position: Int
    /// Index of the class among the model's logits.
    public let classIndex: Int
    public let map: PatchMap
}

extension VisionTransformer {
    /// Maps of `classes` in every layer from the last down to `lowest`, each handed over as soon as it is there.
    ///
    /// - Parameter start: where a method that goes through the layers starts; `lowest` unless given.
    /// - Throws: `ModelError`, `CancellationError`.
    public func layerMaps(
        of trace: Trace, classes: [Int], method: any ClassMethod, downTo lowest: Int, start: Int? = nil,
        isCancelled: () -> Bool = { false }, each: (LayerMap) -> Void
    ) throws {
        try layerMaps(
            of: trace, targets: classes.map { .logit($0) }, method: method, downTo: lowest, start: start, isCancelled: isCancelled, each: each)
    }

    /// The same of what may stand in the classes' places.
    public func layerMaps(
        of trace: Trace, targets: [ClassTarget], method: any ClassMethod, downTo lowest: Int, start: Int? = nil,
        isCancelled: () -> Bool = { false }, each: (LayerMap) -> Void
    ) throws {
        guard (0..<trace.depth).contains(lowest) else { throw ModelError.layerOutOfRange(lowest, depth: trace.depth) }
        try method.values(
            of: trace, model: self,
            request: QuantityRequest(targets: targets, layers: lowest...trace.depth - 1, start: start ?? lowest),
            isCancelled: isCancelled
        ) { place, value in
            guard case .map(let map) = value, let layer = place.layer else { return }
            each(LayerMap(layer: layer, position: place.target, classIndex: targets[place.target].classIndex, map: map))
        }
    }

    /// Maps of `classes` in the layers of `layers`: one array of maps a class, lowest layer first.
    public func layerMaps(
        of trace: Trace, classes: [Int], method: any ClassMethod, layers: ClosedRange<Int>
    ) throws -> [[PatchMap]] {
        guard layers.upperBound < trace.depth else {
            throw ModelError.layerOutOfRange(layers.upperBound, depth: trace.depth)
        }
        var maps = [[PatchMap]](repeating: [], count: classes.count)
        try layerMaps(of: trace, classes: classes, method: method, downTo: layers.lowerBound) {
            if layers.contains($0.layer) { maps[$0.position].insert($0.map, at: 0) }
        }
        return maps
    }

    /// Class-free maps of the layers of `layers`, lowest layer first.
    ///
    /// - Parameter start: where a method that goes through the layers starts; the first of `layers` unless given.
    public func layerMaps(
        of trace: Trace, method: any ClassFreeMethod, layers: ClosedRange<Int>, start: Int? = nil
    ) throws -> [PatchMap] {
        guard layers.lowerBound >= 0, layers.upperBound < trace.depth else {
            throw ModelError.layerOutOfRange(layers.upperBound, depth: trace.depth)
        }
        var maps: [PatchMap] = []
        try method.layerMaps(
            of: trace, model: self, layers: layers, start: start ?? layers.lowerBound, isCancelled: { false }
        ) { maps.insert($1, at: 0) }
        return maps
    }
}

extension ModelConfiguration {
    /// The layer from which maps are summed unless said otherwise: the middle block, 6 of 12.
    public var defaultStartLayer: Int { depth / 2 }
}
