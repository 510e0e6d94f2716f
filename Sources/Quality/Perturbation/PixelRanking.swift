import Attribution
import Labels

/// A map at a picture's pixels, and its pixels in order.
public struct PixelRanking: Sendable, Equatable {
    public let width: Int
    public let height: Int
    /// The map enlarged bilinearly, patches where they were cut (PyTorch's `interpolate` without `align_corners`).
    public let values: [Float]

    /// - Throws: `QualityError` where a value is no number.
    public init(_ map: PatchMap, width: Int, height: Int) throws(QualityError) {
        try map.checkValues()
        self.width = width
        self.height = height
        values = LabelMaker.upsampled([map], classes: [0], width: width, height: height, .centers).values
    }

    /// Every pixel once, row by row from the top left; of equal ones the first.
    ///
    /// - Parameter leastFirst: the least relevant first, else the most relevant.
    public func order(leastFirst: Bool = false) -> [Int] {
        // A key that sorts as the value does, the place behind it.
        let keys = values.enumerated().map { place, value -> UInt64 in
            let bits = (value + 0).bitPattern, ascending = bits >> 31 == 1 ? ~bits : bits | 1 << 31
            return UInt64(leastFirst ? ascending : ~ascending) << 32 | UInt64(place)
        }
        return keys.sorted().map { Int($0 & 0xFFFF_FFFF) }
    }

    /// Which pixels stay where the most relevant `share` of them goes (or the least relevant), as pytorch-grad-cam has it: those whose
    /// value, or its negative, is less than the percentile 100·(1 − share) with linear interpolation between values.
    public func kept(removing share: Double, leastFirst: Bool = false) -> [Bool] {
        let values = leastFirst ? values.map { -$0 } : values, sorted = values.sorted()
        let place = Double(sorted.count - 1) * (1 - share), first = min(Int(place), sorted.count - 1), next = min(first + 1, sorted.count - 1)
        let bound = Double(sorted[first]) + (Double(sorted[next]) - Double(sorted[first])) * (place - Double(first))
        return values.map { Double($0) < bound }
    }
}
