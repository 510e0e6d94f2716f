/// A two-dimensional convolution, with a norm and a rectifier after it where wanted.
///
/// As PyTorch's `Conv2d` without dilation and groups: y[o] = bias[o] + Σ weight[o, i, ky, kx] · x[i, stride·y + ky − top, …],
/// zeros outside. Neighborhoods are laid out as rows of a matrix, a piece of the output at a time so that they stay in
/// cache, and multiplied with the weights.
package struct Convolution: Sendable {
    /// What surrounds the input.
    package enum Padding: Sendable, Equatable {
        /// So many rows and columns of zeros on every side.
        case symmetric(Int)
        /// As TensorFlow's "SAME": just enough that the output has ⌈input / stride⌉ positions a side; the smaller half first.
        case same
    }

    package let outputs: Int
    package let inputs: Int
    package let kernel: Int
    package let stride: Int
    package let padding: Padding
    /// `[outputs, kernel · kernel · inputs]`, input channels innermost.
    package private(set) var weight: Tensor
    /// `[outputs]`
    package private(set) var bias: Tensor

    /// - Parameters:
    ///   - weight: `[outputs, inputs, kernel, kernel]`.
    ///   - bias: `[outputs]`; none is zero.
    package init(weight: Tensor, bias: Tensor? = nil, stride: Int = 1, padding: Padding = .symmetric(0)) {
        precondition(
            weight.shape.count == 4 && weight.shape[2] == weight.shape[3], "convolution weight of shape \(weight.shape)")
        (outputs, inputs, kernel) = (weight.shape[0], weight.shape[1], weight.shape[2])
        self.stride = stride
        self.padding = padding
        self.bias = bias ?? Tensor(shape: [weight.shape[0]])
        if kernel == 1 {
            self.weight = weight.reshaped([outputs, inputs])
        } else {
            let (outputs, inputs, area) = (outputs, inputs, kernel * kernel)
            self.weight = Tensor(shape: [outputs, area * inputs]) { Self.arrange(weight, outputs, inputs, area, into: $0) }
        }
    }

    /// Takes in a weight that was written to, `[outputs, inputs, kernel, kernel]`; a bias, and a weight of 1×1, are read where they lie.
    package mutating func takeIn(_ weight: Tensor) {
        guard kernel > 1 else { return }
        let (outputs, inputs, area) = (outputs, inputs, kernel * kernel)
        self.weight.withUnsafeMutableElements { Self.arrange(weight, outputs, inputs, area, into: $0) }
    }

    /// `[outputs, inputs, area]` as `[outputs, area, inputs]`.
    private static func arrange(
        _ weight: Tensor, _ outputs: Int, _ inputs: Int, _ area: Int, into target: UnsafeMutableBufferPointer<Float>
    ) {
        weight.withUnsafeElements { source in
            guard let from = source.baseAddress, let to = target.baseAddress else { return }
            for output in 0..<outputs {
                let (rows, columns) = (from + output * area * inputs, to + output * area * inputs)
                for place in 0..<area {
                    for input in 0..<inputs {
                        (columns + place * inputs + input).initialize(to: rows[input * area + place])
                    }
                }
            }
        }
    }

    /// This convolution with the norm after it folded in.
    package func followed(by norm: BatchNorm) -> Convolution {
        precondition(norm.scale.count == outputs)
        var folded = self
        let width = kernel * kernel * inputs
        folded.weight = Tensor(shape: weight.shape) { target in
            weight.withUnsafeElements { source in
                for output in 0..<outputs {
                    for index in output * width..<(output + 1) * width {
                        (target.baseAddress! + index).initialize(to: source[index] * norm.scale[output])
                    }
                }
            }
        }
        folded.bias = Tensor(shape: [outputs], zip(bias.values, norm.scale.indices).map { $0 * norm.scale[$1] + norm.shift[$1] })
        return folded
    }

    /// The number of outputs along a side of `length`, and the zeros before it.
    package static func extent(_ length: Int, kernel: Int, stride: Int, padding: Padding) -> (outputs: Int, before: Int) {
        switch padding {
        case .symmetric(let amount): return (max(0, (length + 2 * amount - kernel) / stride + 1), amount)
        case .same:
            let outputs = (length + stride - 1) / stride
            return (outputs, max(0, (outputs - 1) * stride + kernel - length) / 2)
        }
    }

    /// The convolution of `x`, plus `addend` (of the output's size), then max(y, 0) where `rectify`.
    package func callAsFunction(
        _ x: FeatureMap, adding addend: FeatureMap? = nil, rectify: Bool = false, compute: Compute, in workspace: Workspace
    ) -> FeatureMap {
        precondition(x.channels == inputs, "\(x.channels) channels into a convolution of \(inputs)")
        let (height, top) = Self.extent(x.height, kernel: kernel, stride: stride, padding: padding)
        let (width, left) = Self.extent(x.width, kernel: kernel, stride: stride, padding: padding)
        let y = FeatureMap(height: height, width: width, channels: outputs, in: workspace)
        precondition(addend.map { $0.count == y.count } ?? true)
        let depth = kernel * kernel * inputs
        let isPlain = kernel == 1 && stride == 1 && top == 0
        let (weights, shift, kernels, product) = (weight.base, bias.base, compute.featureKernels, compute.product)
        let (source, target, added) = (x.values.base, y.values.base, addend?.values.base)
        let outputs = outputs

        // Large maps go piece by piece, small ones are cut along their channels instead.
        let piece = max(64, min(1024, (1 << 18) / depth / 16 * 16))
        let rows = (y.positions + piece - 1) / piece
        let threads = compute.pool.threads
        let columns = rows >= 2 * threads || outputs < 64 ? 1 : min(threads, outputs / 32)
        let gathered: Workspace.Buffer? = columns > 1 && !isPlain ? workspace.take(y.positions * depth) : nil
        if let gathered {
            compute.forRanges(y.positions, parts: 4 * threads) {
                gather(source, x, $0, width: width, top: top, left: left, into: gathered + $0.lowerBound * depth)
            }
        }
        let matrix = isPlain ? source : gathered?.base
        compute.pool.forEach(rows * columns) { index in
            let (row, column) = (index / columns, index % columns)
            let range = row * y.positions / rows..<(row + 1) * y.positions / rows
            // Whole vectors of channels.
            let first = column * outputs / columns / 16 * 16
            let last = column + 1 == columns ? outputs : (column + 1) * outputs / columns / 16 * 16
            let out = target + range.lowerBound * outputs + first
            for position in range {
                let line = target + position * outputs
                (line + first).update(from: shift + first, count: last - first)
                if let added {
                    kernels.affine(line + first, 1, last - first, nil, nil, added + position * outputs + first, 0)
                }
            }
            func multiply(_ from: UnsafePointer<Float>) {
                product(
                    range.count, last - first, depth, .plain(from, stride: depth),
                    .transposed(weights + first * depth, stride: depth), beta: 1, into: out, stride: outputs)
            }
            if let matrix {
                multiply(matrix + range.lowerBound * depth)
            } else {
                let scratch = workspace.take(piece * depth)
                gather(source, x, range, width: width, top: top, left: left, into: scratch.base)
                multiply(scratch.base)
            }
            if rectify {
                for position in range {
                    let line = target + position * outputs + first
                    kernels.rectify(line, line, last - first)
                }
            }
        }
        return y
    }

    /// The neighborhoods of some output positions as rows: `[range.count, kernel · kernel · inputs]`.
    private func gather(
        _ source: UnsafePointer<Float>, _ x: FeatureMap, _ range: Range<Int>, width: Int, top: Int, left: Int,
        into target: UnsafeMutablePointer<Float>
    ) {
        let (span, line) = (kernel * inputs, x.width * inputs)
        var out = target
        var (row, column) = (range.lowerBound / width, range.lowerBound % width)
        for _ in range {
            let (y0, x0) = (row * stride - top, column * stride - left)
            // The part of the kernel's row that lies inside.
            let first = max(0, -x0), last = max(first, min(kernel, x.width - x0))
            for ky in 0..<kernel {
                let inside = (0..<x.height).contains(y0 + ky) && last > first
                if inside {
                    if first > 0 { out.update(repeating: 0, count: first * inputs) }
                    (out + first * inputs).update(
                        from: source + (y0 + ky) * line + (x0 + first) * inputs, count: (last - first) * inputs)
                    if last < kernel { (out + last * inputs).update(repeating: 0, count: (kernel - last) * inputs) }
                } else {
                    out.update(repeating: 0, count: span)
                }
                out += span
            }
            column += 1
            if column == width { (row, column) = (row + 1, 0) }
        }
    }
}

