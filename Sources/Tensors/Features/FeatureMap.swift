/// A picture of features, channels last: `height × width` positions row by row, each with `channels` values side by side.
///
/// Channels last, because then a position is a token: 1×1 convolutions are linear layers, and a kernel's row of
/// neighbours lies in one piece.
package struct FeatureMap: Sendable {
    package let height: Int
    package let width: Int
    package let channels: Int
    /// `height × width × channels` values.
    package let values: Workspace.Buffer

    package var positions: Int { height * width }
    package var count: Int { positions * channels }

    /// A map with undefined values.
    package init(height: Int, width: Int, channels: Int, in workspace: Workspace) {
        self.height = height
        self.width = width
        self.channels = channels
        values = workspace.take(height * width * channels)
    }

    /// A map of values that are there already: at least `height · width · channels` of them.
    package init(height: Int, width: Int, channels: Int, values: Workspace.Buffer) {
        precondition(values.size >= height * width * channels)
        self.height = height
        self.width = width
        self.channels = channels
        self.values = values
    }

    /// The map of `planes`, `[channels, height, width]`.
    package init(planes: Tensor, in workspace: Workspace) {
        precondition(planes.shape.count == 3, "planes have channels, rows and columns, not shape \(planes.shape)")
        self.init(height: planes.shape[1], width: planes.shape[2], channels: planes.shape[0], in: workspace)
        planes.withUnsafeElements { source in
            for channel in 0..<channels {
                for position in 0..<positions {
                    values.base[position * channels + channel] = source[channel * positions + position]
                }
            }
        }
    }

    /// `[channels, height, width]`.
    package var planes: Tensor { Tensor(shape: [channels, height, width], initializingWith: enterPlanes) }

    /// The values of ``planes``.
    package var planeValues: [Float] {
        Array(unsafeUninitializedCapacity: count) { target, filled in
            enterPlanes(target)
            filled = count
        }
    }

    private func enterPlanes(_ target: UnsafeMutableBufferPointer<Float>) {
        guard let target = target.baseAddress else { return }
        for channel in 0..<channels {
            for position in 0..<positions {
                (target + channel * positions + position).initialize(to: values.base[position * channels + channel])
            }
        }
    }

    /// A map of its own with the same values.
    package func copy(in workspace: Workspace) -> FeatureMap {
        let result = FeatureMap(height: height, width: width, channels: channels, in: workspace)
        result.values.base.update(from: values.base, count: count)
        return result
    }

    /// Left and right exchanged.
    package func mirrored(in workspace: Workspace) -> FeatureMap {
        let result = FeatureMap(height: height, width: width, channels: channels, in: workspace)
        for row in 0..<height {
            for column in 0..<width {
                (result.values + (row * width + column) * channels).update(
                    from: values + (row * width + width - 1 - column) * channels, count: channels)
            }
        }
        return result
    }

    /// Calls `body` on several threads with ranges that tile the positions.
    package func forPositions(_ compute: Compute, _ body: (Range<Int>) -> Void) {
        compute.forRanges(positions, parts: count < 1 << 14 ? 1 : 4 * compute.pool.threads, body)
    }

    /// max(x, 0) of every value, as a map of its own.
    package func rectified(_ compute: Compute, in workspace: Workspace) -> FeatureMap {
        let result = FeatureMap(height: height, width: width, channels: channels, in: workspace)
        let (from, to, channels, kernels) = (values.base, result.values.base, channels, compute.featureKernels)
        forPositions(compute) { range in
            kernels.rectify(to + range.lowerBound * channels, from + range.lowerBound * channels, range.count * channels)
        }
        return result
    }

    /// In place: x · scale + shift + addend, then max(x, 0) where `rectify`; `scale` and `shift` have one value a channel.
    package func transform(
        scale: UnsafePointer<Float>? = nil, shift: UnsafePointer<Float>? = nil, adding addend: FeatureMap? = nil,
        rectify: Bool = false, compute: Compute
    ) {
        precondition(addend.map { $0.count == count } ?? true)
        let (base, added, channels, kernels) = (values.base, addend?.values.base, channels, compute.featureKernels)
        forPositions(compute) { range in
            let start = range.lowerBound * channels
            kernels.affine(base + start, range.count, channels, scale, shift, added.map { $0 + start }, rectify ? 1 : 0)
        }
    }

    /// The values of every square of `side` positions as a row, as a convolution's weight has them: `[squares, channels · side · side]`,
    /// squares row by row. Both sides of the map are multiples of `side`.
    package func squares(of side: Int, compute: Compute, in workspace: Workspace) -> Workspace.Buffer {
        precondition(height % side == 0 && width % side == 0)
        let result = workspace.take(count), columns = width / side, depth = channels * side * side
        let (source, target, width, channels) = (values.base, result.base, width, channels)
        compute.forRanges(height / side * columns) { range in
            for square in range {
                let corner = (square / columns * width + square % columns) * side, row = target + square * depth
                for y in 0..<side {
                    for x in 0..<side {
                        let from = source + (corner + y * width + x) * channels, to = row + y * side + x
                        for channel in 0..<channels { to[channel * side * side] = from[channel] }
                    }
                }
            }
        }
        return result
    }

    /// The mean of every channel.
    package func channelMeans(_ compute: Compute) -> [Float] {
        ChannelMoments(self, compute).sums.map { Float($0 / Double(max(positions, 1))) }
    }
}
