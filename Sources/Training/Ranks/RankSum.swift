import Tensors

/// Sums over ranks, each number added in the order of ranks and by one of them: the same bits everywhere, and every time.
///
/// A rank sums a piece of the numbers for all: pieces are exchanged, added, and shared again. Each rank sends and takes in two times
/// the numbers at most, however many ranks there are.
final class RankSum {
    private let ranks: any Ranks
    private let compute: Compute
    /// What came from the ranks: one piece each.
    private let pieces: MemoryBlock<Float>
    /// The most numbers of a piece.
    private let most: Int

    /// - Parameter count: the most numbers that are summed.
    init(_ ranks: any Ranks, count: Int, compute: Compute, most: Int = 1 << 20) {
        (self.ranks, self.compute) = (ranks, compute)
        self.most = max(1, min(most, count / ranks.count))
        pieces = MemoryBlock(count: self.most * ranks.count)
    }

    /// Puts the sum over all ranks in the place of each one's numbers.
    func sum(_ values: UnsafeMutablePointer<Float>, _ count: Int) {
        var done = 0
        while count - done >= ranks.count {
            let size = min(most, (count - done) / ranks.count), first = values + done, own = first + ranks.rank * size
            ranks.exchange(first, size, into: pieces.base)
            add(size, to: own)
            ranks.share(first, size)
            done += size * ranks.count
        }
        guard done < count else { return }
        // Fewer numbers than ranks.
        let all = ranks.gather((done..<count).map { Double(values[$0]) })
        for place in done..<count { values[place] = all.dropFirst().reduce(Float(all[0][place - done])) { $0 + Float($1[place - done]) } }
    }

    private func add(_ size: Int, to sums: UnsafeMutablePointer<Float>) {
        let kernels = compute.kernels, pieces = pieces.base, count = ranks.count
        compute.forRanges(size, parts: size / 16_384 + 1, multiple: 16) { range in
            let start = range.lowerBound
            (sums + start).update(from: pieces + start, count: range.count)
            for rank in 1..<count { kernels.add_multiple(sums + start, pieces + rank * size + start, 1, range.count) }
        }
    }
}
