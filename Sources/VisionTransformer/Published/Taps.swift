import Tensors

/// Intermediate results that a decoder reads, kept from a pass that keeps nothing else.
final class Taps {
    /// The blocks whose outputs are wanted.
    let blocks: Set<Int>
    /// The residual stream after each of them, `[N, D]`.
    var streams: [Int: Workspace.Buffer] = [:]
    /// The maps after every stage of a hybrid stem.
    var stages: [FeatureMap] = []

    init(blocks: Set<Int>) { self.blocks = blocks }
}

extension VisionTransformer {
    /// Takes one picture through the blocks, keeping only what `taps` wants.
    func tap(_ taps: Taps, _ pixels: Tensor, isCancelled: () -> Bool) throws {
        let grid = try grid(of: pixels)
        let tokens = configuration.prefixTokens + grid.patches
        let (stream, _, stages, _, _) = embed(pixels, grid: grid)
        taps.stages = stages
        for layer in parameters.blocks.indices {
            if isCancelled() { throw CancellationError() }
            let block = BlockTrace(extents(grid), parameters.blocks[layer], keeps: false, in: workspace)
            add(forwardBlock(layer, stream, adding: nil, tokens: tokens, into: block), to: stream.base, rows: tokens)
            if taps.blocks.contains(layer) { taps.streams[layer] = snapshot(stream, tokens: tokens) }
        }
    }

    /// The residual stream as it is now, `[tokens, D]`.
    func snapshot(_ stream: Workspace.Buffer, tokens: Int, into view: Workspace.Buffer? = nil) -> Workspace.Buffer {
        let copy = view ?? workspace.take(tokens * sizes.width)
        copy.base.update(from: stream.base, count: tokens * sizes.width)
        return copy
    }
}
