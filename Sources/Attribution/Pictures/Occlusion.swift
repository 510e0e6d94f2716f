import Checkpoints
import Tensors
import VisionTransformer

/// Occlusion: what the class loses where a patch is covered by the mean color.
///
/// Source: Zeiler & Fergus, "Visualizing and Understanding Convolutional Networks" (ECCV 2014). A forward pass a patch.
public struct Occlusion: PictureMethod {
    public let identifier = "occlusion"
    public let title = "occlusion"
    public let summary = "what the class's logit loses where the patch is covered by the mean color"
    public let definition = """
        y(x) − y(x with patch j at 0), x the picture as the model reads it, normalized, so that 0 is the mean color. Signed, in \
        logits; one map for all layers. Source: Zeiler & Fergus, ECCV 2014.
        """
    public let scale = QuantityScale.diverging

    public init() {}

    public func maps(of trace: Trace, targets: [ClassTarget], passes: PicturePasses) throws -> [PatchMap] {
        let pixels = trace.pixels, patch = passes.model.configuration.patch, (height, width) = (pixels.shape[1], pixels.shape[2])
        let whole = try targets.map { try $0.value(of: trace) }
        var maps = targets.map { _ in PatchMap.zeros(trace.grid) }
        try passes.forEach(trace.grid.height * trace.grid.width) { index -> [Double] in
            let (top, left) = (index / trace.grid.width * patch.height, index % trace.grid.width * patch.width)
            var covered = pixels.values
            for channel in 0..<pixels.shape[0] {
                for y in top..<top + patch.height {
                    for x in left..<left + patch.width { covered[(channel * height + y) * width + x] = 0 }
                }
            }
            return try passes.values(targets, of: Tensor(shape: pixels.shape, covered))
        } each: { index, values in
            for (target, value) in values.enumerated() { maps[target].values[index] = Float(whole[target] - value) }
        }
        return maps
    }
}
