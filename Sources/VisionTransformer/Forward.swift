import Checkpoints
import Tensors

extension VisionTransformer {
    /// Takes one picture through the model.
    ///
    /// - Parameters:
    ///   - pixels: `[channels, height, width]`, normalized as the configuration says; sides are multiples of the patch's.
    ///   - options: what is kept beside what the maps need, stochastic depth, and ablated heads.
    ///   - progress: called after each block with the number of blocks done.
    ///   - isCancelled: asked between blocks.
    /// - Throws: `ModelError`, or `CancellationError`.
    public func forward(
        _ pixels: Tensor, options: ForwardOptions = .maps, progress: (Int) -> Void = { _ in }, isCancelled: () -> Bool = { false }
    ) throws -> Trace {
        let start = try begin(pixels, keeps: options.keepsForParameters)
        return try trace(through(from: start, options, progress: progress, isCancelled: isCancelled), pixels, options)
    }

    /// The pass that left `trace` with other heads ablated, from the first block on where the two differ: what comes before is
    /// shared with the trace, as far as it kept it. Costs the blocks from there on; without a difference nothing.
    ///
    /// - Parameter trace: a pass of this model with its parameters as they are now.
    /// - Throws: `ModelError`, or `CancellationError`.
    public func forward(
        _ trace: Trace, ablating ablations: HeadAblations, progress: (Int) -> Void = { _ in }, isCancelled: () -> Bool = { false }
    ) throws -> Trace {
        guard let first = ablations.firstDifference(from: trace.ablations) else { return trace }
        let options = ForwardOptions(
            keepsForParameters: trace.embedding != nil, keepsAllTokens: trace.readout == nil, branchFactors: trace.branchFactors,
            taps: Set(trace.streams.keys), ablations: ablations)
        guard first < trace.depth, let start = middle(of: trace, before: first) else {
            return try forward(trace.pixels, options: options, progress: progress, isCancelled: isCancelled)
        }
        return try self.trace(
            through(from: start, options, progress: progress, isCancelled: isCancelled), trace.pixels, options)
    }

    /// The logits of a pass from which heads or patches are taken out; for all classes, and no map.
    ///
    /// - Throws: `ModelError`, also where the head cannot do without a patch; `CancellationError`.
    public func logits(
        of pixels: Tensor, under intervention: Intervention, isCancelled: () -> Bool = { false }
    ) throws -> [Float] {
        guard configuration.head != .none else { throw ModelError.noHead }
        var start = try begin(pixels, keeps: false)
        if let patches = intervention.patches { start = try keep(patches, of: start) }
        return try through(from: start, ForwardOptions(ablations: intervention.heads), isCancelled: isCancelled).logits
    }

    // MARK: Its parts

    /// The residual stream before a block, and what was kept up to there.
    private struct Start {
        let grid: Grid
        let tokens: Int
        let stream: Workspace.Buffer
        let embedding: EmbeddingTrace?
        var layer = 0
        var blocks: [BlockTrace] = []
        var streams: [Int: Workspace.Buffer] = [:]
    }

    /// What the blocks and the head gave.
    private struct Passed {
        let logits: [Float]
        let features: [Float]
        let grid: Grid
        let blocks: [BlockTrace]
        let readout: ReadoutTrace?
        let head: HeadTrace
        let embedding: EmbeddingTrace?
        let streams: [Int: Workspace.Buffer]
    }

    private func trace(_ passed: Passed, _ pixels: Tensor, _ options: ForwardOptions) -> Trace {
        Trace(
            logits: passed.logits, features: passed.features, pixels: pixels,
            grid: .init(height: passed.grid.rows, width: passed.grid.columns), prefixTokens: configuration.prefixTokens,
            blocks: passed.blocks, readout: passed.readout, head: passed.head, embedding: passed.embedding,
            branchFactors: options.branchFactors, ablations: options.ablations, streams: passed.streams)
    }

    /// Before the first block.
    private func begin(_ pixels: Tensor, keeps: Bool) throws -> Start {
        let grid = try grid(of: pixels)
        let tokens = configuration.prefixTokens + grid.patches
        let (embedded, patches, stages, stem) = embed(pixels, grid: grid, keeps: keeps)
        let (stream, normalized, rstd) = normBefore(embedded, tokens: tokens)
        let embedding = keeps
            ? EmbeddingTrace(patches: patches, normalized: normalized, rstd: rstd, stem: stem, stages: stages) : nil
        return Start(grid: grid, tokens: tokens, stream: stream, embedding: embedding)
    }

