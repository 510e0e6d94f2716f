import Glibc
import Tensors

/// The blur of RISE's insertion game (Petsiuk et al. 2018, arXiv 1806.07421, its published code): a Gaussian of σ 5 on 11 × 11 pixels,
/// of which what reaches beyond is folded back at the edges so that the weights' sum is 1; beyond the picture is zero, which on normalized
/// pixels is the training set's mean.
public enum GaussianBlur {
    static let side = 11
    static let deviation = 5.0

    /// The weights along a line.
    static let line: [Double] = {
        // An impulse in the middle of the line, through a Gaussian cut at four deviations, with the line mirrored at its ends.
        let reach = Int(4 * deviation + 0.5)
        let weights = (-reach...reach).map { exp(-0.5 * Double($0 * $0) / (deviation * deviation)) }, sum = weights.reduce(0, +)
        return (0..<side).map { place in
            weights.indices.reduce(0.0) { total, index in
                let folded = (((place + index - reach) % (2 * side)) + 2 * side) % (2 * side)
                return min(folded, 2 * side - 1 - folded) == side / 2 ? total + weights[index] / sum : total
            }
        }
    }()

    /// - Parameter pixels: `[channels, height, width]`, normalized.
    public static func rise(_ pixels: Tensor) -> Tensor {
        let (channels, height, width) = (pixels.shape[0], pixels.shape[1], pixels.shape[2]), half = side / 2
        var wide = [Double](repeating: 0, count: height * width)
        return Tensor(shape: pixels.shape) { target in
            pixels.withUnsafeElements { source in
                for channel in 0..<channels {
                    let plane = channel * height * width
                    for y in 0..<height {
                        for x in 0..<width {
                            var sum = 0.0
                            for tap in max(0, half - x)..<min(side, width + half - x) {
                                sum += line[tap] * Double(source[plane + y * width + x + tap - half])
                            }
                            wide[y * width + x] = sum
                        }
                    }
                    for y in 0..<height {
                        let taps = max(0, half - y)..<min(side, height + half - y)
                        for x in 0..<width {
                            var sum = 0.0
                            for tap in taps { sum += line[tap] * wide[(y + tap - half) * width + x] }
                            target.initializeElement(at: plane + y * width + x, to: Float(sum))
                        }
                    }
                }
            }
        }
    }
}
