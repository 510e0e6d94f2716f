import Checkpoints
import Glibc
import Tensors
import VisionTransformer

/// SmoothGrad: how much the class depends on every pixel, the mean over noisy pictures.
///
/// Source: Smilkov, Thorat, Kim, Viégas, Wattenberg, "SmoothGrad: removing noise by adding noise" (2017). A forward and a backward pass
/// a noisy picture; the noise is the same every time.
public struct SmoothGrad: PixelMethod {
    public let identifier = "smoothgrad"
    public let title = "SmoothGrad"
    public let summary = "size of the gradient by the picture, the mean over pictures with noise, summed over each patch"
    public let definition = """
        Σ |E ∂y/∂x (x + ε)| over the pixels and channels of every patch, E the mean over 25 draws of ε from a normal \
        distribution, of a deviation of 0.15 times the picture's range, x the picture as the model reads it, normalized. One \
        map for all layers. Source: Smilkov et al. 2017.
        """

    public init() {}

    public func maps(of trace: Trace, targets: [ClassTarget], passes: PicturePasses) throws -> [PatchMap] {
        let draws = 25, pixels = trace.pixels, values = pixels.values
        let deviation = 0.15 * Double((values.max() ?? 0) - (values.min() ?? 0))
        var sums = [Double](repeating: 0, count: targets.count * values.count)
        try passes.forEach(draws) { draw -> Tensor in
            var random = RandomStream(seed: 0, epoch: 0, picture: draw, .noise)
            let noisy = values.map { Float(Double($0) + deviation * random.normal()) }
            return try passes.gradient(targets, of: Tensor(shape: pixels.shape, noisy))
        } each: { _, gradient in
            gradient.withUnsafeElements { for place in sums.indices { sums[place] += Double($0[place]) } }
        }
        return targets.indices.map { target in
            PatchMap.sums(over: pixels, passes.model.configuration) { abs(sums[target * values.count + $0]) / Double(draws) }
        }
    }
}
