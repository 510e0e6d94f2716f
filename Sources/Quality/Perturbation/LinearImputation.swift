import Glibc
import Tensors

/// Noisy linear imputation of ROAD (Rong et al. 2022, arXiv 2202.00449; pytorch-grad-cam's `NoisyLinearImputer`): every missing pixel is the
/// weighted mean of its eight neighbors, 1/6 the straight and 1/12 the diagonal ones, less those beyond the picture; the system of equations
/// is solved by conjugate gradients, and to every missing value noise is added.
public enum LinearImputation {
    /// Standard deviation of the noise, on normalized pixels.
    public static let noise = 0.01
    /// The length of the residual at which the gradients end, as a share of the right-hand side's.
    public static let tolerance = 1e-8

    /// The pixels with those that are not kept imputed.
    ///
    /// - Parameters:
    ///   - pixels: `[channels, height, width]`.
    ///   - kept: of each pixel, row by row, whether its value is known; where none is, all become zero and noise.
    ///   - random: draws the noise, channel by channel, row by row.
    public static func impute(_ pixels: Tensor, keeping kept: [Bool], noise: Double = noise, _ random: inout SplitMix64) -> Tensor {
        let (channels, height, width) = (pixels.shape[0], pixels.shape[1], pixels.shape[2])
        precondition(kept.count == height * width)
        let system = ImputationSystem(height: height, width: width, kept: kept)
        var values = pixels.values, normal = NormalNumbers()
        for channel in 0..<channels {
            let plane = channel * height * width..<(channel + 1) * height * width
            let solved = system.solve(values[plane], tolerance: tolerance)
            for (offset, place) in plane.enumerated() where !kept[offset] {
                values[place] = Float(solved[offset] + (noise > 0 ? noise * normal.next(&random) : 0))
            }
        }
        return Tensor(shape: pixels.shape, values)
    }
}

/// Numbers of a normal distribution, by the method of Box and Muller.
struct NormalNumbers {
    private var spare: Double?

    mutating func next(_ random: inout SplitMix64) -> Double {
        if let value = spare {
            spare = nil
            return value
        }
        let radius = (-2 * log(1 - random.uniform())).squareRoot(), angle = 2 * Double.pi * random.uniform()
        spare = radius * sin(angle)
        return radius * cos(angle)
    }
}
