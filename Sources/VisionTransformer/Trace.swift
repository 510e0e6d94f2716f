import Checkpoints
import Tensors

/// One picture's forward pass: the logits, and of every block what the way back needs.
///
/// Memory: about depth × (heads·tokens² + 12·tokens·width) × 4 bytes; it goes back to the model's workspace with the trace.
///
/// Written to while its pass goes on, and by no one after.
public final class Trace: @unchecked Sendable {
    /// One logit a class, before soft-max or sigmoid; empty without a head.
    public internal(set) var logits: [Float] = []
    /// Those of the background's words, which are no classes (``ParameterSet/background``).
    public internal(set) var backgroundLogits: [Float] = []
    /// What the head reads: the class token after the final norm, the mean of the patch tokens, or both, one behind the
    /// other; after the projection and the pre-logits layer where there are such.
    public internal(set) var features: [Float] = []
    /// What went in, `[channels, height, width]`: from it the pass can be made again (``VisionTransformer/complete(_:isCancelled:)``).
    public private(set) var pixels = Trace.noPixels
    /// The grid of patches that went in.
    public let grid: ModelConfiguration.Size
    /// Tokens before the first patch.
    public let prefixTokens: Int
    /// All tokens, prefix and patches.
    public var tokens: Int { prefixTokens + grid.height * grid.width }
    /// The class with the greatest logit; `nil` without a head.
    public var mostProbable: Int? { logits.indices.max { logits[$0] < logits[$1] } }
    /// Number of blocks.
    public var depth: Int { blocks.count + (readout == nil ? 0 : 1) }

    /// Bytes of memory it holds.
    public var byteCount: Int {
        let full = blocks.reduce(0) { sum, block in
            sum + [block.normalized1, block.rstd1, block.qkv, block.attention, block.mixed, block.normalized2, block.rstd2, block.slope]
                .reduce(0) { $0 + $1.size } + (block.normalizedQK?.size ?? 0) + (block.rstdQK?.size ?? 0)
                + (block.parts.map { $0.first.size + $0.second.size } ?? 0)
                + (block.read.map { $0.attention.size + $0.feedForward.size } ?? 0)
                + [block.mixedNorm, block.hiddenNorm, block.attentionOutput, block.feedForwardOutput]
                    .reduce(0) { $0 + ($1?.normalized.size ?? 0) }
        }
        let last = readout.map {
            [$0.normalized1, $0.tokens, $0.attention].reduce(0) { $0 + $1.size } + ($0.probes?.size ?? 0) + ($0.keys?.size ?? 0)
        } ?? 0
        return (full + last + streams.values.reduce(0) { $0 + $1.size } + pixels.count) * MemoryLayout<Float>.stride
    }

    /// The blocks that were computed for all tokens, first block first.
    var blocks: [BlockTrace] = []
    /// The last block, where only the tokens that the head reads were computed.
    var readout: ReadoutTrace?
    var head = HeadTrace()
    /// Of a pass that keeps what the parameters' gradients need.
    var embedding: EmbeddingTrace?
    /// What every block's branches were multiplied with; empty for 1.
    private(set) var branchFactors: [ForwardOptions.BranchFactors] = []
    /// Heads whose output was replaced.
    public private(set) var ablations = HeadAblations.none
    /// The residual stream after every block that was tapped, `[N, D]`, by the block's number.
    var streams: [Int: Workspace.Buffer] = [:]
    /// Where the pass keeps what it keeps, of an arena; nil where that comes from the workspace, piece by piece.
    let views: PictureViews?

    private static let noPixels = Tensor(shape: [1])

    init(grid: ModelConfiguration.Size, prefixTokens: Int, views: PictureViews? = nil) {
        (self.grid, self.prefixTokens, self.views) = (grid, prefixTokens, views)
    }

    /// The same pass, whose logits may become others.
    func shared() -> Trace {
        let result = Trace(grid: grid, prefixTokens: prefixTokens)
        result.begin(pixels, ForwardOptions(branchFactors: branchFactors, ablations: ablations))
        (result.logits, result.backgroundLogits, result.features) = (logits, backgroundLogits, features)
        (result.blocks, result.readout) = (blocks, readout)
        (result.head, result.embedding, result.streams) = (head, embedding, streams)
        return result
    }

    /// Begins a pass over `pixels`, or forgets the last one; lists keep their memory.
    func begin(_ pixels: Tensor? = nil, _ options: ForwardOptions = .maps) {
        logits.removeAll(keepingCapacity: true)
        backgroundLogits.removeAll(keepingCapacity: true)
        features.removeAll(keepingCapacity: true)
        blocks.removeAll(keepingCapacity: true)
        streams.removeAll(keepingCapacity: true)
        (readout, embedding) = (nil, nil)
        (head.map, head.readoutSlope, head.pool, head.merger) = (nil, nil, nil, nil)
        branchFactors.removeAll(keepingCapacity: true)
        branchFactors.append(contentsOf: options.branchFactors)
        ablations = options.ablations
        self.pixels = pixels ?? Trace.noPixels
    }
}

/// What the gradients of the embedding's parameters need.
struct EmbeddingTrace: Sendable {
    /// What the patch embedding reads: every patch's pixels, or a stem's map, as a row; `[patches, depth]`.
    let patches: Workspace.Buffer
    /// Of the norm between embedding and blocks, where there is one.
    let normalized: Workspace.Buffer?, rstd: Workspace.Buffer?
    let stem: HybridStem.Trace?
    /// The maps after a stem's stages.
    let stages: [FeatureMap]
    /// Of the norm of patches; nil without one.
    let patchNorm: NormTrace?
}

