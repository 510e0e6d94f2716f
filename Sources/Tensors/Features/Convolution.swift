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
        let (outputs, inputs, area) = (outputs, inputs, kernel * kernel)
        if area == 1 {
            self.weight = weight.reshaped([outputs, inputs])
        } else {
            self.weight = Tensor(shape: [outputs, area * inputs]) { target in
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
    func gather(
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
