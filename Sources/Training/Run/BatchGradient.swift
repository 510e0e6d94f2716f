import Checkpoints
import Synchronization
import Tensors
import VisionTransformer

/// The gradients of a batch: its pictures shared out among lanes, each with sums of its own, which are added up in the end.
///
/// Picture i belongs to lane i modulo ``lanes``, a lane takes its pictures in order, and the lanes are added in order. Threads
/// work on whole lanes, and where there are more threads than lanes several on one; no sum depends on how many there are.
final class BatchGradient: Sendable {
    /// More lanes cost a set of gradients each, fewer let threads idle at a step's end.
    static let mostLanes = 4

    /// The gradients of the last batch.
    var sums: ParameterArena { lanes[0] }
    let lanes: [ParameterArena]
    /// What the norms of a published decoder measured in the last batch; empty where none was there.
    var statistics: [BatchStatistics] {
        get { measured.withLock { $0 } }
        set { measured.withLock { $0 = newValue } }
    }
    private let measured = Mutex<[BatchStatistics]>([])
    /// The derivatives of the picture that a lane is at.
    private let cotangents: [LaneCotangents]
    /// What the pictures' parts of the loss were, and where a lane failed; lists keep their memory.
    private let results = Mutex((parts: [JointObjective.Parts](), failures: [Int: any Error]()))
    private let compute: Compute
    /// Models over the same parameters, one for each lane that is worked on at a time.
    private let models: Mutex<[VisionTransformer]>
    private let pool: ThreadPool

    /// - Parameters:
    ///   - parameters: what the models read; changed between batches only.
    ///   - batch: the most pictures of a batch.
    init(_ parameters: ParameterArena, batch: Int, compute: Compute) {
        let lanes = max(1, min(Self.mostLanes, batch))
        self.lanes = (0..<lanes).map { _ in ParameterArena(zerosLike: parameters.parameters) }
        cotangents = (0..<lanes).map { _ in LaneCotangents() }
        self.compute = compute
        let atOnce = min(lanes, compute.pool.threads)
        pool = ThreadPool(threads: atOnce)
        models = Mutex((0..<atOnce).map { index in
            let threads = (index + 1) * compute.pool.threads / atOnce - index * compute.pool.threads / atOnce
            return VisionTransformer(
                parameters.parameters,
                compute: Compute(product: compute.product, pool: ThreadPool(threads: threads), features: compute.features))
        })
    }

    /// Leaves the gradients of a batch's loss in ``sums``.
    ///
    /// - Parameters:
    ///   - count: pictures.
    ///   - prepare: a picture's pixels, and how it goes through the model.
    /// - Returns: the sum of the pictures' parts, in their order. Where one is no number, its lane has ended and the gradients
    ///   mean nothing.
    func evaluate(
        count: Int, _ objective: JointObjective,
        _ prepare: @Sendable (Int, VisionTransformer) -> (pixels: Tensor, options: ForwardOptions)
    ) throws -> JointObjective.Parts {
        statistics = []
        results.withLock { results in
            results.parts.removeAll(keepingCapacity: true)
            results.parts.append(contentsOf: repeatElement(.notFinite, count: count))
            results.failures.removeAll(keepingCapacity: true)
        }
        pool.forEach(lanes.count) { lane in
            let arena = lanes[lane]
            arena.clear()
            guard let model = models.withLock({ $0.popLast() }) else { preconditionFailure("more lanes at once than models") }
            defer { models.withLock { $0.append(model) } }
            do {
                for place in stride(from: lane, to: count, by: lanes.count) {
                    let (pixels, options) = prepare(place, model)
                    let trace = try model.forward(pixels, options: options)
                    let parts = try objective.evaluate(place, trace, model, arena, &cotangents[lane].values)
                    guard objective.value(parts).isFinite else { return }
                    try model.backward(trace, from: cotangents[lane].values, wanting: BackwardWants(parameters: arena))
                    results.withLock { $0.parts[place] = parts }
                }
            } catch ModelError.notFinite {
                return
            } catch {
                results.withLock { $0.failures[lane] = error }
            }
        }
        forgetPasses()
        if let first = results.withLock({ $0.failures.min { $0.key < $1.key } }) { throw first.value }
        addUp()
        return results.withLock { $0.parts.reduce(.init(), +) }
    }