// Backwards: to its input, its weight and its bias.
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
        let (outputs, inputs, kernel, stride) = (outputs, inputs, kernel, stride)
        // Whole rows of outputs at a time, and the same ones for any number of threads: a product's size may show in its rounding.
        let piece = max(1, 64 / max(dy.width, 1)), span = dy.width * depth
        let bands = min(height, compute.pool.threads)
        compute.pool.forEach(bands) { band in
            let rows = band * height / bands..<(band + 1) * height / bands
            (target + rows.lowerBound * width * inputs).update(repeating: 0, count: rows.count * width * inputs)
            // The outputs whose neighborhoods reach these rows.
            let first = max(0, (rows.lowerBound + top - kernel + stride) / stride), last = min(dy.height - 1, (rows.upperBound - 1 + top) / stride)
            guard first <= last else { return }
            let lines = workspace.take(piece * span)
            for start in Swift.stride(from: first / piece * piece, through: last, by: piece) {
                let count = min(piece, dy.height - start)
                product(
                    count * dy.width, depth, outputs, .plain(source + start * dy.width * outputs, stride: outputs),
                    .plain(weights, stride: depth), into: lines.base, stride: depth)
                for y in max(start, first)..<min(start + count, last + 1) {
                    for ky in 0..<kernel {
                        let row = y * stride + ky - top
                        guard rows.contains(row) else { continue }
                        for x in 0..<dy.width {
                            let column = x * stride - left
                            let from = max(0, -column), to = min(kernel, width - column)
                            guard from < to else { continue }
                            kernels.add_multiple(
                                target + (row * width + column + from) * inputs,
                                lines + (y - start) * span + x * depth + (ky * kernel + from) * inputs, 1, (to - from) * inputs)
                        }
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
