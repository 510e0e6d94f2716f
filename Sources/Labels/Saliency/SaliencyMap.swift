import Images

/// How much each pixel stands out, 0…1.
public struct SaliencyMap: Sendable, Equatable {
    public let width: Int
    public let height: Int
    /// `height × width` values, row by row from the top.
    public var values: [Float]

    /// A map with the given values. `values.count` must be `width·height`.
    public init(width: Int, height: Int, values: [Float]) {
        precondition(width >= 0 && height >= 0 && values.count == width * height)
        self.width = width
        self.height = height
        self.values = values
    }

    /// The values moved and scaled to fill 0…1; all 0 where they are all equal.
    public var stretched: SaliencyMap {
        let low = values.min() ?? 0, high = values.max() ?? 0
        guard high > low else { return SaliencyMap(width: width, height: height, values: values.map { _ in 0 }) }
        return SaliencyMap(width: width, height: height, values: values.map { ($0 - low) / (high - low) })
    }

    /// The values in 256 steps, as a gray picture.
    public var image: GrayImage {
        GrayImage(width: width, height: height, samples: values.map { UInt8(min(max($0, 0), 1) * 255 + 0.5) })
    }

    /// The pixels whose value lies above `level`.
    public func mask(above level: Float) -> Mask {
        Mask(width: width, height: height, values: values.map { $0 > level ? 1 : 0 })
    }

    /// The pixels above Otsu's level, found on the values in 256 steps; none where all are equal.
    public var otsuMask: Mask {
        let samples = image.samples
        guard let level = Otsu.level(samples) else { return Mask(width: width, height: height, values: samples.map { _ in 0 }) }
        return Mask(width: width, height: height, values: samples.map { $0 > level ? 1 : 0 })
    }

    /// The mean of two maps of one size.
    public func mean(_ other: SaliencyMap) -> SaliencyMap {
        precondition(other.width == width && other.height == height, "saliency maps of different sizes")
        return SaliencyMap(width: width, height: height, values: zip(values, other.values).map { ($0 + $1) / 2 })
    }
}

/// Otsu's threshold: the level that parts samples in two groups with the largest variance between their means.
public enum Otsu {
    /// The level, the lowest of equally good ones; the upper group lies above it. nil where all samples are equal.
    ///
    /// Source: Otsu, "A threshold selection method from gray-level histograms", 1979, equation 14.
    public static func level(_ samples: [UInt8]) -> UInt8? {
        var histogram = [Int](repeating: 0, count: 256)
        for sample in samples { histogram[Int(sample)] += 1 }
        let total = histogram.indices.reduce(0) { $0 + $1 * histogram[$1] }
        var (below, sum) = (0, 0)
        var best: (level: UInt8, variance: Double)?
        for level in 0..<255 {
            below += histogram[level]
            sum += level * histogram[level]
            guard below > 0, below < samples.count else { continue }
            let above = samples.count - below
            let distance = Double(sum) / Double(below) - Double(total - sum) / Double(above)
            let variance = Double(below) * Double(above) * distance * distance
            if variance > (best?.variance ?? 0) { best = (UInt8(level), variance) }
        }
        return best?.level
    }
}
