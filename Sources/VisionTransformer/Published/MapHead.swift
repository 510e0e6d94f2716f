import Checkpoints
import Tensors

/// The published model's class head: readout, 1×1 convolution, 3×3 convolution of stride 2, mean over the map, linear layer.
///
/// All but the readout is linear, and the mean comes after it, so the convolutions need not be carried out: the mean of
/// the 3×3 convolution is its nine taps applied to nine sums over the readout map. Going back likewise, every position's
/// gradient is the sum of those of nine vectors whose taps reach it.
struct MapHead: Sendable {
    let readout: ProjectReadout
    private let reduction: Convolution
    private let downsampling: Convolution
    private let classifier: ParameterSet.Linear
    /// Padding of the 3×3 convolution.
    private static let padding = 1

    /// nil where the level has no convolution after its reduction.
    init?(_ map: ParameterSet.Reassembly, classifier: ParameterSet.Linear) {
        guard let resampling = map.resampling else { return nil }
        readout = ProjectReadout(map.readout)
        reduction = Convolution(weight: map.reduction.weight, bias: map.reduction.bias)
        downsampling = Convolution(
            weight: resampling.weight, bias: resampling.bias, stride: 2, padding: .symmetric(Self.padding))
        self.classifier = classifier
    }

    /// The whole level as a map, half the grid's size: what the decoder reads.
    func map(_ readout: FeatureMap, compute: Compute, in workspace: Workspace) -> FeatureMap {
        downsampling(reduction(readout, compute: compute, in: workspace), compute: compute, in: workspace)
    }

    /// Logits, and the vector that the linear layer reads.
    func callAsFunction(
        _ map: FeatureMap, compute: Compute, in workspace: Workspace
    ) -> (logits: [Float], features: [Float]) {
        let (width, channels, taps) = (map.channels, reduction.outputs, downsampling.kernel * downsampling.kernel)
        let positions = Float(outputs(map.height) * outputs(map.width))
        // For every tap the sum of the positions it meets, then their reduction, bias included as often as they are.
        let sums = workspace.take(taps * width), reduced = workspace.take(taps * channels)
        let (source, kernels) = (map.values.base, compute.kernels)
        let (sumBase, bias, reducedBase) = (sums.base, reduction.bias.base, reduced.base)
        compute.pool.forEach(taps) { tap in
            let sum = sumBase + tap * width
            sum.update(repeating: 0, count: width)
            var count: Float = 0
            for y in reached(tap / downsampling.kernel, of: map.height) {
                for x in reached(tap % downsampling.kernel, of: map.width) {
                    kernels.add_multiple(sum, source + (y * map.width + x) * width, 1, width)
                    count += 1
                }
            }
            let line = reducedBase + tap * channels
            line.update(repeating: 0, count: channels)
            kernels.add_multiple(line, bias, count, channels)
        }
        compute.linear(
            sums.base, stride: width, rows: taps, reduction.weight, beta: 1, into: reduced.base, stride: channels)
        for index in 0..<taps * channels { reduced.base[index] /= positions }

        var features = downsampling.bias.values
        features.withUnsafeMutableBufferPointer {
            compute.linear(
                reduced.base, stride: taps * channels, rows: 1, downsampling.weight, beta: 1, into: $0.baseAddress!,
                stride: $0.count)
        }
        var logits = classifier.bias?.values ?? [Float](repeating: 0, count: classifier.weight.shape[0])
        logits.withUnsafeMutableBufferPointer { logits in
            features.withUnsafeBufferPointer {
                compute.linear(
                    $0.baseAddress!, stride: $0.count, rows: 1, classifier.weight, beta: 1, into: logits.baseAddress!,
                    stride: logits.count)
            }
        }
        return (logits, features)
    }

