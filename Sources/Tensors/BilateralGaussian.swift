/// A Gaussian over places and colors, Σ_j exp(−½‖f_i − f_j‖²)·v_j: pair by pair for few points, else approximately.
package enum BilateralGaussian: Sendable {
    case pairs(PairwiseGaussian)
    case lattice(PermutohedralLattice)

    /// What the filtered values are multiplied by to be the sum; see ``PermutohedralLattice/gain``.
    package var gain: Float {
        switch self {
        case .pairs: 1
        case .lattice: PermutohedralLattice.gain
        }
    }

    /// Channels that hold so many values a point: as many as the filters take at once.
    package static func channels(_ values: Int) -> Int { values <= 2 ? max(values, 1) : (values + 3) / 4 * 4 }

    /// Filters `channels` interleaved values a point, `[n, channels]`, but for the factor ``gain``.
    ///
    /// - Parameter channels: as ``channels(_:)`` gives it.
    package func filter(
        _ values: UnsafePointer<Float>, channels: Int, into result: UnsafeMutablePointer<Float>, compute: Compute
    ) {
        switch self {
        case .pairs(let pairs): pairs.filter(values, channels: channels, into: result, compute: compute)
        case .lattice(let lattice): lattice.filter(values, channels: channels, into: result, compute: compute)
        }
    }
}
