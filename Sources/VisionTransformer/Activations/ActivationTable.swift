import Checkpoints
import Tensors

// The one table of what a picture's passes keep for the way back: every view by name and shape.
//
// N tokens, P patches, D width, A that of all heads, H heads, F hidden width, R tokens that a head reads.

/// What hands out the views: a workspace for passes that come and go, an arena's plan for those of a training run.
protocol ActivationMemory {
    /// A view of the given shape, outermost dimension first, with undefined contents.
    func view(_ name: StaticString, _ rows: Int, _ columns: Int?, _ depth: Int?) -> Workspace.Buffer
}

extension ActivationMemory {
    func view(_ name: StaticString, _ rows: Int) -> Workspace.Buffer { view(name, rows, nil, nil) }
    func view(_ name: StaticString, _ rows: Int, _ columns: Int) -> Workspace.Buffer { view(name, rows, columns, nil) }

    fileprivate func map(_ name: StaticString, _ height: Int, _ width: Int, _ channels: Int) -> FeatureMap {
        FeatureMap(height: height, width: width, channels: channels, values: view(name, height, width, channels))
    }
}

extension Workspace: ActivationMemory {
    package func view(_ name: StaticString, _ rows: Int, _ columns: Int?, _ depth: Int?) -> Buffer {
        take(rows * (columns ?? 1) * (depth ?? 1))
    }
}

/// The extents that decide the views' shapes.
struct PassExtents: Sendable {
    let sizes: VisionTransformer.Sizes
    let grid: VisionTransformer.Grid
    /// Tokens before the first patch.
    let prefix: Int
    /// Patches that take part; nil for all of the grid's.
    var patches: Int?
    /// The rotary position embedding of the patches that take part.
    var rotation: Rotation?
    var tokens: Int { prefix + (patches ?? grid.patches) }
    /// Floats between rows of attention: N, in whole vectors.
    var attentionStride: Int { (tokens + 15) & ~15 }
}

extension BlockTrace {
    /// - Parameters:
    ///   - block: whose norms decide what there is.
    ///   - keeps: what the parameters' gradients need, too.
    init(_ extents: PassExtents, _ block: ParameterSet.Block, keeps: Bool, in memory: some ActivationMemory) {
        let (n, d, a, sizes) = (extents.tokens, extents.sizes.width, extents.sizes.attentionWidth, extents.sizes)
        let normsHeads = block.queryNorm != nil, normed = block.normedParts
        let normalized1 = memory.view("norm 1 normalized", n, d), rstd1 = memory.view("norm 1 deviations", n)
        func attention(_ name: StaticString) -> Workspace.Buffer { memory.view(name, sizes.heads, n, extents.attentionStride) }
        self.init(
            normalized1: normalized1, rstd1: rstd1,
            qkv: memory.view("queries, keys, values", n, 3, a),
            attention: attention("attention"), attentionStride: extents.attentionStride,
            parts: block.differential == nil ? nil : (attention("attention, first part"), attention("attention, second part")),
            mixed: memory.view("heads' outputs", n, a),
            normalized2: block.isParallel ? normalized1 : memory.view("norm 2 normalized", n, d),
            rstd2: block.isParallel ? rstd1 : memory.view("norm 2 deviations", n),
            slope: memory.view("hidden slope", n, sizes.expanded),
            normalizedQK: normsHeads ? memory.view("queries, keys normalized", n, normed, a) : nil,
            rstdQK: normsHeads ? memory.view("queries, keys deviations", n, normed, sizes.scoreHeads) : nil,
            mixedNorm: block.differential.map { NormTrace(n * sizes.heads, sizes.headWidth, of: $0.norm, in: memory) }
                ?? NormTrace(n, a, of: block.attentionNorm, in: memory),
            hiddenNorm: NormTrace(n, sizes.hidden, of: block.hiddenNorm, in: memory),
            activated: keeps ? memory.view("hidden", n, sizes.hiddenStride) : nil,
            read: block.normsOutputs ? (memory.view("attention input", n, d), memory.view("MLP input", n, d)) : nil,
            attentionOutput: NormTrace(n, d, of: block.outputNorms?.attention, in: memory),
            feedForwardOutput: NormTrace(n, d, of: block.outputNorms?.feedForward, in: memory))
    }
}

