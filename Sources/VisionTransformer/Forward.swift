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
        let (trace, start) = try begin(pixels, options)
        try through(from: start, into: trace, options, progress: progress, isCancelled: isCancelled)
        return trace
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
        guard first < trace.depth, let stream = stream(of: trace, before: first) else {
            return try forward(trace.pixels, options: options, progress: progress, isCancelled: isCancelled)
        }
        let result = Trace(grid: trace.grid, prefixTokens: trace.prefixTokens)
        result.begin(trace.pixels, options)
        result.embedding = trace.embedding
        result.blocks = Array(trace.blocks[..<first])
        result.streams = trace.streams.filter { $0.key < first }
        let extents = extents(Grid(rows: trace.grid.height, columns: trace.grid.width))
        try through(
            from: Start(extents: extents, stream: stream, layer: first), into: result, options, progress: progress, isCancelled: isCancelled)
        return result
    }

    /// The pass that left `trace` as if the model ended after a block: the head reads what that block gives. It shares what the
    /// trace kept and costs no more than the head; after the last block it is the trace itself.
    ///
    /// - Parameter trace: a pass of this model; a complete one where no norm reads every token that the head does.
    /// - Throws: `ModelError`, also where tokens lack that only a complete trace has.
    public func ended(_ trace: Trace, after layer: Int) throws -> Trace {
        guard (0..<trace.depth).contains(layer) else { throw ModelError.layerOutOfRange(layer, depth: trace.depth) }
        guard layer < trace.depth - 1 else { return trace }
        guard let stream = trace.streams[layer] ?? centeredStream(of: trace, before: layer + 1) else {
            throw ModelError.input("the pass kept no tokens of block \(layer)")
        }
        let result = Trace(grid: trace.grid, prefixTokens: trace.prefixTokens)
        result.begin(trace.pixels, ForwardOptions(branchFactors: trace.branchFactors, ablations: trace.ablations))
        result.blocks = Array(trace.blocks[...layer])
        try finish(stream, extents(Grid(rows: trace.grid.height, columns: trace.grid.width)), into: result, keeps: false)
        return result
    }

    /// Whether ``ended(_:after:)`` has what it takes of every block.
    public func canEnd(_ trace: Trace) -> Bool { normsAll || trace.streams.count >= trace.depth - 1 }

    /// The logits of a pass from which heads or patches are taken out; for all classes, and no map.
    ///
    /// - Throws: `ModelError`, also where the head cannot do without a patch; `CancellationError`.
    public func logits(
        of pixels: Tensor, under intervention: Intervention, isCancelled: () -> Bool = { false }
    ) throws -> [Float] {
        guard configuration.head != .none else { throw ModelError.noHead }
        let options = ForwardOptions(ablations: intervention.heads)
        var (trace, start) = try begin(pixels, options)
        if let patches = intervention.patches { start = try keep(patches, of: start) }
        try through(from: start, into: trace, options, keepsBlocks: false, isCancelled: isCancelled)
        return trace.logits
    }

    // MARK: Its parts

    /// The residual stream before a block.
    struct Start {
        let extents: PassExtents
        let stream: Workspace.Buffer
        var layer = 0
    }

    /// A trace with what comes before the first block in it.
    func begin(_ pixels: Tensor, _ options: ForwardOptions) throws -> (trace: Trace, start: Start) {
        let grid = try grid(of: pixels)
        let extents = extents(grid), keeps = options.keepsForParameters
        let trace = (keeps ? activations?.trace(grid, taps: options.taps) : nil)
            ?? Trace(grid: .init(height: grid.rows, width: grid.columns), prefixTokens: extents.prefix)
        trace.begin(pixels, options)
        let (embedded, patches, stages, stem, patchNorm) = embed(pixels, grid: grid, keeps: keeps, patches: trace.views?.patches)
        let (stream, normalized, rstd) = normBefore(embedded, tokens: extents.tokens, trace.views)
        trace.embedding = keeps
            ? EmbeddingTrace(patches: patches, normalized: normalized, rstd: rstd, stem: stem, stages: stages, patchNorm: patchNorm) : nil
        return (trace, Start(extents: extents, stream: stream))
    }

    /// The residual stream before a block of a pass that was made; nil where that is not to be had: before the first, and where neither the residual
    /// stream was kept nor what norm 1 kept of it will do.
    private func stream(of trace: Trace, before layer: Int) -> Workspace.Buffer? {
        guard layer > 0 else { return nil }
        if let kept = trace.streams[layer - 1] { return snapshot(kept, tokens: trace.tokens) }
        return trace.streams.keys.contains { $0 >= layer } ? nil : centeredStream(of: trace, before: layer)
    }

    /// The residual stream before a block, every token less its mean where norms do not see the difference. Nil where not all is
    /// read through norms.
    private func centeredStream(of trace: Trace, before layer: Int) -> Workspace.Buffer? {
        guard normsAll else { return nil }
        let (tokens, width) = (trace.tokens, sizes.width)
        let normalized: Workspace.Buffer, rstd: Workspace.Buffer
        if let readout = trace.readout, layer == trace.blocks.count {
            (normalized, rstd) = (readout.normalized1, readout.rstd1)
        } else {
            (normalized, rstd) = (trace.blocks[layer].normalized1, trace.blocks[layer].rstd1)
        }
        let stream = workspace.take(tokens * width)
        stream.base.update(repeating: 0, count: tokens * width)
        for token in 0..<tokens {
            compute.kernels.add_multiple(stream + token * width, normalized + token * width, 1 / rstd.base[token], width)
        }
        return stream
    }

    /// Whether whatever reads a token after the last block reads it through a norm.
    private var normsAll: Bool {
        configuration.head != .projectedMap && !configuration.normsOutputs
            && (parameters.norm != nil || parameters.pooledNorm != nil && configuration.readsPatchMean)
    }

    /// - Throws: `ModelError` where one of the patches is none of the picture's.
    func check(_ patches: Set<Int>, of count: Int) throws(ModelError) {
        if let wrong = patches.first(where: { !(0..<count).contains($0) }) {
            throw .input("patch \(wrong) is out of range: the picture's patches are 0 to \(count - 1)")
        }
    }

    /// Without the other patches' tokens.
    func keep(_ patches: Set<Int>, of start: Start) throws -> Start {
        let (count, prefix, width) = (start.extents.grid.patches, configuration.prefixTokens, sizes.width)
        try check(patches, of: count)
        guard patches.count < count else { return start }
        if configuration.needsAllPatches {
            throw ModelError.input("the model's head reads a map of all patches: none can be left out")
        }
        guard !patches.isEmpty || !configuration.readsPatches else {
            throw ModelError.input("the model's head reads the mean of the patches: one at least must stay")
        }
        let tokens = prefix + patches.count
        let stream = workspace.take(tokens * width)
        stream.base.update(from: start.stream.base, count: prefix * width)
        for (place, patch) in patches.sorted().enumerated() {
            (stream + (prefix + place) * width).update(from: start.stream + (prefix + patch) * width, count: width)
        }
        var extents = start.extents
        extents.patches = patches.count
        extents.rotation = extents.rotation?.keeping(patches.sorted())
        return Start(extents: extents, stream: stream)
    }

    /// The blocks from where `start` stands, and the head. Writes over the start's stream.
    ///
    /// - Parameter keepsBlocks: not where the logits alone are wanted: every block then works in the memory of the one before.
    func through(
        from start: Start, into trace: Trace, _ options: ForwardOptions, keepsBlocks: Bool = true, progress: (Int) -> Void = { _ in },
        isCancelled: () -> Bool
    ) throws {
        try options.ablations.check(depth: configuration.depth, heads: sizes.heads)
        let (extents, stream, keeps) = (start.extents, start.stream, options.keepsForParameters), tokens = extents.tokens
        trace.blocks.reserveCapacity(configuration.depth)
        var pending: Addend?
        for (layer, parameters) in parameters.blocks.enumerated().dropFirst(start.layer) {
            if isCancelled() { throw CancellationError() }
            let factors = options.branchFactors.isEmpty ? .init() : options.branchFactors[layer]
            if layer == configuration.depth - 1, !options.keepsAllTokens, !options.taps.contains(layer),
                !options.ablations.hasMean(in: layer), let count = readoutTokens {
                let readout = trace.views?.readout ?? ReadoutTrace(extents, parameters, count: count, keeps: keeps, in: workspace)
                forwardReadout(
                    parameters, stream, adding: pending, tokens: tokens, into: readout, rotation: extents.rotation, factors,
                    ablated: options.ablations.heads(of: layer))
                trace.readout = readout
                pending = nil
            } else {
                let block = trace.views.flatMap { layer < $0.blocks.count ? $0.blocks[layer] : nil }
                    ?? BlockTrace(extents, parameters, keeps: keeps, in: workspace)
                pending = forwardBlock(
                    layer, stream, adding: pending, tokens: tokens, into: block, rotation: extents.rotation, factors,
                    ablations: options.ablations)
                if keepsBlocks { trace.blocks.append(block) }
            }
            if options.taps.contains(layer) {
                if let block = pending { add(block, to: stream.base, rows: tokens) }
                pending = nil
                trace.streams[layer] = snapshot(stream, tokens: tokens, into: trace.views?.streams[layer])
            }
            progress(layer + 1)
        }
        if let pending { add(pending, to: stream.base, rows: tokens) }
        try finish(stream, extents, into: trace, keeps: keeps)
    }

    /// The head, from the residual stream after the last block.
    private func finish(_ stream: Workspace.Buffer, _ extents: PassExtents, into trace: Trace, keeps: Bool) throws {
        if let mapHead {
            (trace.logits, trace.features, trace.head) = forwardMapHead(mapHead, stream, grid: extents.grid, keeps: keeps)
        } else {
            forwardHead(stream, extents, trace)
        }
        try checkParameters()
        guard trace.logits.allSatisfy(\.isFinite), trace.features.allSatisfy(\.isFinite), trace.backgroundLogits.allSatisfy(\.isFinite)
        else { throw ModelError.notFinite }
    }

    /// How many leading tokens the last block is computed for; nil for all of them.
    var readoutTokens: Int? {
        // The norms of queries and keys stand in the way of leaving keys out, those behind the layers of reading a norm's output, and there
        // no query is turned; blocks whose layers stand side by side, or whose attention is a difference, are computed whole, too.
        guard savings.contains(.readoutTokens), !configuration.hasQueryKeyNorm, !configuration.normsOutputs,
            configuration.rotary?.turnsClassToken != true, configuration.attentions == 1, !configuration.isParallel,
            !configuration.isDifferential
        else { return nil }
        return switch configuration.head {
        case _ where configuration.poolsPatches: nil
        case .classToken, .zeroShot, .none: configuration.classTokens
        case .classAndDistillation: 2
        case .patchMean, .classTokenAndPatchMean, .projectedMap, .attentionPool: nil
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
        let step = configuration.inputStep, side = configuration.mergedSide
        guard side == 1 || configuration.fillsSquares || height % step.height == 0 && width % step.width == 0 else {
            throw ModelError.input(
                "an input of \(width)×\(height) pixels is not made of whole squares of \(side)×\(side) patches, "
                    + "which the model's head merges")
        }
        let grid = Grid(rows: height / patch.height, columns: width / patch.width), places = configuration.positionTables
        guard places == 0 || max(grid.rows, grid.columns) <= places else {
            throw ModelError.input(
                "an input of \(width)×\(height) pixels has more patches a side than the model has positions (\(places))")
        }
        return grid
    }
}
