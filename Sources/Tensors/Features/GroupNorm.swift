/// Group norm: groups of neighboring channels, each brought to mean 0 and variance 1 over all positions, scaled and shifted.
package struct GroupNorm: Sendable {
    package let groups: Int
    /// One value a channel.
    package let weight: [Float], bias: [Float]
    /// Added to the variance.
    package let epsilon: Float

    /// - Parameter groups: divides the number of channels.
    package init(groups: Int, weight: Tensor, bias: Tensor, epsilon: Float) {
        precondition(weight.count == bias.count && weight.count % groups == 0)
        self.groups = groups
        self.weight = weight.values
        self.bias = bias.values
        self.epsilon = epsilon
    }

    /// In place: the norm of `x`, plus `addend`, then max(x, 0) where `rectify`.
    package func apply(to x: FeatureMap, adding addend: FeatureMap? = nil, rectify: Bool = false, compute: Compute) {
        precondition(x.channels == weight.count, "\(x.channels) channels into a norm of \(weight.count)")
        let moments = ChannelMoments(x, compute)
        let size = x.channels / groups
        let count = Double(x.positions)
        let sums = moments.sums
        var scale = [Float](repeating: 0, count: x.channels), shift = scale
        for group in 0..<groups {
            let members = group * size..<(group + 1) * size
            let mean = members.reduce(0) { $0 + sums[$1] } / (count * Double(size))
            var square = 0.0
            for channel in members {
                let distance = Double(moments.centers[channel]) - mean
                square += moments.squares[channel] + 2 * distance * moments.offsets[channel] + count * distance * distance
            }
            let inverse = 1 / (square / (count * Double(size)) + Double(epsilon)).squareRoot()
            for channel in members {
                scale[channel] = Float(inverse * Double(weight[channel]))
                shift[channel] = Float(Double(bias[channel]) - mean * inverse * Double(weight[channel]))
            }
        }
        scale.withUnsafeBufferPointer { scale in
            shift.withUnsafeBufferPointer { shift in
                x.transform(
                    scale: scale.baseAddress, shift: shift.baseAddress, adding: addend, rectify: rectify, compute: compute)
            }
        }
    }
}
