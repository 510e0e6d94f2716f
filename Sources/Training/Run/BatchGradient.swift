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
        let results = Mutex((parts: [JointObjective.Parts](repeating: .notFinite, count: count), failures: [Int: any Error]()))
        pool.forEach(lanes.count) { lane in
            let arena = lanes[lane]
            arena.clear()
            guard let model = models.withLock({ $0.popLast() }) else { preconditionFailure("more lanes at once than models") }
            defer { models.withLock { $0.append(model) } }
            do {
                for place in stride(from: lane, to: count, by: lanes.count) {
                    let (pixels, options) = prepare(place, model)
                    let trace = try model.forward(pixels, options: options)
                    let (parts, cotangents) = try objective.evaluate(place, trace, model, arena)
                    guard objective.value(parts).isFinite else { return }
                    try model.backward(trace, from: cotangents, wanting: BackwardWants(parameters: arena))
                    results.withLock { $0.parts[place] = parts }
                }
            } catch ModelError.notFinite {
                return
            } catch {
                results.withLock { $0.failures[lane] = error }
            }
        }
        let (parts, failures) = results.withLock { $0 }
        if let first = failures.min(by: { $0.key < $1.key }) { throw first.value }
        addUp()
        return parts.reduce(.init(), +)
    }

    /// Takes a picture of zeros there and back through every model, so that the memory of the passes is there before the first
    /// step, or the want of it is known.
    ///
    /// - Parameters:
    ///   - taps: the blocks that a decoder will read.
    ///   - dropsBranches: whether passes will leave branches out, and make up for it.
    func allocate(_ size: ModelConfiguration.Size, taps: Set<Int>, dropsBranches: Bool, recipe: Recipe) throws {
        for model in models.withLock({ $0 }) {
            let configuration = model.configuration
            // A decoder's maps have four times the grid's side.
            let map = [UInt8](repeating: 0, count: taps.isEmpty ? 0 : 16 * configuration.grid.height * configuration.grid.width)
            let objective = JointObjective(
                classes: [[]], targets: [PixelTarget(labels: map)], count: configuration.classCount, recipe: recipe)
            let pixels = Tensor(shape: [configuration.channels, size.height, size.width])
            let factors = dropsBranches ? configuration.depth : 0
            let trace = try model.forward(pixels, options: ForwardOptions(
                keepsForParameters: true, branchFactors: Array(repeating: .init(attention: 2, feedForward: 2), count: factors),
                taps: objective.taps(0, of: model)))
            let cotangents = try objective.evaluate(0, trace, model, sums).cotangents
            try model.backward(trace, from: cotangents, wanting: BackwardWants(parameters: sums))
        }
        sums.clear()
    }

    /// Bytes of memory that passes left for the next.
    var passBytes: Int { models.withLock { $0.reduce(0) { $0 + $1.idleBytes } } }

    /// Takes in parameters that were written to; between batches only.
    func parametersChanged() { models.withLock { $0 }.forEach { $0.parametersChanged() } }

    /// Where the picture at `place` adds up its gradients.
    func lane(of place: Int) -> ParameterArena { lanes[place % lanes.count] }

    /// Calls `body` with all models, and with sums that are zero.
    func withWorkers<Result>(_ count: Int, _ body: (BatchWorkers) throws -> Result) rethrows -> Result {
        pool.forEach(lanes.count) { lanes[$0].clear() }
        return try body(BatchWorkers(models.withLock { $0 }, lanes: lanes.count, count: count, pool: pool))
    }

    func addUp() {
        let bases = lanes.map(\.base), kernels = compute.kernels
        guard bases.count > 1 else { return }
        compute.forRanges(sums.count, parts: sums.count / 16_384 + 1, multiple: 16) { range in
            for lane in bases.dropFirst() {
                kernels.add_multiple(bases[0] + range.lowerBound, lane + range.lowerBound, 1, range.count)
            }
        }
    }
}
