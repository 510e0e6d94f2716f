import Checkpoints
import Synchronization
import Tensors

/// A Vision Transformer ready to run: parameters, and what to run them on.
///
/// `forward` takes a picture once through the model and keeps in a ``Trace`` what `backward` needs to go back through it for any
/// class or loss. Thread-safe; passes that overlap share the compute threads.
public final class VisionTransformer: Sendable {
    public let parameters: ParameterSet
    public let compute: Compute
    package let savings: ExactSavings
    let sizes: Sizes
    let workspace = Workspace()
    /// What the passes of a training run keep; see ``reserve(_:taps:pictures:)``.
    let reserved = Mutex<ActivationArena?>(nil)
    /// Bytes kept for the next pass that nothing uses now.
    package var idleBytes: Int { workspace.idleCount * MemoryLayout<Float>.stride }
    /// Gives them back to the system; the next pass is slower by as much as it takes to have them again.
    package func trimWorkspace() { workspace.trim() }
    /// Lays what passes need in between, and have left, side by side; see ``reserve(_:taps:pictures:)``.
    package func settleWorkspace() {
        forgetPasses()
        workspace.settle()
    }
    /// Lets go of the pixels of passes that are over: who holds them may write to them again in place.
    package func forgetPasses() { activations?.release() }
    /// How many pieces of it there are of which size, in floats.
    package var workspaceSizes: [(size: Int, buffers: Int)] { workspace.sizes }
    /// A bias of zeros for layers that have none; as long as the longest.
    let zeros: Tensor
    /// Of each block, query, key and value weights as one `[3A, D]` tensor, A the heads' width,, where they lie side by side in memory.
    let fusedWeights: [Tensor?]
    /// Layers that keep their parameters in another form than ``parameters``.
    private let layers: Mutex<Layers>
    /// Of a hybrid model.
    var stem: HybridStem? { layers.withLock { $0.stem } }
    /// Where the head reads a map of patches.
    var mapHead: MapHead? { layers.withLock { $0.mapHead } }
    /// Of a light decoder.
    var refinements: [Convolution] { layers.withLock { $0.refinements } }
    /// Position embeddings of other grids than the model's own.
    let positionCache = Mutex<[Grid: Tensor]>([:])
    /// Rotary position embeddings, by the grid.
    let rotationCache = Mutex<[Grid: Rotation]>([:])

    private struct Layers: Sendable {
        var stem: HybridStem?
        var mapHead: MapHead?
        /// Of a light decoder's refinements.
        var refinements: [Convolution]

        init(_ parameters: ParameterSet) {
            stem = parameters.stem.map { HybridStem($0) }
            mapHead = parameters.readout.flatMap { map in parameters.head.flatMap { MapHead(map, classifier: $0) } }
            refinements = (parameters.lightDecoder?.refinements ?? []).map {
                Convolution(weight: $0.convolution.weight, bias: $0.convolution.bias, padding: .symmetric(1))
            }
        }

        /// The same for parameters that were written to.
        mutating func takeIn(_ parameters: ParameterSet) {
            guard stem == nil, mapHead == nil, let decoder = parameters.lightDecoder else { return self = Layers(parameters) }
            for (index, refinement) in decoder.refinements.enumerated() { refinements[index].takeIn(refinement.convolution.weight) }
        }
    }

    public var configuration: ModelConfiguration { parameters.configuration }

    /// A model with the given parameters, whose shapes must agree with their configuration (as `ModelLoader` ensures).
    public convenience init(_ parameters: ParameterSet, compute: Compute) {
        self.init(parameters, compute: compute, savings: .all)
    }

    package init(_ parameters: ParameterSet, compute: Compute, savings: ExactSavings) {
        self.parameters = parameters
        self.compute = compute
        self.savings = savings
        sizes = Sizes(parameters.configuration)
        let others = [parameters.attentionPool?.width ?? 0, parameters.lightDecoder?.channels ?? 0]
        zeros = Tensor(shape: [others.reduce(max(sizes.attentionWidth, sizes.expanded), max)])
        fusedWeights = parameters.blocks.map(\.fusedWeight)
        layers = Mutex(Layers(parameters))
    }

    /// Takes in what was written to the parameters' memory since they were given or this was last called; between passes
    /// only.
    package func parametersChanged() {
        positionCache.withLock { $0.removeAll() }
        guard parameters.stem != nil || parameters.readout != nil || parameters.lightDecoder != nil else { return }
        layers.withLock { $0.takeIn(parameters) }
    }

    /// Gives memory that passes have left behind back to the system; the next pass takes it anew.
    public func releaseIdleMemory() {
        workspace.trim()
        MemoryBlock<Float>.releaseIdle()
    }

    /// - Throws: `ModelError` where a file of parameters is not what it was when it was loaded; asked after every pass, or
    ///   what a pass made of it would be wrong in silence.
    func checkParameters() throws(ModelError) {
        if let path = parameters.sources.lazy.compactMap(\.changedPath).first { throw .changed(path) }
    }

    /// The extents that every layer shares.
    struct Sizes: Sendable {
        /// Width of a token.
        let width: Int
        let heads: Int
        /// Width of one head's queries, keys and values.
        let headWidth: Int
        /// That of all heads side by side: `width` where a block has one attention.
        let attentionWidth: Int
        /// Soft-maxes a query, and the width of what is multiplied for each: heads and theirs, or twice as many of half the width.
        let scoreHeads: Int, scoreWidth: Int
        /// Width of the MLP's hidden layer.
        let hidden: Int
        /// Outputs of the MLP's first layer: `hidden`, twice as many with a gate.
        let expanded: Int
        /// Floats between rows of norms' outputs, and of the hidden layer and its gradient, where products read them.
        let widthStride, hiddenStride, expandedStride: Int
        /// Soft-max temperature of the attention scores, 1/√scoreWidth where the model has no other.
        let scale: Float

        init(_ configuration: ModelConfiguration) {
            width = configuration.width
            heads = configuration.heads
            (attentionWidth, headWidth) = (configuration.attentionWidth, configuration.headWidth)
            (scoreHeads, scoreWidth) = configuration.isDifferential ? (2 * heads, headWidth / 2) : (heads, headWidth)
            hidden = configuration.hiddenWidth
            expanded = configuration.hasGate ? 2 * hidden : hidden
            (widthStride, hiddenStride, expandedStride) = (Self.padded(width), Self.padded(hidden), Self.padded(expanded))
            scale = configuration.scoreScale ?? 1 / Float(scoreWidth).squareRoot()
        }

        /// A row length that keeps a product's rows out of each other's places in the first-level cache, where rows a
        /// multiple of 4 KiB apart would all fall together.
        private static func padded(_ count: Int) -> Int { count % 1024 == 0 ? count + 16 : count }
    }

    /// A grid of patches.
    struct Grid: Hashable, Sendable {
        let rows: Int
        let columns: Int
        var patches: Int { rows * columns }
    }
}