extension NormTrace {
    /// nil where there is no norm.
    fileprivate init?(_ rows: Int, _ width: Int, of norm: ParameterSet.Norm?, in memory: some ActivationMemory) {
        guard norm != nil else { return nil }
        self.init(normalized: memory.view("inner norm normalized", rows, width), rstd: memory.view("inner norm deviations", rows))
    }
}

extension ReadoutTrace {
    /// - Parameters:
    ///   - block: the last.
    ///   - count: R.
    init(_ extents: PassExtents, _ block: ParameterSet.Block, count: Int, keeps: Bool, in memory: some ActivationMemory) {
        let (n, d, sizes) = (extents.tokens, extents.sizes.width, extents.sizes)
        self.init(
            count: count, normalized1: memory.view("norm 1 normalized", n, d), rstd1: memory.view("norm 1 deviations", n),
            tokens: memory.view("norm 1 output", n, d),
            probes: extents.rotation == nil ? memory.view("probes", count, sizes.heads, d) : nil,
            keys: extents.rotation == nil ? nil : memory.view("keys", n, d),
            attention: memory.view("attention", count, sizes.heads, extents.attentionStride),
            attentionStride: extents.attentionStride,
            normalized2: memory.view("norm 2 normalized", count, d), rstd2: memory.view("norm 2 deviations", count),
            slope: memory.view("hidden slope", count, sizes.expanded), queries: memory.view("queries", count, d),
            mixed: memory.view("heads' outputs", count, d), gathered: memory.view("gathered tokens", count, sizes.heads, d),
            mixedNorm: NormTrace(count, d, of: block.attentionNorm, in: memory),
            hiddenNorm: NormTrace(count, sizes.hidden, of: block.hiddenNorm, in: memory),
            activated: keeps ? memory.view("hidden", count, sizes.hiddenStride) : nil)
    }
}

extension HeadTrace {
    /// - Parameters:
    ///   - rows: tokens that the final norm reads; nil where there is none.
    ///   - pooled: numbers of the pooled vector that a norm reads; nil where there is none.
    init(_ extents: PassExtents, rows: Int?, pooled: Int?, in memory: some ActivationMemory) {
        let d = extents.sizes.width
        self.init(
            normalized: rows.map { memory.view("final norm normalized", $0, d) },
            rstd: rows.map { memory.view("final norm deviations", $0) },
            pooledNormalized: pooled.map { memory.view("pooled norm normalized", $0) },
            pooledRstd: pooled.map { _ in memory.view("pooled norm deviation", 1) })
    }
}

extension PatchTokens.Kept {
    /// - Parameter rows: P.
    init(_ rows: Int, width: Int, in memory: some ActivationMemory) {
        self.init(
            normalized: memory.view("patch tokens normalized", rows, width), rstd: memory.view("patch tokens deviations", rows),
            output: memory.view("patch tokens", rows, width))
    }
}

