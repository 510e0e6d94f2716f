import Checkpoints
import Synchronization
import Tensors

/// The pictures of a batch, shared out in lanes among models that work on them at once.
///
/// Picture i belongs to lane i modulo ``lanes`` and lane l to model l modulo the number of models; a lane takes its pictures in
/// order. What a lane adds up is so the same for any number of models, and a picture finds its memory where it left it.
package struct BatchWorkers: Sendable {
    /// Over the same parameters.
    package let models: [VisionTransformer]
    package let lanes: Int
    /// Pictures.
    package let count: Int
    private let pool: ThreadPool

    /// - Parameter pool: a thread a model.
    package init(_ models: [VisionTransformer], lanes: Int, count: Int, pool: ThreadPool) {
        (self.models, self.lanes, self.count, self.pool) = (models, lanes, count, pool)
    }

    /// Calls `body` once for every picture, and returns what it gave when it is over for all, in their order.
    ///
    /// - Throws: what `body` threw for the first picture for which it did.
    package func each<Result: Sendable, Failure: Error>(
        _ body: (_ place: Int, _ model: VisionTransformer) throws(Failure) -> Result
    ) throws(Failure) -> [Result] {
        let results = Mutex((values: [Result?](repeating: nil, count: count), failure: (place: Int, error: Failure)?.none))
        pool.forEach(min(models.count, lanes)) { worker in
            for lane in stride(from: worker, to: lanes, by: models.count) {
                for place in stride(from: lane, to: count, by: lanes) {
                    do throws(Failure) {
                        let value = try body(place, models[worker])
                        results.withLock { $0.values[place] = value }
                    } catch {
                        results.withLock { if $0.failure.map({ place < $0.place }) ?? true { $0.failure = (place, error) } }
                        return
                    }
                }
            }
        }
        let (values, failure) = results.withLock { $0 }
        if let failure { throw failure.error }
        return values.compactMap(\.self)
    }
}

/// Where the lanes of a batch add up the gradients of parameters.
package struct BatchSums: Sendable {
    private let lanes: [ParameterArena]

    package init(_ lanes: [ParameterArena]) { self.lanes = lanes }

    /// For the picture at `place`.
    func at(_ place: Int) -> ParameterSet { lanes[place % lanes.count].parameters }
}
