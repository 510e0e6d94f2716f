import Checkpoints
import Synchronization
import Tensors
import VisionTransformer

/// The gradients of a batch: its pictures shared out among lanes, each with sums of its own, which are added up in the end.
///
/// Picture i belongs to lane i modulo ``lanes``, a lane takes its pictures in order, and the lanes are added in order. Threads
/// work on whole lanes, and where there are more threads than lanes several on one; no sum depends on how many there are.
final class BatchGradient: Sendable {
    /// What one picture adds: the parts of its loss, and its derivatives by what the model gave. Gradients of parameters beyond
    /// the model's way back are added to `sums`.
    typealias Objective = @Sendable (
        _ place: Int, Trace, VisionTransformer, _ sums: ParameterArena
    ) throws -> (losses: [Double], cotangents: Cotangents)

    /// More lanes cost a set of gradients each, fewer let threads idle at a step's end.
    static let mostLanes = 4

    /// The gradients of the last batch.
    var sums: ParameterArena { lanes[0] }
    private let lanes: [ParameterArena]
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

    /// Leaves the gradients of the mean of the pictures' losses in ``sums``.
    ///
    /// - Parameters:
    ///   - count: pictures.
    ///   - prepare: a picture's pixels, and how it goes through the model.
    /// - Returns: every picture's losses, in order, nil of one that was not reached. One that is not finite ends its lane, and then the sums mean nothing.
    func evaluate(
        count: Int, _ prepare: @Sendable (Int) -> (pixels: Tensor, options: ForwardOptions), _ objective: Objective
    ) throws -> [[Double]?] {
        let results = Mutex((losses: [[Double]?](repeating: nil, count: count), failures: [Int: any Error]()))
        pool.forEach(lanes.count) { lane in
            let arena = lanes[lane]
            arena.clear()
            guard let model = models.withLock({ $0.popLast() }) else { preconditionFailure("more lanes at once than models") }
            defer { models.withLock { $0.append(model) } }
            do {
                for place in stride(from: lane, to: count, by: lanes.count) {
                    let (pixels, options) = prepare(place)
                    let trace = try model.forward(pixels, options: options)
                    let (losses, cotangents) = try objective(place, trace, model, arena)
                    guard losses.allSatisfy(\.isFinite) else { return }
                    try model.backward(trace, from: cotangents, wanting: BackwardWants(parameters: arena))
                    results.withLock { $0.losses[place] = losses }
                }
            } catch ModelError.notFinite {
                return
            } catch {
                results.withLock { $0.failures[lane] = error }
            }
        }
        let (losses, failures) = results.withLock { $0 }
        if let first = failures.min(by: { $0.key < $1.key }) { throw first.value }
        addUp()
        return losses
    }

    /// Takes in parameters that were written to; between batches only.
    func parametersChanged() { models.withLock { $0 }.forEach { $0.parametersChanged() } }

    private func addUp() {
        let bases = lanes.map(\.base), kernels = compute.kernels
        guard bases.count > 1 else { return }
        compute.forRanges(sums.count, parts: sums.count / 16_384 + 1, multiple: 16) { range in
            for lane in bases.dropFirst() {
                kernels.add_multiple(bases[0] + range.lowerBound, lane + range.lowerBound, 1, range.count)
            }
        }
    }
}
