import Images
import Tensors

/// Pixel-adaptive refinement by color and place: every pixel repeatedly takes a weighted sum of its neighbours, as in ``PAMR``.
///
/// With I_k a color channel and d a neighbour's distance in pixels, a(i, j) the channels' mean of
/// −(|I_k(i) − I_k(j)| / (σ_k(i) + 1e-8) / 0.3)², σ_k(i) the unbiased deviation over all neighbours without the pixel itself, and
/// p(j) = −(d_j / (σ_d + 1e-8) / 0.3)²: w(i, j) = soft-max over j of a + 0.01·soft-max of p; m(i) ← Σ_j w(i, j)·m(j). Weights sum to 1.01.
/// Source: Ru, Zhan, Yu, Du, "Learning Affinity from Attention: End-to-End Weakly-Supervised Semantic Segmentation with Transformers" (AFA,
/// CVPR 2022).
public struct PAR: PixelRefiner, Hashable {
    /// How often the maps are summed; 0 or less leaves them as they are.
    public var iterations: Int
    /// Distances of the neighbours in pixels, as ``PAMR/dilations``.
    public var dilations: [Int]
    /// What the places' soft-max counts beside the colors'.
    static let placeShare: Float = 0.01

    public init(iterations: Int = 10, dilations: [Int] = [1, 2, 4, 8, 12, 24]) {
        self.iterations = iterations
        self.dilations = dilations
    }

    /// Refines maps, which grow by 1.01 with every iteration; a guide of another size is a programmer's error.
    public func refine<Failure>(
        _ maps: inout PixelMaps, guide: RGBImage, compute: Compute, memo: inout RefinerMemo,
        checkpoint: () throws(Failure) -> Void
    ) throws(Failure) {
        guard iterations > 0, !maps.values.isEmpty, !dilations.isEmpty else { return }
        try checkpoint()
        try memo.affinity(of: guide, .par, dilations: dilations, compute: compute)
            .propagate(&maps, iterations: iterations, compute: compute, checkpoint: checkpoint)
    }
}