    /// Before a block of a pass that was made; nil where that is not to be had: before the first, and where neither the residual
    /// stream was kept nor what norm 1 kept of it will do.
    private func middle(of trace: Trace, before layer: Int) -> Start? {
        guard layer > 0 else { return nil }
        let (tokens, width) = (trace.tokens, sizes.width)
        let stream: Workspace.Buffer
        if let kept = trace.streams[layer - 1] {
            stream = snapshot(kept, tokens: tokens)
        } else {
            guard normsAll, !trace.streams.keys.contains(where: { $0 >= layer }) else { return nil }
            // A token less its mean: no norm sees the difference, and there is nothing but norms to read it.
            let normalized: Workspace.Buffer, rstd: Workspace.Buffer
            if let readout = trace.readout, layer == trace.blocks.count {
                (normalized, rstd) = (readout.normalized1, readout.rstd1)
            } else {
                (normalized, rstd) = (trace.blocks[layer].normalized1, trace.blocks[layer].rstd1)
            }
            stream = workspace.take(tokens * width)
            stream.base.update(repeating: 0, count: tokens * width)
            for token in 0..<tokens {
                compute.kernels.add_multiple(stream + token * width, normalized + token * width, 1 / rstd.base[token], width)
            }
        }
        return Start(
            grid: Grid(rows: trace.grid.height, columns: trace.grid.width), tokens: tokens, stream: stream,
            embedding: trace.embedding, layer: layer, blocks: Array(trace.blocks[..<layer]),
            streams: trace.streams.filter { $0.key < layer })
    }

    /// Whether whatever reads a token after the last block reads it through a norm.
    private var normsAll: Bool {
        configuration.head != .projectedMap
            && (parameters.norm != nil || parameters.pooledNorm != nil && configuration.head == .patchMean)
    }

    /// Without the other patches' tokens.
    private func keep(_ patches: Set<Int>, of start: Start) throws -> Start {
        let (count, prefix, width) = (start.grid.patches, configuration.prefixTokens, sizes.width)
        if let wrong = patches.first(where: { !(0..<count).contains($0) }) {
            throw ModelError.input("patch \(wrong) is out of range: the picture's patches are 0 to \(count - 1)")
        }
        guard patches.count < count else { return start }
        if configuration.head == .projectedMap {
            throw ModelError.input("the model's head reads a map of all patches: none can be left out")
        }
        let readsPatches = !configuration.hasClassToken || [.patchMean, .classTokenAndPatchMean].contains(configuration.head)
        guard !patches.isEmpty || !readsPatches else {
            throw ModelError.input("the model's head reads the mean of the patches: one at least must stay")
        }
        let tokens = prefix + patches.count
        let stream = workspace.take(tokens * width)
        stream.base.update(from: start.stream.base, count: prefix * width)
        for (place, patch) in patches.sorted().enumerated() {
            (stream + (prefix + place) * width).update(from: start.stream + (prefix + patch) * width, count: width)
        }
        return Start(grid: start.grid, tokens: tokens, stream: stream, embedding: nil)
    }

    /// The blocks from where `start` stands, and the head.
    private func through(
        from start: Start, _ options: ForwardOptions, progress: (Int) -> Void = { _ in }, isCancelled: () -> Bool
    ) throws -> Passed {
        try options.ablations.check(depth: configuration.depth, heads: sizes.heads)
        let (tokens, stream) = (start.tokens, start.stream)
        var blocks = start.blocks
        blocks.reserveCapacity(configuration.depth)
        var readout: ReadoutTrace?
        var pending: Addend?
        var streams = start.streams
        for (layer, parameters) in parameters.blocks.enumerated().dropFirst(start.layer) {
            if isCancelled() { throw CancellationError() }
            let factors = options.branchFactors.isEmpty ? .init() : options.branchFactors[layer]
            if layer == configuration.depth - 1, !options.keepsAllTokens, !options.taps.contains(layer),
                !options.ablations.hasMean(in: layer), let count = readoutTokens {
                readout = forwardReadout(
                    parameters, stream, adding: pending, tokens: tokens, readouts: count, keeps: options.keepsForParameters, factors,
                    ablated: options.ablations.heads(of: layer))
                pending = nil
            } else {
                let block = forwardBlock(
                    layer, stream, adding: pending, tokens: tokens, keeps: options.keepsForParameters, factors,
                    ablations: options.ablations)
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
        let (logits, features, head) = mapHead.map {
            forwardMapHead($0, stream, grid: start.grid, keeps: options.keepsForParameters)
        } ?? forwardHead(stream, tokens: tokens)
        try checkParameters()
        guard (logits + features).allSatisfy(\.isFinite) else { throw ModelError.notFinite }
        return Passed(
            logits: logits, features: features, grid: start.grid, blocks: blocks, readout: readout, head: head,
            embedding: start.embedding, streams: streams)
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
