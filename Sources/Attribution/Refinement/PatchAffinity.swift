import Tensors
import VisionTransformer

/// A way to refine maps at patch resolution by what the model itself saw.
public protocol PatchRefiner: Sendable {
    /// The refined maps, of the same size.
    ///
    /// - Parameters:
    ///   - maps: of the trace's grid.
    ///   - trace: the picture's forward pass through `model`.
    func refine(_ maps: [PatchMap], trace: Trace, model: VisionTransformer) -> [PatchMap]
}

/// Spreads a map along the attention between patches: m ← W·m, once or a few times.
///
/// W is the head-mean attention from patch to patch, summed over layers, then normalized. Sources: raw, all layers, one
/// step: MCTformer (CVPR 2022) and ACR; Sinkhorn, two steps: the class-aware attention affinity of CLIP-ES (CVPR 2023)
/// without its box.
public struct PatchAffinity: PatchRefiner, Hashable, Codable {
    /// How the summed attention becomes W.
    public enum Normalization: String, Hashable, Codable, Sendable, CaseIterable {
        /// As it is: the map's scale grows with the number of layers.
        case raw
        /// Rows sum to one: every patch takes a mean.
        case row
        /// Three times columns, then rows to a sum of one; then the mean with its transpose.
        case sinkhorn
    }

    /// The layers to sum, from 0, first block first; nil takes all. Layers the model lacks count as absent.
    public var layers: ClosedRange<Int>?
    public var normalization: Normalization
    /// How often the map is multiplied by W; 1 to 3 are usual, 0 or less leaves maps as they are.
    public var steps: Int

    public init(layers: ClosedRange<Int>? = nil, normalization: Normalization = .raw, steps: Int = 1) {
        self.layers = layers
        self.normalization = normalization
        self.steps = steps
    }

    public func refine(_ maps: [PatchMap], trace: Trace, model: VisionTransformer) -> [PatchMap] {
        guard steps > 0, !maps.isEmpty else { return maps }
        let layers = layers ?? 0...max(trace.depth - 1, 0)
        return apply(normalized(model.patchAffinity(trace, layers: layers)), to: maps, compute: model.compute)
    }

    /// W, of the summed attention. Rows and columns of zeros stay so.
    public func normalized(_ affinity: PatchAffinityMatrix) -> PatchAffinityMatrix {
        var result = affinity
        switch normalization {
        case .raw: break
        case .row: result.normalizeRows()
        case .sinkhorn: result.balance()
        }
        return result
    }

    /// W·m, `steps` times, for every map. The maps must have as many patches as W has rows.
    public func apply(_ affinity: PatchAffinityMatrix, to maps: [PatchMap], compute: Compute) -> [PatchMap] {
        affinity.applied(to: maps, steps: steps, compute: compute)
    }
}
