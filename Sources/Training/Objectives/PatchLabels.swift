import Tensors

/// ToCo's labels of patches by two thresholds: of the classes in the picture, that whose map is largest where it is above
/// ``high``, background where none is above ``low``, unknown between. Maps are the positive scores, brought to 0…1 over
/// the picture.
enum PatchLabels {
    static let high: Float = 0.7
    static let low: Float = 0.25
    /// Added to a map's extent, so that one without any stays zero.
    private static let least: Float = 1e-5

    /// A label for every patch: 0, the place among the classes in ascending order plus one, or ``PatchTokenContrast/ignored``.
    ///
    /// - Parameters:
    ///   - scores: of all classes.
    ///   - classes: in the picture; beyond 253 of them the others are left out.
    static func labels(_ scores: FeatureMap, classes: Set<Int>) -> [UInt8] {
        let (patches, count, source) = (scores.positions, scores.channels, scores.values.base)
        var best = [(value: Float, label: UInt8)](repeating: (0, 0), count: patches)
        for (place, index) in classes.sorted().prefix(253).enumerated() {
            var (lowest, highest) = (Float.infinity, Float(0))
            for patch in 0..<patches {
                let value = max(source[patch * count + index], 0)
                (lowest, highest) = (min(lowest, value), max(highest, value))
            }
            for patch in 0..<patches {
                let value = (max(source[patch * count + index], 0) - lowest) / (highest - lowest + least)
                if value > best[patch].value { best[patch] = (value, UInt8(place + 1)) }
            }
        }
        return best.map { $0.value > high ? $0.label : $0.value <= low ? 0 : PatchTokenContrast.ignored }
    }
}
