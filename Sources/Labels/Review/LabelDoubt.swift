import Attribution
import Glibc
import Images

/// How sure the scores are that a label was made of: of every pixel those of the background and of the classes, as shares of their sum.
public struct LabelDoubt: Sendable, Equatable {
    /// Mean over the pixels of the Shannon entropy of the shares, over the logarithm of how many there are: 0 where one has all of it
    /// everywhere, 1 where all have the same.
    public let entropy: Double
    /// Mean over the pixels of how far the largest share is above the second, 0 to 1.
    public let margin: Double

    /// Entropy and what the margin leaves, in the mean: 0 for sure, 1 for no idea.
    public var value: Double { (entropy + 1 - margin) / 2 }

    public init(entropy: Double, margin: Double) { (self.entropy, self.margin) = (entropy, margin) }

    /// - Parameters:
    ///   - maps: activations, normalized to 0…1.
    ///   - background: what a class must exceed, resolved for this picture; of a band the upper level counts.
    public init(_ maps: PixelMaps, background: LabelCompletion.Background) {
        var entropy = 0.0, margin = 0.0
        PixelDoubt.forEach(maps, background: background) { _, doubt in
            entropy += doubt.entropy
            margin += doubt.margin
        }
        let pixels = maps.width * maps.height
        self.init(entropy: pixels > 0 ? entropy / Double(pixels) : 0, margin: pixels > 0 ? margin / Double(pixels) : 1)
    }

    /// The share of the pixels that two label maps of one size do not agree on, of those that both know; nil where there are none.
    public static func disagreement(_ one: IndexedImage, _ other: IndexedImage) -> Double? {
        guard one.width == other.width, one.height == other.height else { return nil }
        var known = 0, differing = 0
        for (a, b) in zip(one.indices, other.indices) where a != LabelCompletion.ignored && b != LabelCompletion.ignored {
            known += 1
            if a != b { differing += 1 }
        }
        return known > 0 ? Double(differing) / Double(known) : nil
    }
}

/// Which areas of classes are unlike those of the same classes elsewhere.
///
/// The logarithm of an area is compared with the median of those of its class: how many times the median absolute deviation, times 1.4826
/// (which for a normal distribution is the standard deviation), it is away (Iglewicz and Hoaglin, 1993).
public struct AreaOutliers: Sendable {
    private let spreads: [UInt8: (median: Double, deviation: Double)]
    /// Pictures from which on a class can be told about.
    static let fewest = 8

    /// - Parameter areas: of each picture the share of each number, 0 to 1.
    public init(_ areas: some Sequence<[UInt8: Double]>) {
        var logarithms: [UInt8: [Double]] = [:]
        for picture in areas {
            for (number, share) in picture where share > 0 && number != 0 && number != LabelCompletion.ignored {
                logarithms[number, default: []].append(log(share))
            }
        }
        spreads = logarithms.filter { $0.value.count >= Self.fewest }.compactMapValues { values in
            guard let median = values.median, let deviation = values.map({ abs($0 - median) }).median else { return nil }
            return (median, 1.4826 * deviation)
        }
    }

    /// How unlike a picture's areas are, by the one that is unlike most; nil where nothing can be told.
    public func distance(_ areas: [UInt8: Double]) -> Double? {
        areas.compactMap { number, share in
            guard share > 0, let spread = spreads[number], spread.deviation > 0 else { return nil }
            return abs(log(share) - spread.median) / spread.deviation
        }.max()
    }
}
