// A convolution, backwards: to its input, its weight and its bias.
extension Convolution {
    /// ∂ scalar / ∂ input, for ∂ scalar / ∂ output.
    ///
    /// Every output's gradient is spread over its neighborhood by one matrix product, and neighborhoods are added up where
    /// they overlap, row by row of the input, so that threads never meet.
    ///
    /// - Parameters:
    ///   - dy: of the output's size.
    ///   - height, width: the input's.
    package func inputGradient(
        _ dy: FeatureMap, height: Int, width: Int, compute: Compute, in workspace: Workspace
    ) -> FeatureMap {
        precondition(dy.channels == outputs)
        let dx = FeatureMap(height: height, width: width, channels: inputs, in: workspace)
        let (_, top) = Self.extent(height, kernel: kernel, stride: stride, padding: padding)
        let (_, left) = Self.extent(width, kernel: kernel, stride: stride, padding: padding)
        let depth = kernel * kernel * inputs
        if kernel == 1, stride == 1, top == 0 {
            compute.linearBackward(
                dy.values.base, stride: outputs, rows: dy.positions, weight, into: dx.values.base, stride: inputs)
            return dx
        }
        let (source, target, weights, product, kernels) = (dy.values.base, dx.values.base, weight.base, compute.product, compute.kernels)
        let bands = min(height, max(1, (dy.positions * depth) >> 18, compute.pool.threads))
        compute.pool.forEach(bands) { band in
            let rows = band * height / bands..<(band + 1) * height / bands
            (target + rows.lowerBound * width * inputs).update(repeating: 0, count: rows.count * width * inputs)
            // The outputs whose neighborhoods reach these rows.
            let first = max(0, (rows.lowerBound + top - kernel + stride) / stride), last = min(dy.height - 1, (rows.upperBound - 1 + top) / stride)
            guard first <= last else { return }
            let line = workspace.take(dy.width * depth)
            for y in first...last {
                product(
                    dy.width, depth, outputs, .plain(source + y * dy.width * outputs, stride: outputs), .plain(weights, stride: depth),
                    into: line.base, stride: depth)
                for ky in 0..<kernel {
                    let row = y * stride + ky - top
                    guard rows.contains(row) else { continue }
                    for x in 0..<dy.width {
                        let column = x * stride - left
                        let from = max(0, -column), to = min(kernel, width - column)
                        guard from < to else { continue }
                        kernels.add_multiple(
                            target + (row * width + column + from) * inputs, line + x * depth + (ky * kernel + from) * inputs, 1,
                            (to - from) * inputs)
                    }
                }
            }
        }
        return dx
    }

    /// Adds ∂ scalar / ∂ weight and ∂ scalar / ∂ bias.
    ///
    /// - Parameters:
    ///   - dy: of the output's size.
    ///   - x: what went in.
    ///   - weightSum: `[outputs, inputs, kernel, kernel]`, as PyTorch lays it out.
    ///   - biasSum: `[outputs]`; nil where there is none.
    package func addGradient(
        _ dy: FeatureMap, of x: FeatureMap, toWeight weightSum: UnsafeMutablePointer<Float>, bias biasSum: UnsafeMutablePointer<Float>?,
        compute: Compute, in workspace: Workspace
    ) {
        precondition(dy.channels == outputs && x.channels == inputs)
        if let biasSum { compute.sumRows(dy.values.base, stride: outputs, rows: dy.positions, width: outputs, into: biasSum) }
        let (_, top) = Self.extent(x.height, kernel: kernel, stride: stride, padding: padding)
        let (_, left) = Self.extent(x.width, kernel: kernel, stride: stride, padding: padding)
        if kernel == 1, stride == 1, top == 0 {
            compute.linearGradient(
                dy.values.base, stride: outputs, x.values.base, stride: inputs, rows: dy.positions, into: weightSum,
                outputs: outputs, inputs: inputs)
            return
        }
        let depth = kernel * kernel * inputs, area = kernel * kernel
        let sum = workspace.take(outputs * depth)
        sum.base.update(repeating: 0, count: outputs * depth)
        // Pieces of the same size for any number of threads: where they are cut, sums are rounded.
        let piece = max(64, min(1024, (1 << 18) / depth / 16 * 16))
        let rows = workspace.take(min(piece, dy.positions) * depth)
        var start = 0
        while start < dy.positions {
            let range = start..<min(dy.positions, start + piece)
            let (from, into) = (x.values.base, rows.base)
            compute.forRanges(range.count, parts: 4 * compute.pool.threads) {
                gather(
                    from, x, range.lowerBound + $0.lowerBound..<range.lowerBound + $0.upperBound, width: dy.width, top: top, left: left,
                    into: into + $0.lowerBound * depth)
            }
            compute.linearGradient(
                dy.values.base + start * outputs, stride: outputs, rows.base, stride: depth, rows: range.count, into: sum.base,
                outputs: outputs, inputs: depth)
            start = range.upperBound
        }
        let (inputs, from) = (inputs, sum.base)
        compute.forRanges(outputs) { range in
            for output in range {
                let (line, out) = (from + output * depth, weightSum + output * depth)
                for place in 0..<area {
                    for input in 0..<inputs { out[input * area + place] += line[place * inputs + input] }
                }
            }
        }
    }
}
