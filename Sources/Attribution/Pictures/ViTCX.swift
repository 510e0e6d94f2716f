import Checkpoints
import Tensors
import VisionTransformer

/// ViT-CX: what the parts of the picture that the last layer's tokens tell apart, shown alone, say of the class.
///
/// Source: Xie, Li, Cao, Zhang, "ViT-CX: Causal Explanation of Vision Transformers" (IJCAI 2023). Every number of the patches' tokens
/// is a mask; those alike are joined, here at patch resolution, before they are drawn larger. Two forward passes a mask.
public struct ViTCX: PictureMethod {
    public let identifier = "vit-cx"
    public let title = "ViT-CX"
    public let summary = "the class's probability for the parts of the picture that the last layer's tokens tell apart (ViT-CX)"
    public let definition = """
        Σ_i s_i M_i / (n Σ_i M_i) at every patch, the mean over its pixels, s_i = p_c(x ⊙ M_i + ε (1 − M_i)) − p_c(x + ε (1 − \
        M_i)) + p_c(x), ε normal noise of deviation 0.1, x the picture as the model reads it, normalized. The n masks M_i: what \
        the last block reads after its norm 1, every number over the patches stretched to 0…1, joined by complete linkage up to \
        a cosine distance of 0.1, summed and stretched again. A probability; one map for all layers. Source: Xie et al., \
        IJCAI 2023.
        """
    public let scale = QuantityScale.diverging

    public init() {}

    public func maps(of trace: Trace, targets: [ClassTarget], passes: PicturePasses) throws -> [PatchMap] {
        let model = passes.model, configuration = model.configuration, pixels = trace.pixels
        let (height, width, plane) = (pixels.shape[1], pixels.shape[2], pixels.shape[1] * pixels.shape[2])
        let area = Double(configuration.patch.height * configuration.patch.width)
        let tokens = try model.inputs(of: trace, layer: trace.depth - 1).rows(trace.prefixTokens..<trace.tokens)
        let masks = Self.masks(tokens), whole = try passes.probabilities(targets, of: trace)
        let noise = Self.noise(count: pixels.count), x = pixels.values
        var cover = [Double](repeating: 0, count: plane), weighted = [[Double]](repeating: cover, count: targets.count)
        try passes.forEach(masks.count) { number -> (scores: [Double], mask: [Float]) in
            let mask = SmoothMask(rows: trace.grid.height, columns: trace.grid.width, cells: masks[number])
                .pixels(of: (height, width), height: height, width: width)
            var shown = x, blurred = x
            for place in x.indices {
                let m = mask[place % plane]
                shown[place] = x[place] * m + noise[place] * (1 - m)
                blurred[place] = x[place] + noise[place] * (1 - m)
            }
            let with = try passes.probabilities(targets, of: Tensor(shape: pixels.shape, shown))
            let without = try passes.probabilities(targets, of: Tensor(shape: pixels.shape, blurred))
            return (targets.indices.map { with[$0] - without[$0] + whole[$0] }, mask)
        } each: { _, found in
            for place in 0..<plane { cover[place] += Double(found.mask[place]) }
            for (target, score) in found.scores.enumerated() {
                for place in 0..<plane { weighted[target][place] += score * Double(found.mask[place]) }
            }
        }
        let one = Tensor(shape: [1, height, width])
        return targets.indices.map { target in
            PatchMap.sums(over: one, configuration) {
                cover[$0] > 0 ? weighted[target][$0] / cover[$0] / (Double(masks.count) * area) : 0
            }
        }
    }

    private static func noise(count: Int) -> [Float] {
        var random = RandomStream(seed: 0, epoch: 0, picture: 0, .noise)
        return (0..<count).map { _ in Float(0.1 * random.normal()) }
    }

    /// Masks of one value a patch, each from 0 to 1.
    static func masks(_ tokens: Tensor) -> [[Double]] {
        let (patches, width) = (tokens.shape[0], tokens.shape[1]), values = tokens.values
        let single = (0..<width).compactMap { column in stretched((0..<patches).map { Double(values[$0 * width + column]) }) }
        return CompleteLinkage.groups(of: single, within: 0.1).compactMap { group in
            stretched((0..<patches).map { patch in group.reduce(0) { $0 + single[$1][patch] } })
        }
    }

    /// From 0 to 1; nil where all are alike.
    private static func stretched(_ values: [Double]) -> [Double]? {
        guard let low = values.min(), let high = values.max(), high > low else { return nil }
        return values.map { ($0 - low) / (high - low) }
    }
}
