import Attribution
import Glibc
import Images

/// How sure the scores of one pixel are, as shares of their sum.
public struct PixelDoubt: Sendable, Equatable {
    /// The largest share, 0 to 1.
    public let confidence: Double
    /// How far the largest share is above the second, 0 to 1.
    public let margin: Double
    /// The Shannon entropy of the shares over the logarithm of how many there are, 0 to 1.
    public let entropy: Double

    /// Entropy and what the margin leaves, in the mean: 0 for sure, 1 for no idea.
    public var value: Double { (entropy + 1 - margin) / 2 }

    /// One has all.
    static let none = PixelDoubt(confidence: 1, margin: 1, entropy: 0)

    /// Goes through the pixels, row by row.
    ///
    /// - Parameters:
    ///   - maps: activations or probabilities; what is below 0 counts as 0.
    ///   - background: what a class must exceed, resolved for this picture, as a score of its own; of a band the upper level counts. nil
    ///     where the maps have one of the background among them.
    static func forEach(_ maps: PixelMaps, background: LabelCompletion.Background?, _ body: (_ pixel: Int, PixelDoubt) -> Void) {
        let count = maps.classes.count, pixels = maps.width * maps.height
        let first = background == nil ? 0 : 1
        guard count > 0, count + first > 1 else {
            for pixel in 0..<pixels { body(pixel, none) }
            return
        }
        let logarithm = log(Double(count + first))
        var scores = [Double](repeating: 0, count: count + first)
        maps.values.withUnsafeBufferPointer { values in
            for pixel in 0..<pixels {
                var peak = 0.0, sum = 0.0
                for plane in 0..<count {
                    let score = Double(max(values[plane * pixels + pixel], 0))
                    scores[plane + first] = score
                    peak = max(peak, score)
                    sum += score
                }
                switch background {
                case .power(let power)?: scores[0] = pow(max(1 - peak, 0), power)
                case .level(let level)?, .band(_, let level)?: scores[0] = level
                case .automatic?: scores[0] = 0.5
                case nil: break
                }
                if first > 0 { sum += scores[0] }
                guard sum > 0 else {
                    // Nothing speaks for anything.
                    body(pixel, PixelDoubt(confidence: 1 / Double(count + first), margin: 0, entropy: 1))
                    continue
                }
                var largest = 0.0, second = 0.0, bits = 0.0
                for score in scores where score > 0 {
                    let share = score / sum
                    bits -= share * log(share)
                    if share > largest { (largest, second) = (share, largest) } else if share > second { second = share }
                }
                body(pixel, PixelDoubt(confidence: largest, margin: largest - second, entropy: bits / logarithm))
            }
        }
    }
}

/// A gray picture of how sure a label is, pixel by pixel: what is written beside the label.
public enum CertaintyMap: String, Sendable, Hashable, CaseIterable {
    /// ``PixelDoubt/confidence``: white where one class or the background has all of it.
    case confidence
    /// ``PixelDoubt/value``: white where nothing is known.
    case doubt

    /// The picture of a label's maps, black 0 to white 255 for 0 to 1.
    ///
    /// - Parameters: those of ``PixelDoubt/forEach(_:background:_:)``.
    public func picture(of maps: PixelMaps, background: LabelCompletion.Background?) -> GrayImage {
        var samples = [UInt8](repeating: 0, count: maps.width * maps.height)
        PixelDoubt.forEach(maps, background: background) { pixel, doubt in
            samples[pixel] = UInt8((255 * min(max(self == .confidence ? doubt.confidence : doubt.value, 0), 1)).rounded())
        }
        return GrayImage(width: maps.width, height: maps.height, samples: samples)
    }
}
