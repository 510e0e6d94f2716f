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

/// The equations of a picture's missing pixels, symmetric and positive definite: (sum of the weights within the picture) · x_i − Σ_j w_ij x_j
/// over missing neighbors = Σ_j w_ij v_j over known ones.
struct ImputationSystem {
    private let width: Int
    private let height: Int
    /// Pixels a row with one on either side, and above and below, that are zero.
    private let stride: Int
    /// 1 for a missing pixel; 0 elsewhere.
    private let missing: [Double]
    /// The sum of the weights within the picture, times 12.
    private let weights: [Double]

    init(height: Int, width: Int, kept: [Bool]) {
        (self.width, self.height, stride) = (width, height, width + 2)
        var missing = [Double](repeating: 0, count: (height + 2) * stride), weights = missing
        for y in 0..<height {
            for x in 0..<width {
                if !kept[y * width + x] { missing[(y + 1) * stride + x + 1] = 1 }
                let down = y > 0 && y + 1 < height ? 4.0 : height > 1 ? 3 : 2, across = x > 0 && x + 1 < width ? 4.0 : width > 1 ? 3 : 2
                // Sums of (1 2 1) ⊗ (1 2 1), less the middle: twelfths of 2 for straight neighbors, 1 for diagonal ones.
                weights[(y + 1) * stride + x + 1] = down * across - 4
            }
        }
        (self.missing, self.weights) = (missing, weights)
    }

    /// The missing values, in place of what `plane` has there.
    ///
    /// - Parameter plane: `height × width`, whose kept values are known.
    func solve(_ plane: some RandomAccessCollection<Float>, tolerance: Double) -> [Double] {
        let size = missing.count
        var known = [Double](repeating: 0, count: size)
        var (sum, count) = (0.0, 0.0)
        for (place, value) in plane.enumerated() {
            let at = (place / width + 1) * stride + place % width + 1
            guard missing[at] == 0 else { continue }
            known[at] = Double(value)
            sum += known[at]
            count += 1
        }
        var x = [Double](repeating: 0, count: size), scratch = x
        if count > 0 {
            var right = x
            neighbors(known, into: &right, &scratch)
            for index in right.indices { right[index] *= missing[index] }
            // From the mean of what is known on: nearer than zero.
            for index in x.indices { x[index] = missing[index] * sum / count }
            descend(&x, right, &scratch, tolerance)
        }
        return plane.indices.enumerated().map { place, _ in
            let at = (place / width + 1) * stride + place % width + 1
            return missing[at] == 1 ? x[at] : known[at]
        }
    }

    /// Conjugate gradients.
    private func descend(_ x: inout [Double], _ right: [Double], _ scratch: inout [Double], _ tolerance: Double) {
        var product = right
        apply(x, into: &product, &scratch)
        var residual = right
        for index in residual.indices { residual[index] -= product[index] }
        var direction = residual
        var square = Self.dot(residual, residual)
        let enough = tolerance * tolerance * Self.dot(right, right)
        // In exact arithmetic it ends after as many steps as there are equations.
        for _ in 0..<max(100, width * height) {
            guard square > enough, square > 0 else { return }
            apply(direction, into: &product, &scratch)
            let curvature = Self.dot(direction, product)
            guard curvature > 0 else { return }
            let step = square / curvature
            for index in x.indices {
                x[index] += step * direction[index]
                residual[index] -= step * product[index]
            }
            let next = Self.dot(residual, residual), share = next / square
            for index in direction.indices { direction[index] = residual[index] + share * direction[index] }
            square = next
        }
    }

    /// Twelve times the system's matrix by a vector that is zero where nothing is missing.
    private func apply(_ x: [Double], into out: inout [Double], _ scratch: inout [Double]) {
        neighbors(x, into: &out, &scratch)
        for index in out.indices { out[index] = missing[index] * (weights[index] * x[index] - out[index]) }
    }

    /// Twelve times the weighted sum of every pixel's neighbors.
    private func neighbors(_ x: [Double], into out: inout [Double], _ scratch: inout [Double]) {
        let (stride, height) = (stride, height)
        x.withUnsafeBufferPointer { x in
            scratch.withUnsafeMutableBufferPointer { down in
                out.withUnsafeMutableBufferPointer { out in
                    for y in 1...height {
                        let row = y * stride
                        for at in row..<row + stride { down[at] = x[at - stride] + 2 * x[at] + x[at + stride] }
                        for at in row + 1..<row + stride - 1 { out[at] = down[at - 1] + 2 * down[at] + down[at + 1] - 4 * x[at] }
                    }
                }
            }
        }
    }

    private static func dot(_ a: [Double], _ b: [Double]) -> Double {
        a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { b in
                // Four sums, so that one addition does not wait for the other.
                var sums = (0.0, 0.0, 0.0, 0.0)
                var index = 0
                while index + 4 <= a.count {
                    sums.0 += a[index] * b[index]
                    sums.1 += a[index + 1] * b[index + 1]
                    sums.2 += a[index + 2] * b[index + 2]
                    sums.3 += a[index + 3] * b[index + 3]
                    index += 4
                }
                var sum = (sums.0 + sums.1) + (sums.2 + sums.3)
                while index < a.count {
                    sum += a[index] * b[index]
                    index += 1
                }
                return sum
            }
        }
    }
}
