/// The sum and the sum of squares of every channel of a feature map, about a value of that channel.
struct ChannelMoments {
    /// Values of the map that stand near each channel's mean, so that the squares do not cancel.
    let centers: [Float]
    /// Σ (x − center) and Σ (x − center)².
    let offsets: [Double], squares: [Double]
    let positions: Int

    /// Σ x
    var sums: [Double] { zip(centers, offsets).map { Double($0) * Double(positions) + $1 } }

    init(_ map: FeatureMap, _ compute: Compute) {
        let (channels, base, kernels) = (map.channels, map.values.base, compute.featureKernels)
        positions = map.positions
        let centers = Tensor(shape: [channels]) {
            $0.baseAddress?.initialize(from: base, count: map.positions > 0 ? channels : 0)
        }
        self.centers = centers.values
        // A piece is summed in single precision, the pieces in double.
        let pieces = max(1, (map.positions + 255) / 256)
        var partial = [Float](repeating: 0, count: pieces * 2 * channels)
        partial.withUnsafeMutableBufferPointer { partial in
            nonisolated(unsafe) let sums = partial.baseAddress!
            let (center, positions) = (centers.base, map.positions)
            compute.pool.forEach(pieces) { piece in
                let first = piece * positions / pieces, last = (piece + 1) * positions / pieces
                let sum = sums + piece * 2 * channels
                kernels.moments(base + first * channels, last - first, channels, center, sum, sum + channels)
            }
        }
        offsets = (0..<channels).map { channel in
            (0..<pieces).reduce(0) { $0 + Double(partial[$1 * 2 * channels + channel]) }
        }
        squares = (0..<channels).map { channel in
            (0..<pieces).reduce(0) { $0 + Double(partial[($1 * 2 + 1) * channels + channel]) }
        }
    }
}
