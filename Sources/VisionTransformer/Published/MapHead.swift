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

    /// What the gradients of the parameters need.
    struct Trace: Sendable {
        /// The readout's input, `[prefix + patches, D]`.
        let tokens: Workspace.Buffer
        /// For every tap the sum of the positions it meets, `[taps, D]`, over the number of outputs; how many they are; and
        /// what the reduction makes of it, `[taps, channels]`.
        let sums: Workspace.Buffer
        let counts: [Float]
        let reduced: Workspace.Buffer
    }

    /// Logits, the vector that the linear layer reads, and, where `tokens` are given, what the parameters' gradients need.
    func callAsFunction(
        _ map: FeatureMap, tokens: Workspace.Buffer? = nil, compute: Compute, in workspace: Workspace
    ) -> (logits: [Float], features: [Float], trace: Trace?) {
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
        let trace = tokens.map { tokens in
            for index in 0..<taps * width { sums.base[index] /= positions }
            let counts = (0..<taps).map { tap in
                Float(reached(tap / downsampling.kernel, of: map.height).count * reached(tap % downsampling.kernel, of: map.width).count)
            }
            return Trace(tokens: tokens, sums: sums, counts: counts.map { $0 / positions }, reduced: reduced)
        }
        return (logits, features, trace)
    }

    /// ∂ scalar / ∂ tokens for each of `count` scalars, `[count, tokens, D]`.
    ///
    /// - Parameters:
    ///   - kept: of the forward pass; with its map, gradients of parameters are added to `sums`.
    ///   - features: what the linear layer read.
    func backward(
        _ logits: Cotangents.Logits, count: Int, grid: VisionTransformer.Grid, prefix: Int, slope: Workspace.Buffer,
        _ kept: Trace?, features read: [Float], addingTo sums: ParameterSet?, compute: Compute, in workspace: Workspace
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

        if let kept, let sums {
            addGradient(logits, rows.base, tapped.base, kept, features: read, count: count, to: sums, compute, workspace)
        }
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
            if let kept, let sum = sums?.readout?.readout {
                // Their slopes are in them now.
                readout.addParameterGradient(out, tokens: kept.tokens.base, patches: grid.patches, prefix: prefix, compute: compute, to: sum)
            }
        }
        return gradient
    }

    /// Adds the gradients of the layers after the readout.
    ///
    /// - Parameters:
    ///   - rows: ∂ scalar / ∂ features, `[count, features]`.
    ///   - tapped: the same through each tap of the 3×3 convolution, `[count, taps, channels]`.
    private func addGradient(
        _ logits: Cotangents.Logits, _ rows: UnsafePointer<Float>, _ tapped: UnsafePointer<Float>, _ kept: Trace,
        features: [Float], count: Int, to sums: ParameterSet, _ compute: Compute, _ workspace: Workspace
    ) {
        guard let head = sums.head, let map = sums.readout, let resampling = map.resampling else { return }
        let (outputs, channels) = (downsampling.outputs, reduction.outputs), taps = kept.counts.count
        func add(_ value: Float, to index: Int) {
            for (place, feature) in features.enumerated() { head.weight.sum[index * outputs + place] += value * feature }
            if let bias = head.bias { bias.sum[index] += value }
        }
        let spread = workspace.take(outputs * taps * channels)
        spread.base.update(repeating: 0, count: outputs * taps * channels)
        for position in 0..<count {
            switch logits {
            case .none: continue
            case .classes(let classes): add(1, to: classes[position])
            case .values(let values):
                let classCount = values.shape[1]
                for index in 0..<classCount { add(values.base[position * classCount + index], to: index) }
            }
            let row = rows + position * outputs, tap = tapped + position * taps * channels
            compute.linearGradient(
                row, stride: outputs, kept.reduced.base, stride: taps * channels, rows: 1, into: spread.base, outputs: outputs,
                inputs: taps * channels)
            if let bias = resampling.bias { compute.kernels.add_multiple(bias.sum, row, 1, outputs) }
            compute.linearGradient(
                tap, stride: channels, kept.sums.base, stride: readout.weight.shape[0], rows: taps, into: map.reduction.weight.sum,
                outputs: channels, inputs: readout.weight.shape[0])
            guard let bias = map.reduction.bias else { continue }
            for (index, share) in kept.counts.enumerated() { compute.kernels.add_multiple(bias.sum, tap + index * channels, share, channels) }
        }
        // As PyTorch lays it out: taps innermost.
        for output in 0..<outputs {
            for channel in 0..<channels {
                for tap in 0..<taps {
                    resampling.weight.sum[(output * channels + channel) * taps + tap] += spread.base[(output * taps + tap) * channels + channel]
                }
            }
        }
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
        _ head: MapHead, _ stream: Workspace.Buffer, grid: Grid, keeps: Bool
    ) -> (logits: [Float], features: [Float], HeadTrace) {
        let (map, slope) = head.readout(
            stream.base, grid: grid, prefix: configuration.prefixTokens, compute: compute, in: workspace)
        let (logits, features, trace) = head(map, tokens: keeps ? stream : nil, compute: compute, in: workspace)
        return (
            logits, features,
            HeadTrace(normalized: nil, rstd: nil, pooledNormalized: nil, pooledRstd: nil, readoutSlope: slope, map: trace)
        )
    }
}
