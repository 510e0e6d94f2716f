import Checkpoints
import Tensors
import VisionTransformer

/// Integrated gradients: what every pixel adds to the class on the way from the mean color to the picture. The map's sum is the class's
/// logit for the picture less that for the mean color, but for what the steps miss.
///
/// Source: Sundararajan, Taly, Yan, "Axiomatic Attribution for Deep Networks" (ICML 2017). A forward and a backward pass a step.
public struct IntegratedGradients: PixelMethod {
    public let identifier = "integrated-gradients"
    public let title = "integrated gradients"
    public let summary = "gradients by the picture on the way from the mean color to it, times the picture, summed over each patch"
    public let definition = """
        Σ x ⊙ ∫ ∂y/∂x (αx) dα over the pixels and channels of every patch, α from 0 to 1 in the middles of 50 steps, x the \
        picture as the model reads it, normalized, so that 0 is the mean color. Signed, in logits; one map for all layers. \
        Source: Sundararajan et al., ICML 2017.
        """
    public let scale = QuantityScale.diverging

    public init() {}

    public func maps(of trace: Trace, targets: [ClassTarget], passes: PicturePasses) throws -> [PatchMap] {
        let steps = 50, pixels = trace.pixels
        var sums = [[Double]](repeating: [Double](repeating: 0, count: trace.grid.height * trace.grid.width), count: targets.count)
        try passes.forEach(steps) { step -> [PatchMap] in
            let factor = (Float(step) + 0.5) / Float(steps)
            let gradient = try passes.gradient(targets, of: Tensor(shape: pixels.shape, pixels.values.map { $0 * factor }))
            return targets.indices.map { InputTimesGradient.map(gradient, $0, pixels, passes.model.configuration) }
        } each: { _, maps in
            for (target, map) in maps.enumerated() {
                for patch in map.values.indices { sums[target][patch] += Double(map.values[patch]) / Double(steps) }
            }
        }
        return sums.map { PatchMap(rows: trace.grid.height, columns: trace.grid.width, values: $0.map { Float($0) }) }
    }
}