    /// Makes every model's arena of activations.
    ///
    /// - Parameters:
    ///   - taps: the blocks whose tokens passes may keep.
    ///   - batch: pictures whose passes stand together; 1 where each goes there and back by itself.
    func reserve(_ size: ModelConfiguration.Size, taps: Set<Int>, together batch: Int) {
        let models = models.withLock { $0 }
        for (index, model) in models.enumerated() {
            // As `BatchWorkers` shares them out.
            let own = (0..<batch).count { $0 % lanes.count % models.count == index }
            model.reserve(size, taps: taps, pictures: max(own, 1))
        }
    }

    /// Lets go of the batch's pictures, which are read over.
    func forgetPasses() { models.withLock { $0 }.forEach { $0.forgetPasses() } }

    /// Lays what passes have left for the next side by side.
    func settle() { models.withLock { $0 }.forEach { $0.settleWorkspace() } }

    /// The arenas of activations, and how many pieces of memory of which size passes need in between, of every model.
    var activations: [(arena: ActivationArena, between: [(size: Int, buffers: Int)])] {
        models.withLock { $0 }.compactMap { model in model.activations.map { ($0, model.workspaceSizes) } }
    }

    /// Takes a picture of zeros there and back through every model, so that the memory of the passes is there before the first
    /// step, or the want of it is known.
    ///
    /// - Parameters:
    ///   - decodes: whether a decoder will be trained.
    ///   - dropsBranches: whether passes will leave branches out, and make up for it.
    func rehearse(_ size: ModelConfiguration.Size, decodes: Bool, dropsBranches: Bool, recipe: Recipe) throws {
        for model in models.withLock({ $0 }) {
            let configuration = model.configuration
            // A decoder's maps have four times the grid's side.
            let map = [UInt8](repeating: 0, count: decodes ? 16 * configuration.grid.height * configuration.grid.width : 0)
            let objective = JointObjective(
                classes: [[]], targets: [PixelTarget(labels: map)], count: configuration.classCount, recipe: recipe)
            let pixels = Tensor(shape: [configuration.channels, size.height, size.width])
            let factors = dropsBranches ? configuration.depth : 0
            let trace = try model.forward(pixels, options: ForwardOptions(
                keepsForParameters: true, branchFactors: Array(repeating: .init(attention: 2, feedForward: 2), count: factors),
                taps: objective.taps(0, of: model)))
            _ = try objective.evaluate(0, trace, model, sums, &cotangents[0].values)
            try model.backward(trace, from: cotangents[0].values, wanting: BackwardWants(parameters: sums))
        }
        sums.clear()
    }

    /// Bytes of memory that passes left for the next.
    var passBytes: Int {
        models.withLock { $0.reduce(0) { $0 + $1.idleBytes + ($1.activations?.count ?? 0) * MemoryLayout<Float>.stride } }
    }

    /// Takes in parameters that were written to; between batches only.
    func parametersChanged() { models.withLock { $0 }.forEach { $0.parametersChanged() } }

    /// Where the picture at `place` adds up its gradients.
    func lane(of place: Int) -> ParameterArena { lanes[place % lanes.count] }

    /// What the lane of the picture at `place` puts its derivatives in.
    func cotangents(of place: Int) -> LaneCotangents { cotangents[place % lanes.count] }

    /// Calls `body` with all models, and with sums that are zero.
    func withWorkers<Result>(_ count: Int, _ body: (BatchWorkers) throws -> Result) rethrows -> Result {
        pool.forEach(lanes.count) { lanes[$0].clear() }
        return try body(BatchWorkers(models.withLock { $0 }, lanes: lanes.count, count: count, pool: pool))
    }

    func addUp() {
        let kernels = compute.kernels
        guard lanes.count > 1 else { return }
        compute.forRanges(sums.count, parts: sums.count / 16_384 + 1, multiple: 16) { range in
            for lane in 1..<lanes.count {
                kernels.add_multiple(sums.base + range.lowerBound, lanes[lane].base + range.lowerBound, 1, range.count)
            }
        }
    }
}

/// The derivatives of one picture after another; a lane has one picture at a time, and one thread.
final class LaneCotangents: @unchecked Sendable {
    var values = Cotangents()
}