    /// ∂ scalar / ∂ tokens for each of `count` scalars, `[count, tokens, D]`.
    func backward(
        _ logits: Cotangents.Logits, count: Int, grid: VisionTransformer.Grid, prefix: Int, slope: Workspace.Buffer, compute: Compute,
        in workspace: Workspace
    ) -> Workspace.Buffer {
        let (width, channels, taps) = (readout.weight.shape[0], reduction.outputs, downsampling.kernel * downsampling.kernel)
        let features = downsampling.outputs
        // What the classifier gives back through each tap of the 3×3, then through the 1×1: `[count, taps, D]`.
        let rows = workspace.take(count * features)
        switch logits {
        case .none: rows.base.update(repeating: 0, count: count * features)
        case .classes(let classes):
            for (position, index) in classes.enumerated() {
                (rows + position * features).update(from: classifier.weight.base + index * features, count: features)
            }
        case .values(let values):
            compute.linearBackward(
                values.base, stride: values.shape[1], rows: count, classifier.weight, into: rows.base, stride: features)
        }
        let tapped = workspace.take(count * taps * channels), reached = workspace.take(count * taps * width)
        compute.linearBackward(
            rows.base, stride: features, rows: count, downsampling.weight, into: tapped.base, stride: taps * channels)
        compute.linearBackward(
            tapped.base, stride: channels, rows: count * taps, reduction.weight, into: reached.base, stride: width)

        let tokens = prefix + grid.patches
        let gradient = workspace.take(count * tokens * width)
        gradient.base.update(repeating: 0, count: count * tokens * width)
        let share = 1 / Float(outputs(grid.rows) * outputs(grid.columns))
        let kernels = compute.kernels
        let dMap = workspace.take(grid.patches * width)
        for position in 0..<count {
            let (out, vectors) = (dMap.base, reached + position * taps * width)
            compute.forRanges(grid.rows) { range in
                for y in range {
                    let down = meets(y, of: grid.rows)
                    for x in 0..<grid.columns {
                        let line = out + (y * grid.columns + x) * width
                        line.update(repeating: 0, count: width)
                        for ky in down {
                            for kx in meets(x, of: grid.columns) {
                                kernels.add_multiple(line, vectors + (ky * downsampling.kernel + kx) * width, share, width)
                            }
                        }
                    }
                }
            }
            readout.addGradient(
                out, slope: slope, patches: grid.patches, prefix: prefix, compute: compute,
                to: gradient + position * tokens * width, in: workspace)
        }
        return gradient
    }

    /// Outputs of the 3×3 convolution along a side.
    private func outputs(_ length: Int) -> Int {
        Convolution.extent(
            length, kernel: downsampling.kernel, stride: downsampling.stride, padding: downsampling.padding).outputs
    }

    /// The positions along a side that tap `tap` meets as the kernel moves over it.
    private func reached(_ tap: Int, of length: Int) -> [Int] {
        (0..<outputs(length)).map { $0 * downsampling.stride + tap - Self.padding }.filter { (0..<length).contains($0) }
    }

    /// The taps along a side that meet `position`.
    private func meets(_ position: Int, of length: Int) -> [Int] {
        (0..<downsampling.kernel).filter { tap in
            let offset = position + Self.padding - tap
            return offset >= 0 && offset % downsampling.stride == 0 && offset / downsampling.stride < outputs(length)
        }
    }
}

extension VisionTransformer {
    /// Logits and features from the residual stream after the last block, where the head reads a map of it.
    func forwardMapHead(
        _ head: MapHead, _ stream: Workspace.Buffer, grid: Grid
    ) -> (logits: [Float], features: [Float], HeadTrace) {
        let (map, slope) = head.readout(
            stream.base, grid: grid, prefix: configuration.prefixTokens, compute: compute, in: workspace)
        let (logits, features) = head(map, compute: compute, in: workspace)
        return (
            logits, features,
            HeadTrace(normalized: nil, rstd: nil, pooledNormalized: nil, pooledRstd: nil, readoutSlope: slope)
        )
    }
}
