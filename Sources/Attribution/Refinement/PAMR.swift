import Images
import Tensors

/// Pixel-adaptive mask refinement: every pixel repeatedly takes the mean of its neighbours, weighted by how alike their
/// colors are.
///
/// Neighbours lie in 8 directions at each dilation; the border is repeated outwards. With I_k a color channel,
/// a_k(i, j) = −|I_k(i) − I_k(j)| / (1e-8 + 0.1·σ_k(i)), σ_k(i) the unbiased deviation over the 9 pixels of every dilation;
/// w(i, j) = soft-max over all neighbours j of the channels' mean of a; m(i) ← Σ_j w(i, j)·m(j).
/// Source: Araslanov and Roth, "Single-Stage Semantic Segmentation from Image Labels", CVPR 2020.
public struct PAMR: PixelRefiner, Hashable, Codable {
    /// How often the maps are averaged; 0 or less leaves them as they are.
    public var iterations: Int
    /// Distances of the neighbours in pixels; the sign means nothing, and none leaves the maps as they are.
    public var dilations: [Int]

    public init(iterations: Int = 10, dilations: [Int] = [1, 2, 4, 8, 12, 24]) {
        self.iterations = iterations
        self.dilations = dilations
    }

    /// Refines maps. Values stay within the range of each plane; a guide of another size is a programmer's error.
    public func refine<Failure>(
        _ maps: inout PixelMaps, guide: RGBImage, compute: Compute, memo: inout RefinerMemo,
        checkpoint: () throws(Failure) -> Void
    ) throws(Failure) {
        guard iterations > 0, !maps.values.isEmpty, !dilations.isEmpty else { return }
        try checkpoint()
        try memo.affinity(of: guide, dilations: dilations, compute: compute)
            .propagate(&maps, iterations: iterations, compute: compute, checkpoint: checkpoint)
    }

    /// The most bytes that refining takes beside maps and picture; with few iterations it may be less.
    public static func byteCount(height: Int, width: Int, planes: Int, dilations: [Int]) -> Int {
        PixelAffinity.byteCount(height: height, width: width, planes: planes, dilations: dilations)
    }
}
