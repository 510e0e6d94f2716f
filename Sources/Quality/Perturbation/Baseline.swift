import Tensors

/// What stands in the place of a patch that is taken out.
public enum Baseline: String, Sendable, Hashable, CaseIterable {
    /// Nothing: the patch's token is dropped before the first block. Exact for a Vision Transformer, and the passes cost less.
    case dropped
    /// The picture's mean, channel by channel.
    case mean
    /// The picture, blurred by RISE's Gaussian (``GaussianBlur``).
    case blurred

    /// The picture whose patches stand in; nil where none do.
    ///
    /// - Parameter pixels: `[channels, height, width]`, normalized.
    public func substitute(for pixels: Tensor) -> Tensor? {
        switch self {
        case .dropped: nil
        case .mean: Self.mean(of: pixels)
        case .blurred: GaussianBlur.rise(pixels)
        }
    }

    private static func mean(of pixels: Tensor) -> Tensor {
        let channels = pixels.shape[0], count = pixels.count / max(channels, 1), values = pixels.values
        return Tensor(shape: pixels.shape, (0..<channels).flatMap { channel in
            let sum = values[channel * count..<(channel + 1) * count].reduce(0.0) { $0 + Double($1) }
            return [Float](repeating: Float(sum / Double(count)), count: count)
        })
    }
}