/// What a norm kept: its input less its mean over its deviation, a row a token, and the inverse deviations.
struct NormTrace: Sendable {
    let normalized: Workspace.Buffer, rstd: Workspace.Buffer
}

/// A block's intermediate results for all N tokens. D is the width, H the heads, A the width of all heads, F the hidden width.
struct BlockTrace: Sendable {
    /// Input of norm 1 less its mean over its deviation, `[N, D]`, and the inverse deviations, `[N]`.
    let normalized1: Workspace.Buffer, rstd1: Workspace.Buffer
    /// Queries, keys and values side by side, `[N, 3A]`.
    let qkv: Workspace.Buffer
    /// Attention after soft-max, `[H, N, N]` with rows padded to `attentionStride`.
    let attention: Workspace.Buffer
    let attentionStride: Int
    /// The two soft-maxes whose difference the attention is, as that; nil where it is one.
    let parts: (first: Workspace.Buffer, second: Workspace.Buffer)?
    /// Heads' outputs side by side, before their norm and the projection, `[N, A]`.
    let mixed: Workspace.Buffer
    /// As `normalized1` and `rstd1`, for norm 2.
    let normalized2: Workspace.Buffer, rstd2: Workspace.Buffer
    /// The derivative of the MLP's hidden layer by the outputs of its first layer: `[N, F]`; with a gate `[N, 2F]`, first
    /// by the gate, then by what it multiplies.
    let slope: Workspace.Buffer
    /// Queries and keys before their norms' weights, `[N, 2A]`, and the inverse deviations, `[N, 2H]` or, of halves, `[N, 4H]`; with
    /// values behind them where these have norms, too. Nil without them.
    let normalizedQK: Workspace.Buffer?, rstdQK: Workspace.Buffer?
    /// Of the norms of the heads' outputs and of the hidden layer; nil without them.
    let mixedNorm: NormTrace?, hiddenNorm: NormTrace?
    /// The MLP's hidden layer after the activation, with rows `Sizes.hiddenStride` apart: of a pass that keeps what the
    /// parameters' gradients need. What the norms gave they need too, but it is made again more cheaply than kept.
    let activated: Workspace.Buffer?
    /// What attention and MLP read, `[N, D]`, of a block whose norms stand behind them; nil of others.
    let read: (attention: Workspace.Buffer, feedForward: Workspace.Buffer)?
    /// Of norms behind attention and MLP, in a block that has others before these; nil of others.
    let attentionOutput: NormTrace?, feedForwardOutput: NormTrace?
}

/// The last block's intermediate results where a head reads only its first R tokens (see ReadoutBlock.swift).
struct ReadoutTrace: Sendable {
    let count: Int
    let normalized1: Workspace.Buffer, rstd1: Workspace.Buffer
    /// Output of norm 1, `[N, D]`.
    let tokens: Workspace.Buffer
    /// Wkᵀ q a readout token and head, `[R, H, D]`; nil where keys are turned and so must be formed.
    let probes: Workspace.Buffer?
    /// Keys of all tokens, turned, `[N, D]`; nil where there are probes.
    let keys: Workspace.Buffer?
    /// Attention rows of the readout tokens, `[R, H, N]` with rows padded to `attentionStride`.
    let attention: Workspace.Buffer
    let attentionStride: Int
    /// `[R, D]` each but `slope`, `[R, F]` or `[R, 2F]`.
    let normalized2: Workspace.Buffer, rstd2: Workspace.Buffer
    let slope: Workspace.Buffer
    /// Queries and heads' outputs before the projection, both `[R, D]`, and what the values are made of, Σ_j a_j h_j a readout
    /// token and head, `[R, H, D]`.
    let queries: Workspace.Buffer, mixed: Workspace.Buffer, gathered: Workspace.Buffer
    /// As in ``BlockTrace``.
    let mixedNorm: NormTrace?, hiddenNorm: NormTrace?
    let activated: Workspace.Buffer?
}

/// What the norms between the last block and the head leave behind.
struct HeadTrace: Sendable {
    /// Of the final norm, over `rows` tokens; nil where there is none.
    var normalized: Workspace.Buffer?, rstd: Workspace.Buffer?
    /// Of `fc_norm`, over the pooled vector.
    var pooledNormalized: Workspace.Buffer?, pooledRstd: Workspace.Buffer?
    /// Of the attention pool.
    var pool: PoolTrace?
    /// Of what merges patches.
    var merger: MergerTrace?
    /// GELU's derivative in the readout of a head that reads a map.
    var readoutSlope: Workspace.Buffer?
    /// What the gradients of its parameters need.
    var map: MapHead.Trace?
    /// What the head's layers read: projection, pre-logits layer, and the distillation token's head; where they are there.
    var inputs = Inputs()

    struct Inputs: Sendable {
        var projection: [Float] = []
        var preLogits: [Float] = []
        var distillation: [Float] = []
    }
}

extension ModelConfiguration {
    /// About how many bytes of memory a picture of this input size and its pass take; see ``Trace``. As a floating-point
    /// number, which no size overflows.
    ///
    /// - Parameter blocks: how many blocks' traces are kept; all where not given.
    public func passByteCount(_ size: Size, blocks: Int? = nil) -> Double {
        let pixels = Double(size.height) * Double(size.width)
        let tokens = Double(prefixTokens) + pixels / (Double(patch.height) * Double(patch.width))
        let block = Double(heads) * tokens * tokens * (isDifferential ? 3 : 1) + (8 + 4 * Double(attentions)) * tokens * Double(width)
        return 4 * (Double(blocks ?? depth) * block + 2 * Double(channels) * pixels)
    }
}
