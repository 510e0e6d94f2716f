import Checkpoints
import Tensors

// Patch embedding, prefix tokens, position embedding, and the norm that may follow them.
extension VisionTransformer {
    /// Patch embedding, prefix tokens and position embedding: the residual stream before the first block, `[N, D]`.
    ///
    /// - Parameter patches: where what the patch embedding reads is kept; nil for the workspace.
    /// - Returns: also what the patch embedding reads, a row a patch, a stem's maps, what the way back through it needs where
    ///   `keeps`, and what the norm of patches kept.
    func embed(
        _ pixels: Tensor, grid: Grid, keeps: Bool = false, patches view: Workspace.Buffer? = nil
    ) -> (stream: Workspace.Buffer, patches: Workspace.Buffer, stages: [FeatureMap], stem: HybridStem.Trace?, patchNorm: NormTrace?) {
        let width = sizes.width
        let kernels = compute.kernels
        let prefix = configuration.prefixTokens
        let stream = workspace.take((prefix + grid.patches) * width)
        let positions = positions(for: grid)
        let covered = coveredTokens(positions, patches: grid.patches), isPlaced = positions.count > 0
        // Addresses are taken outside the loops: reference counts shared by threads cost more than the loops do.
        let (bias, embedding) = ((parameters.patchEmbedding.bias ?? zeros).base, positions.base)
        let streamBase = stream.base, isNormed = parameters.patchNorm != nil
        compute.forRanges(grid.patches) { range in
            for index in range {
                // The product is added onto position and bias.
                let token = streamBase + (prefix + index) * width
                if isPlaced, !isNormed {
                    token.update(from: embedding + (covered + index) * width, count: width)
                    kernels.add_multiple(token, bias, 1, width)
                } else {
                    token.update(from: bias, count: width)
                }
            }
        }
        let patches: Workspace.Buffer
        var stages: [FeatureMap] = [], stemTrace: HybridStem.Trace?
        if let stem {
            (stages, stemTrace) = stem(pixels, keeps: keeps, compute: compute, in: workspace)
            guard let last = stages.last else { preconditionFailure("a stem without stages") }
            // Patches of several positions are rows of theirs.
            let side = last.height / grid.rows
            patches = side == 1 ? last.values : last.squares(of: side, compute: compute, in: workspace)
        } else {
            patches = patchColumns(pixels, grid: grid, into: view)
        }
        let depth = parameters.patchEmbedding.weight.shape[1]
        compute.linear(
            patches.base, stride: depth, rows: grid.patches, parameters.patchEmbedding.weight, beta: 1,
            into: stream + prefix * width, stride: width)
        let patchNorm = parameters.patchNorm.map { norm in
            normPatches(norm, stream + prefix * width, rows: grid.patches, adding: isPlaced ? embedding + covered * width : nil)
        }
        for token in 0..<prefix {
            (stream + token * width).update(from: parameters.prefix.base + token * width, count: width)
            if token < covered { compute.kernels.add_multiple(stream + token * width, positions.base + token * width, 1, width) }
        }
        return (stream, patches, stages, stemTrace, patchNorm)
    }

    /// The norm of what the patch embedding gave, in place, to which positions are added then; all `[rows, D]`.
    private func normPatches(
        _ norm: ParameterSet.Norm, _ patches: UnsafeMutablePointer<Float>, rows: Int, adding positions: UnsafePointer<Float>?
    ) -> NormTrace {
        let width = sizes.width, normed = workspace.take(rows * width)
        let kept = NormTrace(normalized: workspace.take(rows * width), rstd: workspace.take(rows))
        self.norm(norm, patches, rows: rows, kept.normalized, kept.rstd, into: normed.base)
        patches.update(from: normed.base, count: rows * width)
        if let positions { compute.kernels.add_multiple(patches, positions, 1, rows * width) }
        return kept
    }

    /// From ∂ scalar / ∂ the patches after their norm to that by what the patch embedding gave, `[rows, D]`, in place; nothing
    /// without one.
    func throughPatchNorm(_ gradient: UnsafeMutablePointer<Float>, _ kept: NormTrace?, rows: Int) {
        guard let norm = parameters.patchNorm, let kept else { return }
        let width = sizes.width, upstream = workspace.take(width)
        for row in 0..<rows {
            let out = gradient + row * width
            upstream.base.update(from: out, count: width)
            out.update(repeating: 0, count: width)
            norm.backwardLoop(of: compute.kernels)(
                upstream.base, 1, width, norm.weight.base, kept.normalized + row * width, kept.rstd + row, out)
        }
    }

