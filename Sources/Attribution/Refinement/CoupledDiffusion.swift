import Tensors
import VisionTransformer

/// Diffuses a map along attention, less between patches that attend to different things: the idea of AD-CAM, our formula.
///
/// A is the heads' mean attention from patch to patch, summed over layers, rows scaled to a sum of one; C_ij = Σ_k √(A_ik A_jk)
/// says how alike two patches' attention is, 1 for equal (Bhattacharyya's coefficient); B = A ⊙ C, rows scaled to one;
/// m ← (1 − α) Σ_t αᵗ Bᵗ m over t = 0 … steps, with Bᵀ in place of B backwards. After Huang et al., "AD-CAM" (arXiv 2211.10931),
/// of which only the idea was read: attention between two pixels is reduced where their attention to others differs, and
/// activation is diffused in proportion to what is left.
public struct CoupledDiffusion: AffinityRefiner, Hashable {
    /// The layers to sum, from 0; nil takes all.
    public var layers: ClosedRange<Int>?
    /// How often B is applied, at least once.
    public var steps: Int
    /// α, how much each further step counts, 0…1.
    public var share: Float
    /// Whether activation goes from the patch that is attended to, to the one that attends (B); else the other way (Bᵀ).
    public var isForward: Bool

    public init(layers: ClosedRange<Int>? = nil, steps: Int = 2, share: Float = 0.5, isForward: Bool = true) {
        self.layers = layers
        self.steps = steps
        self.share = share
        self.isForward = isForward
    }

    public func refine(_ maps: [PatchMap], affinity: PatchAffinityMatrix, compute: Compute) -> [PatchMap] {
        var attention = affinity
        attention.normalizeRows()
        let roots = PatchAffinityMatrix(patches: attention.patches, values: attention.values.map { $0.squareRoot() })
        let alike = roots.times(roots, transposed: true, compute: compute)
        var coupled = attention
        for index in coupled.values.indices { coupled.values[index] *= alike.values[index] }
        coupled.normalizeRows()
        if !isForward { coupled = coupled.transposed }
        var step = maps, sum = maps, factor: Float = 1
        for _ in 0..<max(steps, 1) {
            step = coupled.applied(to: step, compute: compute)
            factor *= share
            for map in maps.indices {
                for patch in sum[map].values.indices { sum[map].values[patch] += factor * step[map].values[patch] }
            }
        }
        for map in maps.indices { for patch in sum[map].values.indices { sum[map].values[patch] *= 1 - share } }
        return sum
    }
}
