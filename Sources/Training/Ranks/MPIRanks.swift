#if MPI
import CMPI

/// Ranks by Open MPI: the processes of `mpirun`, or of Slurm's `srun` with PMIx.
public final class MPIRanks: Ranks {
    public let rank: Int
    public let count: Int

    /// Joins the processes that were started together; once in a process.
    ///
    /// - Throws: ``RanksError/library(_:)`` where the library cannot be called by one thread after another.
    public init() throws(RanksError) {
        var (rank, count): (Int32, Int32) = (0, 1)
        guard ranks_join(&rank, &count) != 0 else {
            throw .library("this Open MPI is built without threads; use one with MPI_THREAD_SERIALIZED")
        }
        (self.rank, self.count) = (Int(rank), Int(count))
    }

    public func gather(_ values: [Double]) -> [[Double]] {
        var all = [Double](repeating: 0, count: values.count * count)
        ranks_gather(values, Int32(values.count), &all)
        return (0..<count).map { Array(all[$0 * values.count..<($0 + 1) * values.count]) }
    }

    public func exchange(_ own: UnsafePointer<Float>, _ size: Int, into pieces: UnsafeMutablePointer<Float>) {
        ranks_exchange(own, Int32(size), pieces)
    }

    public func share(_ all: UnsafeMutablePointer<Float>, _ size: Int) { ranks_share(all, Int32(size)) }

    public func spread(_ values: UnsafeMutablePointer<Float>, _ size: Int) {
        // Counts are 32 bits wide.
        for start in stride(from: 0, to: size, by: 1 << 28) { ranks_spread(values + start, Int32(min(1 << 28, size - start))) }
    }

    public func leave() { ranks_leave() }
    public func end(status: Int32) { ranks_end(status) }
}
#endif