extension LightDecoder.Trace {
    init(
        _ decoder: ParameterSet.LightDecoder, width: Int, grid: VisionTransformer.Grid, prefix: Int, in memory: some ActivationMemory
    ) {
        let channels = decoder.channels
        func activated(_ scale: Int) -> LightDecoder.Activated {
            let (rows, columns) = (scale * grid.rows, scale * grid.columns)
            return .init(
                normalized: memory.view("decoder map normalized", rows * columns, channels),
                rstd: memory.view("decoder map deviations", rows * columns),
                slope: memory.view("decoder map slope", rows * columns, channels),
                output: memory.map("decoder map", rows, columns, channels))
        }
        self.init(
            taps: decoder.taps.map { _ in
                .init(
                    normalized: memory.view("decoder tap normalized", grid.patches, width),
                    rstd: memory.view("decoder tap deviations", grid.patches),
                    output: memory.view("decoder tap", grid.patches, width))
            },
            refinements: decoder.refinements.indices.map { activated(1 << $0) },
            last: activated(1 << max(0, decoder.refinements.count - 1)),
            logits: {
                let scale = 1 << max(0, decoder.refinements.count - 1)
                return memory.map("decoder logits", scale * grid.rows, scale * grid.columns, decoder.labels)
            }(),
            doublings: decoder.refinements.indices.dropFirst().map {
                BilinearResize(
                    from: (grid.rows << ($0 - 1), grid.columns << ($0 - 1)), to: (grid.rows << $0, grid.columns << $0),
                    channels: channels, alignCorners: false)
            },
            grid: grid, prefix: prefix)
    }
}

/// All that is kept of one picture of a training step.
struct PictureViews: Sendable {
    /// What the patch embedding reads, `[P, channels · height · width]`; nil behind a stem, which keeps maps of its own.
    let patches: Workspace.Buffer?
    /// Of the norm between embedding and blocks.
    let normalized: Workspace.Buffer?, rstd: Workspace.Buffer?
    let blocks: [BlockTrace]
    let readout: ReadoutTrace?
    let head: HeadTrace
    /// The residual stream after the blocks that are tapped.
    let streams: [Int: Workspace.Buffer]
    /// The last block's patch tokens after the final norm.
    let patchTokens: PatchTokens.Kept?
    let decoder: LightDecoder.Trace?

    /// - Parameters:
    ///   - taps: blocks whose tokens may be asked for.
    ///   - memory: told where a part's views begin.
    init(_ model: VisionTransformer, _ extents: PassExtents, taps: Set<Int>, in memory: ArenaPlan) {
        let (parameters, configuration, width) = (model.parameters, model.configuration, extents.sizes.width)
        memory.begin("embedding")
        patches = parameters.stem == nil
            ? memory.view("patches", extents.grid.patches, parameters.patchEmbedding.weight.shape[1]) : nil
        let isNormed = parameters.normBefore != nil
        normalized = isNormed ? memory.view("normalized", extents.tokens, width) : nil
        rstd = isNormed ? memory.view("deviations", extents.tokens) : nil
        let last = configuration.depth - 1, readouts = model.readoutTokens
        blocks = (0..<(readouts != nil && !taps.contains(last) ? last : last + 1)).map { layer in
            memory.begin("block \(layer)")
            return BlockTrace(extents, parameters.blocks[layer], keeps: true, in: memory)
        }
        memory.begin("readout")
        readout = readouts.map { ReadoutTrace(extents, parameters.blocks[last], count: $0, keeps: true, in: memory) }
        memory.begin("head")
        head = model.mapHead == nil
            ? HeadTrace(
                extents, rows: parameters.norm.map { _ in model.headRows(tokens: extents.tokens) },
                pooled: parameters.pooledNorm?.weight.count, in: memory) : HeadTrace()
        patchTokens = taps.contains(last) && parameters.norm != nil
            ? PatchTokens.Kept(extents.grid.patches, width: width, in: memory) : nil
        var streams: [Int: Workspace.Buffer] = [:]
        for block in taps.sorted() {
            memory.begin("block \(block)")
            streams[block] = memory.view("output", extents.tokens, width)
        }
        self.streams = streams
        memory.begin("")
        decoder = parameters.lightDecoder.flatMap { decoder in
            decoder.taps.allSatisfy { taps.contains($0.block) }
                ? LightDecoder.Trace(decoder, width: width, grid: extents.grid, prefix: extents.prefix, in: memory) : nil
        }
    }
}
