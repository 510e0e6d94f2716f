import Checkpoints
import Tensors

extension ModelConfiguration {
    /// What stands in the way of the gradient of a picture; nil where nothing does.
    public var pixelObstacle: String? {
        stemStride > 1 ? "the gradient of a picture is not taken through a stem of convolutions" : nil
    }
}

// The end of the way back: from the tokens before the first block to the picture, by the patch embedding's transpose.
extension VisionTransformer {
    /// The gradients of K scalars by the pixels of a pass's picture, `[K, channels, height, width]`, as the model reads them:
    /// normalized.
    ///
    /// - Parameter trace: a pass of this model with its parameters as they are now.
    /// - Throws: `ModelError`, also where patches are not read off the pixels; `CancellationError`.
    public func pixelGradient(
        of trace: Trace, from cotangents: Cotangents, isCancelled: () -> Bool = { false }
    ) throws -> Tensor {
        if let obstacle = configuration.pixelObstacle { throw ModelError.input(obstacle) }
        let count = cotangents.count ?? 0, tokens = trace.tokens, width = sizes.width
        let grid = Grid(rows: trace.grid.height, columns: trace.grid.width)
        let gradient = workspace.take(count * tokens * width)
        try backward(
            trace, from: cotangents, wanting: BackwardWants(tokens: [BackwardWants.embedding]), isCancelled: isCancelled,
            visitTokens: { given in
                if let source = given.values.baseAddress {
                    (gradient + given.position * tokens * width).update(from: source, count: tokens * width)
                }
            })
        // What norms kept is made again: passes for maps do not keep it.
        let isNormed = parameters.normBefore != nil || parameters.patchNorm != nil
        let embedded = isNormed ? embed(trace.pixels, grid: grid) : nil
        let before = embedded.map { throughNormBefore(gradient, $0.stream, tokens: tokens, count: count) } ?? gradient
        let (patch, channels) = (configuration.patch, configuration.channels)
        let depth = parameters.patchEmbedding.weight.shape[1], size = grid.patches * depth
        let rows = workspace.take(size)
        return Tensor(shape: [count, channels, grid.rows * patch.height, grid.columns * patch.width]) { pixels in
            guard let target = pixels.baseAddress else { return }
            for scalar in 0..<count {
                let patches = before + (scalar * tokens + trace.prefixTokens) * width
                throughPatchNorm(patches, embedded?.patchNorm, rows: grid.patches)
                compute.linearBackward(
                    patches, stride: width, rows: grid.patches,
                    parameters.patchEmbedding.weight, into: rows.base, stride: depth)
                spread(rows.base, grid, to: target + scalar * size)
            }
        }
    }

    /// ∂ scalar / ∂ what the norm between embedding and blocks reads, `[count, N, D]`; the same where there is none.
    ///
    /// - Parameter embedded: what it reads, `[N, D]`.
    private func throughNormBefore(
        _ gradient: Workspace.Buffer, _ embedded: Workspace.Buffer, tokens: Int, count: Int
    ) -> Workspace.Buffer {
        guard let norm = parameters.normBefore else { return gradient }
        let width = sizes.width
        let (_, normalized, rstd) = normBefore(embedded, tokens: tokens)
        guard let normalized, let rstd else { return gradient }
        let behind = workspace.take(count * tokens * width)
        behind.base.update(repeating: 0, count: count * tokens * width)
        for scalar in 0..<count {
            norm.backwardLoop(of: compute.kernels)(
                gradient + scalar * tokens * width, tokens, width, norm.weight.base, normalized.base, rstd.base,
                behind + scalar * tokens * width)
        }
        return behind
    }

    /// Rows of patches, `[patches, channels · height · width]`, back to their places in a picture, `[channels, height, width]`.
    private func spread(_ rows: UnsafePointer<Float>, _ grid: Grid, to pixels: UnsafeMutablePointer<Float>) {
        let (patch, channels, offset) = (configuration.patch, configuration.channels, configuration.patchOffset)
        let rowStride = grid.columns * patch.width, planeStride = grid.rows * patch.height * rowStride
        // Pixels that no patch reads.
        if offset > 0 { pixels.initialize(repeating: 0, count: channels * planeStride) }
        var source = rows
        for index in 0..<grid.patches {
            let top = index / grid.columns * patch.height - offset, left = index % grid.columns * patch.width - offset
            let outside = min(max(0, -left), patch.width)
            for channel in 0..<channels {
                for y in 0..<patch.height {
                    if top + y >= 0 {
                        let row = pixels + channel * planeStride + (top + y) * rowStride
                        (row + left + outside).initialize(from: source + outside, count: patch.width - outside)
                    }
                    source += patch.width
                }
            }
        }
    }
}
