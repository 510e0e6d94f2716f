import Tensors

/// The positive and negative perturbation test of Chefer, Gur and Wolf (2021, arXiv 2012.09838): a tenth, two tenths … nine tenths of the
/// pixels are set to zero after normalization, the most relevant first (positive) or the least relevant first (negative), all channels of a
/// pixel together.
public enum PerturbationTest: String, Sendable, Hashable, CaseIterable {
    /// The most relevant go first: a good map's answer falls at once, less area is better.
    case positive
    /// The least relevant go first: a good map's answer stays, more area is better.
    case negative

    /// The shares of pixels that go.
    public static let shares = (1...9).map { Double($0) / 10 }

    /// The probabilities of all classes at each share.
    public func probabilities(_ ranking: PixelRanking, of picture: PerturbedPicture) throws -> [[Float]] {
        let order = ranking.order(leastFirst: self == .negative), (channels, pixels) = (picture.pixels.shape[0], order.count)
        return try picture.probabilities(of: Self.shares.count) { step in
            var values = picture.pixels.values
            // As many as the published code takes: the whole part.
            for pixel in order[..<Int(Double(pixels) * Self.shares[step])] {
                for channel in 0..<channels { values[channel * pixels + pixel] = 0 }
            }
            return Tensor(shape: picture.pixels.shape, values)
        }
    }
}