    /// Every patch's pixels as a row, `[patches, channels · height · width]`.
    private func patchColumns(_ pixels: Tensor, grid: Grid, into view: Workspace.Buffer?) -> Workspace.Buffer {
        let (patch, channels, offset) = (configuration.patch, configuration.channels, configuration.patchOffset)
        let depth = channels * patch.height * patch.width
        let columns = view ?? workspace.take(grid.patches * depth)
        let columnBase = columns.base
        pixels.withUnsafeElements { pixels in
            guard let source = pixels.baseAddress else { return }
            let (rowStride, planeStride) = (grid.columns * patch.width, grid.rows * patch.height * grid.columns * patch.width)
            compute.forRanges(grid.patches) { range in
                for index in range {
                    let top = index / grid.columns * patch.height - offset, left = index % grid.columns * patch.width - offset
                    let outside = min(max(0, -left), patch.width)
                    var target = columnBase + index * depth
                    for channel in 0..<channels {
                        for y in 0..<patch.height {
                            let missing = top + y < 0 ? patch.width : outside
                            if missing > 0 { target.update(repeating: 0, count: missing) }
                            if missing < patch.width {
                                let row = source + channel * planeStride + (top + y) * rowStride
                                (target + missing).update(from: row + left + missing, count: patch.width - missing)
                            }
                            target += patch.width
                        }
                    }
                }
            }
        }
        return columns
    }

    /// The norm between embedding and blocks, where there is one, and what its way back needs.
    func normBefore(
        _ stream: Workspace.Buffer, tokens: Int, _ views: PictureViews? = nil
    ) -> (stream: Workspace.Buffer, normalized: Workspace.Buffer?, rstd: Workspace.Buffer?) {
        guard let before = parameters.normBefore else { return (stream, nil, nil) }
        let normed = workspace.take(tokens * sizes.width)
        let normalized = views?.normalized ?? workspace.take(tokens * sizes.width), rstd = views?.rstd ?? workspace.take(tokens)
        norm(before, stream.base, rows: tokens, normalized, rstd, into: normed.base)
        return (normed, normalized, rstd)
    }

    /// Adds the gradients of all that stands before the first block.
    ///
    /// - Parameters:
    ///   - gradient: ∂ scalar / ∂ the first block's input, `[count, N, D]`.
    ///   - stages: ∂ scalar / ∂ the maps after a stem's stages, where they are read elsewhere; for one scalar.
    func throughEmbedding(
        _ gradient: Workspace.Buffer, _ trace: Trace, count: Int, stages: [Int: FeatureMap], _ sums: ParameterSet
    ) {
        guard let kept = trace.embedding else { return }
        let width = sizes.width, tokens = trace.tokens, prefix = trace.prefixTokens
        var gradient = gradient
        if let before = parameters.normBefore, let sum = sums.normBefore, let normalized = kept.normalized, let rstd = kept.rstd {
            compute.addGradient(gradient.base, normalized.base, rows: tokens, scalars: count, width: width, to: sum)
            let behind = workspace.take(count * tokens * width)
            behind.base.update(repeating: 0, count: count * tokens * width)
            let (source, target, weight) = (gradient.base, behind.base, before.weight.base)
            let through = before.backwardLoop(of: compute.kernels)
            let (normalizedBase, rstdBase) = (normalized.base, rstd.base)
            for scalar in 0..<count {
                compute.forRanges(tokens) { range in
                    let offset = range.lowerBound * width
                    through(
                        source + scalar * tokens * width + offset, range.count, width, weight, normalizedBase + offset,
                        rstdBase + range.lowerBound, target + scalar * tokens * width + offset)
                }
            }
            gradient = behind
        }
        let grid = Grid(rows: trace.grid.height, columns: trace.grid.width)
        let covered = coveredTokens(parameters.positions, patches: configuration.grid.height * configuration.grid.width)
        for scalar in 0..<count {
            let first = gradient + scalar * tokens * width
            let patches = first + prefix * width
            compute.sumRows(first, stride: width, rows: 1, width: prefix * width, into: sums.prefix.sum)
            if parameters.hasPositions {
                compute.sumRows(first, stride: width, rows: 1, width: min(covered, prefix) * width, into: sums.positions.sum)
                addPositionGradient(patches, grid, to: sums.positions.sum + covered * width)
            }
            if let sum = sums.patchNorm, let kept = kept.patchNorm {
                compute.addGradient(patches, kept.normalized.base, rows: grid.patches, scalars: 1, width: width, to: sum)
                throughPatchNorm(patches, kept, rows: grid.patches)
            }
            let depth = parameters.patchEmbedding.weight.shape[1]
            compute.addGradient(
                patches, stride: width, kept.patches.base, stride: depth, rows: grid.patches, scalars: 1,
                to: sums.patchEmbedding)
            guard let stem, let trace = kept.stem, let sum = sums.stem else { continue }
            let map = FeatureMap(height: grid.rows, width: grid.columns, channels: depth, in: workspace)
            compute.linearBackward(
                patches, stride: width, rows: grid.patches, parameters.patchEmbedding.weight, into: map.values.base, stride: depth)
            stem.backward(map, trace, adding: stages, to: sum, compute: compute, in: workspace)
        }
    }
}
