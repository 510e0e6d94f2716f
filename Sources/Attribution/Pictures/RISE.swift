import Checkpoints
import Tensors
import VisionTransformer

/// RISE: what random parts of the picture, shown alone, say of the class.
///
/// Source: Petsiuk, Das, Saenko, "RISE: Randomized Input Sampling for Explanation of Black-box Models" (BMVC 2018). A forward pass a
/// mask; the masks are the same every time.
public struct RISE: PictureMethod {
    public let identifier = "rise"
    public let title = "RISE"
    public let summary = "the class's probability for the picture under random masks, the mean of those that show the patch"
    public let definition = """
        Σ_i p_c(x ⊙ M_i) M_i / (n p) at every patch, the mean over its pixels, over n = 500 masks M_i: 7 × 7 cells, each 1 with \
        the probability p = ½, smoothed and shifted at random; x the picture as the model reads it, normalized. A probability; \
        one map for all layers. Source: Petsiuk et al., BMVC 2018.
        """

    public init() {}

    /// How many masks, and the cells of each side.
    private static let (masks, cells) = (500, 7)

    public func maps(of trace: Trace, targets: [ClassTarget], passes: PicturePasses) throws -> [PatchMap] {
        let pixels = trace.pixels, configuration = passes.model.configuration
        let (height, width, plane) = (pixels.shape[1], pixels.shape[2], pixels.shape[1] * pixels.shape[2])
        let area = Double(configuration.patch.height * configuration.patch.width)
        var sums = [[Double]](repeating: [Double](repeating: 0, count: trace.grid.height * trace.grid.width), count: targets.count)
        try passes.forEach(Self.masks) { number -> (scores: [Double], shown: PatchMap) in
            let mask = Self.mask(number, height: height, width: width)
            var shown = pixels.values
            for place in shown.indices { shown[place] *= mask[place % plane] }
            let part = PatchMap.sums(over: Tensor(shape: [1, height, width], mask), configuration) { Double(mask[$0]) / area }
            return (try passes.probabilities(targets, of: Tensor(shape: pixels.shape, shown)), part)
        } each: { _, found in
            for (target, score) in found.scores.enumerated() {
                for patch in sums[target].indices { sums[target][patch] += score * Double(found.shown.values[patch]) }
            }
        }
        return sums.map { sum in
            PatchMap(rows: trace.grid.height, columns: trace.grid.width, values: sum.map { Float($0 / (Double(Self.masks) * 0.5)) })
        }
    }

    /// A mask, `[height, width]`, from 0 to 1: cells, one more than fit each way, bilinear between their middles, from a place in the
    /// first cell on.
    static func mask(_ number: Int, height: Int, width: Int) -> [Float] {
        var random = RandomStream(seed: 0, epoch: 0, picture: number, .masks)
        let lit = (0..<cells * cells).map { _ in random.uniform() < 0.5 ? 1.0 : 0 }
        let cell = (height: (height + cells - 1) / cells, width: (width + cells - 1) / cells)
        let (top, left) = (Int(random.uniform() * Double(cell.height)), Int(random.uniform() * Double(cell.width)))
        return SmoothMask(rows: cells, columns: cells, cells: lit).pixels(
            of: ((cells + 1) * cell.height, (cells + 1) * cell.width), from: (top, left), height: height, width: width)
    }
}
