import Checkpoints
import Tensors

// Merging of patches before the head (Qwen3-VL, DeepSeek): the patches of every square, one behind the other, go through a layer, GELU and
// a second layer, and the mean is taken. The second layer is linear, so it is given the mean of the hidden layers instead. Where squares at
// the edge lack patches, these are zeros.
//
// D is the tokens' width, s the square's side, M the squares, F the hidden width, E that of a merged token.
struct MergerTrace: Sendable {
    /// What the first layer reads, `[M, s²·D]`, and GELU's slope, `[M, F]`.
    let squares: Workspace.Buffer, slope: Workspace.Buffer
    /// The mean of the hidden layers, `[F]`.
    let mean: Workspace.Buffer
}

extension VisionTransformer {
    /// The mean of the merged tokens, `[E]`.
    ///
    /// - Parameter tokens: all tokens after the final norm, `[N, D]`.
    func forwardMerger(
        _ merger: ParameterSet.PatchMerger, _ tokens: Workspace.Buffer, _ extents: PassExtents,
        into result: UnsafeMutablePointer<Float>
    ) -> MergerTrace {
        let (hidden, inputs) = (merger.expand.weight.shape[0], merger.expand.weight.shape[1]), width = sizes.width
        let count = squares(of: extents.grid).patches
        let trace = MergerTrace(
            squares: workspace.take(count * inputs), slope: workspace.take(count * hidden), mean: workspace.take(hidden))
        let places = configuration.mergedSide * configuration.mergedSide
        if count * places > extents.grid.patches { trace.squares.base.update(repeating: 0, count: count * inputs) }
        forSquares(extents.grid) { square, place, patch in
            (trace.squares + square * inputs + place * width).update(from: tokens + (extents.prefix + patch) * width, count: width)
        }
        let activated = workspace.take(count * hidden), bias = merger.expand.bias ?? Tensor(shape: [hidden])
        compute.linear(trace.squares.base, stride: inputs, rows: count, merger.expand.weight, into: trace.slope.base, stride: hidden)
        let (slope, out, start, kernels) = (trace.slope.base, activated.base, bias.base, compute.kernels)
        compute.forRanges(count) { range in
            let first = range.lowerBound * hidden
            kernels.activate(slope + first, range.count, hidden, start, Activation.gelu.kernel, out + first)
        }
        trace.mean.base.update(repeating: 0, count: hidden)
        compute.sumRows(activated.base, stride: hidden, rows: count, width: hidden, into: trace.mean.base)
        for index in 0..<hidden { trace.mean.base[index] /= Float(count) }
        if let contract = merger.contract {
            apply(contract, trace.mean.base, into: result)
        } else {
            result.update(from: trace.mean.base, count: hidden)
        }
        return trace
    }

    /// ∂ scalar / ∂ the tokens after the final norm, `[N, D]`, from that by the mean of the merged tokens, `[E]`; prefix tokens' rows
    /// are left as they are.
    func backwardMerger(
        _ merger: ParameterSet.PatchMerger, _ kept: MergerTrace, _ gradient: UnsafePointer<Float>, _ trace: Trace,
        into dTokens: UnsafeMutablePointer<Float>, addingTo sums: ParameterSet.PatchMerger?
    ) {
        let (hidden, inputs) = (merger.expand.weight.shape[0], merger.expand.weight.shape[1]), width = sizes.width
        let grid = Grid(rows: trace.grid.height, columns: trace.grid.width), count = squares(of: grid).patches
        let dMean = workspace.take(hidden), dHidden = workspace.take(count * hidden), dSquares = workspace.take(count * inputs)
        if let contract = merger.contract {
            compute.linearBackward(gradient, stride: merger.width, rows: 1, contract.weight, into: dMean.base, stride: hidden)
            if let sum = sums?.contract {
                compute.addGradient(
                    gradient, stride: merger.width, kept.mean.base, stride: hidden, rows: 1, scalars: 1, to: sum)
            }
        } else {
            dMean.base.update(from: gradient, count: hidden)
        }
        for index in 0..<hidden { dMean.base[index] /= Float(count) }
        for square in 0..<count {
            let row = dHidden + square * hidden
            row.update(from: dMean.base, count: hidden)
            compute.kernels.multiply(row, kept.slope + square * hidden, hidden)
        }
        compute.linearBackward(dHidden.base, stride: hidden, rows: count, merger.expand.weight, into: dSquares.base, stride: inputs)
        if let sum = sums?.expand {
            compute.addGradient(
                dHidden.base, stride: hidden, kept.squares.base, stride: inputs, rows: count, scalars: 1, to: sum)
        }
        forSquares(grid) { square, place, patch in
            (dTokens + (trace.prefixTokens + patch) * width).update(from: dSquares + square * inputs + place * width, count: width)
        }
    }

    /// The grid of squares, those that lack patches among them.
    private func squares(of grid: Grid) -> Grid {
        let side = configuration.mergedSide
        return Grid(rows: (grid.rows + side - 1) / side, columns: (grid.columns + side - 1) / side)
    }

    /// Calls `body` with every square of patches, each place in it and the patch there, both row by row.
    private func forSquares(_ grid: Grid, _ body: (_ square: Int, _ place: Int, _ patch: Int) -> Void) {
        let side = configuration.mergedSide, across = squares(of: grid).columns
        for patch in 0..<grid.patches {
            let (row, column) = (patch / grid.columns, patch % grid.columns)
            body(row / side * across + column / side, row % side * side + column % side, patch)
        }
    }
}
