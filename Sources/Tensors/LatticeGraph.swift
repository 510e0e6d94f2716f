/// The vertices of a permutohedral lattice that are kept, and which of them neighbour each other.
///
/// Kept are the vertices that points touch, and those that have at least two such neighbours: through a vertex with only
/// one, nothing would pass from one point to another in two steps. Without the vertices between, twice as much is lost of
/// what the filter should gather; with all neighbours instead, twice as many vertices bring it hardly nearer.
struct LatticeGraph {
    /// Where each class's vertices begin, and at last how many there are.
    let starts: [Int]
    /// `[6, count, 2]`: each vertex's neighbour a step along each direction, and the one a step against it; `count` for none.
    let neighbours: MemoryBlock<Int32>
    /// The most bytes it took to make, what it keeps included.
    let peak: Int

    /// Vertices.
    var count: Int { starts[LatticePlacement.corners] }

    /// Bytes of ``neighbours`` a vertex.
    static let vertexSize = LatticePlacement.corners * 2 * MemoryLayout<Int32>.stride

    /// Links what `build` has gathered; nil where more memory is needed than it may take.
    ///
    /// - Parameters:
    ///   - vertexSize: bytes that will be wanted for each vertex beside ``neighbours``.
    ///   - keepsTables: whether `build` stays beside them.
    ///   - checkpoint: called between the steps; what it throws ends the work and is thrown on.
    init?<Failure>(
        _ build: LatticeBuild, vertexSize: Int, keepsTables: Bool, compute: Compute, checkpoint: () throws(Failure) -> Void
    ) throws(Failure) {
        let classes = LatticePlacement.corners
        guard build.settlePoints() else { return nil }
        compute.pool.forEach(classes) { build.addCandidates($0) }
        guard !build.isFull else { return nil }
        try checkpoint()
        let starts = build.number()
        let count = starts[classes], links = count * Self.vertexSize
        let making = build.byteCount + links, using = links + count * vertexSize + (keepsTables ? build.tableByteCount : 0)
        guard max(making, using) <= build.limit else { return nil }
        peak = max(making, using, build.peak)
        neighbours = MemoryBlock(count: classes * count * 2)
        let base = neighbours.base
        compute.pool.forEach(classes) { direction in
            (base + direction * count * 2).initialize(repeating: Int32(count), count: count * 2)
        }
        compute.pool.forEach(classes) { build.linkPoints($0, base, count) }
        compute.pool.forEach(classes) { build.linkCandidates($0, base, count) }
        self.starts = starts
    }
}
