import Checkpoints
import Tensors

extension VisionTransformer {
    /// Takes one picture through the model.
    ///
    /// - Parameters:
    ///   - pixels: `[channels, height, width]`, normalized as the configuration says; sides are multiples of the patch's.
    ///   - options: what is kept beside what the maps need, and stochastic depth.
    ///   - progress: called after each block with the number of blocks done.
    ///   - isCancelled: asked between blocks.
    /// - Throws: `ModelError`, or `CancellationError`.
    public func forward(
        _ pixels: Tensor, options: ForwardOptions = .maps, progress: (Int) -> Void = { _ in }, isCancelled: () -> Bool = { false }
    ) throws -> Trace {
        let grid = try grid(of: pixels)
        let tokens = configuration.prefixTokens + grid.patches
        let (embedded, patches, stages, stem) = embed(pixels, grid: grid, keeps: options.keepsForParameters)
        let (stream, normalized, rstd) = normBefore(embedded, tokens: tokens)
        let embedding = options.keepsForParameters
            ? EmbeddingTrace(patches: patches, normalized: normalized, rstd: rstd, stem: stem, stages: stages) : nil
        var blocks: [BlockTrace] = []
        blocks.reserveCapacity(configuration.depth)
        var readout: ReadoutTrace?
        var pending: Addend?
        var streams: [Int: Workspace.Buffer] = [:]
        for (layer, parameters) in parameters.blocks.enumerated() {
            if isCancelled() { throw CancellationError() }
            let factors = options.branchFactors.isEmpty ? .init() : options.branchFactors[layer]
            if layer == configuration.depth - 1, !options.keepsAllTokens, !options.taps.contains(layer), let count = readoutTokens {
                readout = forwardReadout(
                    parameters, stream, adding: pending, tokens: tokens, readouts: count, keeps: options.keepsForParameters, factors)
                pending = nil
            } else {
                let block = forwardBlock(
                    layer, stream, adding: pending, tokens: tokens, keeps: options.keepsForParameters, factors)
                blocks.append(block.trace)
                pending = block.output
            }
            if options.taps.contains(layer) {
                if let block = pending { add(block, to: stream.base, rows: tokens) }
                pending = nil
                streams[layer] = snapshot(stream, tokens: tokens)
            }
            progress(layer + 1)
        }
        if let pending { add(pending, to: stream.base, rows: tokens) }
        let (logits, features, head) = mapHead.map { forwardMapHead($0, stream, grid: grid, keeps: options.keepsForParameters) } ?? forwardHead(stream, tokens: tokens)
        try checkParameters()
        guard (logits + features).allSatisfy(\.isFinite) else { throw ModelError.notFinite }
        return Trace(
            logits: logits, features: features, pixels: pixels,
            grid: .init(height: grid.rows, width: grid.columns), prefixTokens: configuration.prefixTokens,
            blocks: blocks, readout: readout, head: head, embedding: embedding, branchFactors: options.branchFactors, streams: streams)
    }

    /// How many leading tokens the last block is computed for; nil for all of them.
    private var readoutTokens: Int? {
        // The norms of queries and keys stand in the way of leaving keys out.
        guard savings.contains(.readoutTokens), !configuration.hasQueryKeyNorm else { return nil }
        return switch configuration.head {
        case .classToken, .zeroShot: 1
        case .none: configuration.hasClassToken ? 1 : nil
        case .classAndDistillation: 2
        case .patchMean, .classTokenAndPatchMean, .projectedMap: nil
        }
    }

    func grid(of pixels: Tensor) throws -> Grid {
        let patch = configuration.patch
        guard pixels.shape.count == 3, pixels.shape[0] == configuration.channels else {
            throw ModelError.input("the model takes \(configuration.channels) channels, not a tensor of shape \(pixels.shape)")
        }
        let (height, width) = (pixels.shape[1], pixels.shape[2])
        guard height > 0, width > 0, height % patch.height == 0, width % patch.width == 0 else {
            throw ModelError.input(
                "an input of \(width)×\(height) pixels is not made of whole \(patch.width)×\(patch.height) patches")
        }
        return Grid(rows: height / patch.height, columns: width / patch.width)
    }
}
