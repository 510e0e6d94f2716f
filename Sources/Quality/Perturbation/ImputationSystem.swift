/// The equations of a picture's missing pixels, symmetric and positive definite: (sum of the weights within the picture) · x_i − Σ_j w_ij x_j
/// over missing neighbors = Σ_j w_ij v_j over known ones; all times 12.
struct ImputationSystem {
    private let width: Int
    private let height: Int
    /// Pixels a row with one on either side; there is a row above and one below, too. All of these are zero.
    private let stride: Int
    /// 1 for a missing pixel; 0 elsewhere.
    private let missing: [Double]
    /// The sum of the weights within the picture.
    private let weights: [Double]
    private let preconditioner: CellPreconditioner

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
        preconditioner = CellPreconditioner(height: height, width: width, missing: missing, weights: weights)
    }

    /// The plane with the missing values solved for.
    ///
    /// - Parameters:
    ///   - plane: `height × width`, whose kept values are known; where none is, the missing ones become zero.
    ///   - tolerance: the length of the residual at which the descent ends, as a share of the right-hand side's.
    func solve(_ plane: some RandomAccessCollection<Float>, tolerance: Double) -> [Double] {
        var known = [Double](repeating: 0, count: missing.count), (sum, count) = (0.0, 0.0)
        for (place, value) in plane.enumerated() {
            let at = position(place)
            guard missing[at] == 0 else { continue }
            known[at] = Double(value)
            sum += known[at]
            count += 1
        }
        guard count > 0 else { return plane.map { _ in 0 } }
        var right = [Double](repeating: 0, count: missing.count), scratch = right
        neighbors(known, into: &right, &scratch)
        for index in right.indices { right[index] *= missing[index] }
        // From the mean of what is known on: nearer than zero.
        var x = missing.map { $0 * sum / count }
        descend(&x, right, &scratch, tolerance)
        return (0..<plane.count).map { place in
            let at = position(place)
            return missing[at] == 1 ? x[at] : known[at]
        }
    }

    private func position(_ place: Int) -> Int { (place / width + 1) * stride + place % width + 1 }

    /// Preconditioned conjugate gradients.
    private func descend(_ x: inout [Double], _ right: [Double], _ scratch: inout [Double], _ tolerance: Double) {
        var product = right, residual = right, step = preconditioner.memory
        apply(x, into: &product, &scratch)
        for index in residual.indices { residual[index] -= product[index] }
        var corrected = residual
        preconditioner.apply(residual, into: &corrected, &step)
        var direction = corrected, measure = Self.dot(residual, corrected)
        let enough = tolerance * tolerance * Self.dot(right, right)
        // In exact arithmetic it ends after as many steps as there are equations.
        for _ in 0..<max(100, width * height) {
            guard Self.dot(residual, residual) > enough else { return }
            apply(direction, into: &product, &scratch)
            let curvature = Self.dot(direction, product)
            guard curvature > 0 else { return }
            let length = measure / curvature
            for index in x.indices {
                x[index] += length * direction[index]
                residual[index] -= length * product[index]
            }
            preconditioner.apply(residual, into: &corrected, &step)
            let next = Self.dot(residual, corrected), share = next / measure
            for index in direction.indices { direction[index] = corrected[index] + share * direction[index] }
            measure = next
        }
    }

    /// The system's matrix by a vector that is zero where nothing is missing.
    private func apply(_ x: [Double], into out: inout [Double], _ scratch: inout [Double]) {
        neighbors(x, into: &out, &scratch)
        for index in out.indices { out[index] = missing[index] * (weights[index] * x[index] - out[index]) }
    }

    /// The weighted sum of every pixel's neighbors.
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
                var sums = (0.0, 0.0, 0.0, 0.0), index = 0
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
