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
        let statistics = Statistics(x, self, compute)
        let scale = zip(statistics.inverses, weight).map { Float($0 * Double($1)) }
        let shift = x.channelIndices.map {
            Float(Double(bias[$0]) - statistics.means[$0] * statistics.inverses[$0] * Double(weight[$0]))
        }
        x.transform(scales: scale, shifts: shift, adding: addend, rectify: rectify, compute: compute)
    }

    /// Mean and inverse deviation of every channel's group.
    private struct Statistics {
        var means: [Double], inverses: [Double]

        init(_ x: FeatureMap, _ norm: GroupNorm, _ compute: Compute) {
            precondition(x.channels == norm.weight.count, "\(x.channels) channels into a norm of \(norm.weight.count)")
            let moments = ChannelMoments(x, compute), sums = moments.sums
            let size = x.channels / norm.groups, count = Double(x.positions)
            (means, inverses) = (Array(repeating: 0, count: x.channels), Array(repeating: 0, count: x.channels))
            for group in 0..<norm.groups {
                let members = group * size..<(group + 1) * size
                let mean = members.reduce(0) { $0 + sums[$1] } / (count * Double(size))
                var square = 0.0
                for channel in members {
                    let distance = Double(moments.centers[channel]) - mean
                    square += moments.squares[channel] + 2 * distance * moments.offsets[channel] + count * distance * distance
                }
                let inverse = 1 / (square / (count * Double(size)) + Double(norm.epsilon)).squareRoot()
                for channel in members { (means[channel], inverses[channel]) = (mean, inverse) }
            }
        }
    }

    // MARK: Backward

    /// What a norm leaves for its way back.
    package struct Trace {
        /// The map before scale and shift.
        let normalized: FeatureMap
        /// Of every channel's group.
        let inverses: [Double]
        /// What came out, where it was rectified.
        let output: FeatureMap?
    }

    /// As ``apply(to:adding:rectify:compute:)``, which it takes the place of where the way back is wanted.
    package func forward(
        _ x: FeatureMap, adding addend: FeatureMap?, rectify: Bool, compute: Compute, in workspace: Workspace
    ) -> Trace {
        let statistics = Statistics(x, self, compute)
        let normalized = x.copy(in: workspace)
        normalized.transform(
            scales: statistics.inverses.map { Float($0) },
            shifts: zip(statistics.means, statistics.inverses).map { Float(-$0 * $1) }, compute: compute)
        x.values.base.update(from: normalized.values.base, count: x.count)
        x.transform(scales: weight, shifts: bias, adding: addend, rectify: rectify, compute: compute)
        return Trace(normalized: normalized, inverses: statistics.inverses, output: rectify ? x : nil)
    }

    /// In place: ∂/∂ output to ∂/∂ input. Adds ∂/∂ weight and ∂/∂ bias to their sums.
    ///
    /// With x̂ the normalized map, z = γ·dy and means over a group's channels and positions:
    /// dx = (z − mean(z) − x̂·mean(z·x̂)) / deviation.
    ///
    /// - Parameter dy: after the call to ``rectifyBack(_:_:compute:)``, whose result is the addend's gradient too.
    package func backward(
        _ dy: FeatureMap, _ trace: Trace, toWeight weightSum: UnsafeMutablePointer<Float>, bias biasSum: UnsafeMutablePointer<Float>,
        compute: Compute, in workspace: Workspace
    ) {
        let channels = dy.channels, size = channels / groups, normalized = trace.normalized
        var sums = [Float](repeating: 0, count: channels), products = sums
        sums.withUnsafeMutableBufferPointer { sums in
            products.withUnsafeMutableBufferPointer { products in
                guard let sums = sums.baseAddress, let products = products.baseAddress else { return }
                compute.sumRows(dy.values.base, stride: channels, rows: dy.positions, width: channels, into: sums)
                compute.sumProducts(
                    dy.values.base, stride: channels, normalized.values.base, stride: channels, rows: dy.positions, width: channels,
                    into: products)
            }
        }
        var scale = [Float](repeating: 0, count: channels), shift = scale, slope = scale
        for group in 0..<groups {
            let members = group * size..<(group + 1) * size, count = Double(size * dy.positions)
            let mean = members.reduce(0) { $0 + Double(weight[$1]) * Double(sums[$1]) } / count
            let product = members.reduce(0) { $0 + Double(weight[$1]) * Double(products[$1]) } / count
            for channel in members {
                let inverse = trace.inverses[channel]
                scale[channel] = Float(inverse * Double(weight[channel]))
                shift[channel] = Float(-inverse * mean)
                slope[channel] = Float(-inverse * product)
            }
        }
        let slanted = normalized.copy(in: workspace)
        slanted.transform(scales: slope, compute: compute)
        dy.transform(scales: scale, shifts: shift, adding: slanted, compute: compute)
        for channel in 0..<channels {
            weightSum[channel] += products[channel]
            biasSum[channel] += sums[channel]
        }
    }

    /// In place: leaves ∂/∂ output only where the output was above 0.
    package static func rectifyBack(_ dy: FeatureMap, _ trace: Trace, compute: Compute) {
        guard let output = trace.output else { return }
        let (gradient, values, channels, kernels) = (dy.values.base, output.values.base, dy.channels, compute.featureKernels)
        dy.forPositions(compute) { range in
            let start = range.lowerBound * channels
            kernels.rectify_back(gradient + start, values + start, range.count * channels)
        }
    }
}

extension FeatureMap {
    fileprivate var channelIndices: Range<Int> { 0..<channels }

    /// As ``transform(scale:shift:adding:rectify:compute:)``.
    func transform(
        scales: [Float], shifts: [Float]? = nil, adding addend: FeatureMap? = nil, rectify: Bool = false, compute: Compute
    ) {
        scales.withUnsafeBufferPointer { scale in
            (shifts ?? []).withUnsafeBufferPointer { shift in
                transform(
                    scale: scale.baseAddress, shift: shifts == nil ? nil : shift.baseAddress, adding: addend, rectify: rectify,
                    compute: compute)
            }
        }
    }
}
