import Synchronization

/// Counts and times the matrix products that a metered ``MatrixProduct`` does, by shape; for benchmarks.
public final class ProductMeter: Sendable {
    /// C[rows, columns] = A[rows, depth] · B[depth, columns], and which of A and B are read transposed.
    public struct Shape: Hashable, Sendable {
        public let rows, columns, depth: Int
        public let transposesA, transposesB: Bool
    }

    /// What was done.
    public struct Count: Sendable {
        public var calls = 0
        /// Floating-point operations, two for each multiplication and addition.
        public var operations = 0.0
        /// Time spent, added up over the threads.
        public var time = Duration.zero

        /// Floating-point operations a second of one thread.
        public var rate: Double { time > .zero ? operations / (time / .seconds(1)) : 0 }

        static func += (total: inout Count, other: Count) {
            total.calls += other.calls
            total.operations += other.operations
            total.time += other.time
        }
    }

    private let counts = Mutex<[Shape: Count]>([:])

    public init() {}

    /// Starts from nothing again.
    public func reset() { counts.withLock { $0 = [:] } }

    /// What was done since the last reset, by shape.
    public var shapes: [Shape: Count] { counts.withLock { $0 } }

    /// What was done since the last reset, in all.
    public var total: Count { shapes.values.reduce(into: Count()) { $0 += $1 } }

    /// Times one product.
    func time(_ shape: Shape, _ product: () -> Void) {
        let start = ContinuousClock.now
        product()
        let count = Count(
            calls: 1, operations: 2 * Double(shape.rows) * Double(shape.columns) * Double(shape.depth),
            time: ContinuousClock.now - start)
        counts.withLock { $0[shape, default: Count()] += count }
    }
}
