/// The vertices of a permutohedral lattice that are kept, and which of them neighbour each other.
///
/// Kept are the vertices that points touch, and those that have at least two such neighbours: through a vertex with only
/// one, nothing would pass from one point to another in two steps. Without the vertices between, twice as much is lost of
/// what the filter should gather; with all neighbours instead, twice as many vertices bring it hardly nearer.
struct LatticeGraph {
    /// Where each class's vertices begin, and at last how many there are.
    let starts: [Int]
    /// `[6, n]` corners of each point's simplex, by class, counted from the class's first.
    let corners: [Int32]
    /// `[6, count, 2]`: each vertex's neighbour a step along each direction, and the one a step against it; `count` for none.
    let neighbours: [Int32]

    /// Vertices.
    var count: Int { starts[LatticePlacement.corners] }

    /// Memory while it is made: about 200 bytes a point, up to 2 KB where colors are noise.
    ///
    /// - Parameters:
    ///   - keys: `[6, points]` keys of each point's corners, by class.
    ///   - checkpoint: called between the steps; what it throws ends the work and is thrown on.
    init<Failure>(
        keys: [UInt64], points n: Int, compute: Compute, checkpoint: () throws(Failure) -> Void
    ) throws(Failure) {
        let classes = LatticePlacement.corners
        let build = Build(expected: n)
        let corners = [Int32](unsafeUninitializedCapacity: classes * n) { corners, count in
            keys.withUnsafeBufferPointer { keys in
                guard let base = corners.baseAddress, let keys = keys.baseAddress else { return }
                compute.pool.forEach(classes) { build.addCorners($0, keys + $0 * n, n, into: base + $0 * n) }
            }
            count = classes * n
        }
        try checkpoint()
        build.settlePoints()
        compute.pool.forEach(classes) { build.addCandidates($0) }
        try checkpoint()
        let starts = build.number()
        let count = starts[classes]
        neighbours = [Int32](unsafeUninitializedCapacity: classes * count * 2) { neighbours, filled in
            if let base = neighbours.baseAddress {
                compute.pool.forEach(classes) { direction in
                    (base + direction * count * 2).update(repeating: Int32(count), count: count * 2)
                }
                compute.pool.forEach(classes) { build.linkPoints($0, base, count) }
                compute.pool.forEach(classes) { build.linkCandidates($0, base, count) }
            }
            filled = classes * count * 2
        }
        self.corners = corners
        self.starts = starts
    }
}

/// The six classes of vertices while the graph is made. Every step works on one class, so that threads can share them.
private final class Build: @unchecked Sendable {
    private let count = LatticePlacement.corners
    private let steps: UnsafeMutablePointer<UInt64>
    private let classes: UnsafeMutablePointer<VertexClass>

    init(expected points: Int) {
        steps = .allocate(capacity: count)
        classes = .allocate(capacity: count)
        for index in 0..<count {
            (steps + index).initialize(to: LatticePlacement.steps[index])
            (classes + index).initialize(to: VertexClass(expected: points / 4))
        }
    }

    deinit {
        steps.deallocate()
        classes.deinitialize(count: count)
        classes.deallocate()
    }

    /// A step along a direction leads to the class below.
    private func above(_ index: Int) -> Int { (index + 1) % count }
    private func below(_ index: Int) -> Int { (index + count - 1) % count }

    func addCorners(_ index: Int, _ keys: UnsafePointer<UInt64>, _ points: Int, into corners: UnsafeMutablePointer<Int32>) {
        // Neighbouring points often share a corner.
        var (lastKey, last): (UInt64, Int32) = (0, -1)
        for point in 0..<points {
            if last < 0 || keys[point] != lastKey { (lastKey, last) = (keys[point], classes[index].table.insert(keys[point])) }
            corners[point] = last
        }
    }

    /// What the next step reads of other classes, copied before their tables grow.
    func settlePoints() {
        for index in 0..<count { classes[index].settlePoints() }
    }

    /// Adds the neighbours that points' vertices of the other classes have in this one.
    func addCandidates(_ index: Int) {
        let (above, below) = (above(index), below(index))
        var link = classes[index].allocateLinks(for: classes[above].points + classes[below].points)
        for (other, sign) in [(above, 1 as UInt64), (below, UInt64.max)] {
            for point in 0..<classes[other].points {
                let key = classes[other].pointKeys[point]
                for direction in 0..<6 { link[direction] = classes[index].table.insert(key &+ sign &* steps[direction]) }
                link += 6
            }
        }
    }

    /// Chooses the candidates to keep and numbers the vertices, class by class; where each begins, and how many there are.
    func number() -> [Int] {
        var starts = [0]
        for index in 0..<count { starts.append(classes[index].number(from: starts[index])) }
        return starts
    }

    /// Enters the links of a class's points' vertices, and those of its candidates to points' vertices.
    func linkPoints(_ index: Int, _ neighbours: UnsafeMutablePointer<Int32>, _ total: Int) {
        let (above, below) = (above(index), below(index))
        // Side 0 is a step along a direction, side 1 a step against it.
        func enter(_ neighbour: Int32, of own: Int, _ direction: Int, _ side: Int) {
            let place: Int = (direction &* total &+ own) &* 2 &+ side
            neighbours[place] = neighbour
        }
        // What this class's links say of its candidates: who is a step above them, or below.
        var link = classes[index].links
        for (other, side) in [(above, 1), (below, 0)] {
            for point in 0..<classes[other].points {
                for direction in 0..<6 {
                    let own = Int(link[direction])
                    guard own >= classes[index].points, classes[index].numbers[own] >= 0 else { continue }
                    let neighbour = Int32(truncatingIfNeeded: classes[other].start &+ point)
                    enter(neighbour, of: Int(classes[index].numbers[own]), direction, side)
                }
                link += 6
            }
        }
        // What the neighbouring classes' links say of its points' vertices.
        for (other, side) in [(below, 0), (above, 1)] {
            var link = classes[other].links + (side == 0 ? 0 : classes[self.above(other)].points &* 6)
            for point in 0..<classes[index].points {
                for direction in 0..<6 {
                    let number = classes[other].numbers[Int(link[direction])]
                    if number >= 0 { enter(number, of: classes[index].start &+ point, direction, side) }
                }
                link += 6
            }
        }
    }

    /// Enters the links between candidates of a class and of the one below.
    func linkCandidates(_ index: Int, _ neighbours: UnsafeMutablePointer<Int32>, _ total: Int) {
        let below = below(index)
        for vertex in classes[index].points..<classes[index].table.count {
            let number = Int(classes[index].numbers[vertex])
            guard number >= 0 else { continue }
            for direction in 0..<6 {
                let entry = neighbours + (direction &* total &+ number) &* 2
                guard entry.pointee == Int32(truncatingIfNeeded: total) else { continue }
                let found = Int(classes[below].table.find(classes[index].table.keys[vertex] &+ steps[direction]))
                guard found >= classes[below].points, classes[below].numbers[found] >= 0 else { continue }
                let neighbour = Int(classes[below].numbers[found])
                entry.pointee = Int32(truncatingIfNeeded: neighbour)
                neighbours[(direction &* total &+ neighbour) &* 2 &+ 1] = Int32(truncatingIfNeeded: number)
            }
        }
    }
}

/// A class's vertices: first those that points touch, then the candidates, neighbours of such vertices.
private struct VertexClass: ~Copyable {
    var table: LatticeTable
    /// Vertices that points touch, and their keys.
    private(set) var points = 0
    private(set) var pointKeys = UnsafeMutablePointer<UInt64>.allocate(capacity: 0)
    /// The neighbours of the points' vertices of the class above, a step along each direction, then of those of the class
    /// below, a step against it.
    private(set) var links = UnsafeMutablePointer<Int32>.allocate(capacity: 0)
    private var linkCount = 0
    /// Every vertex's number in the graph; −1 for a candidate that is not kept.
    private(set) var numbers = UnsafeMutablePointer<Int32>.allocate(capacity: 0)
    /// The first vertex's number.
    private(set) var start = 0

    init(expected: Int) { table = LatticeTable(expected: expected) }

    deinit {
        pointKeys.deallocate()
        links.deallocate()
        numbers.deallocate()
    }

    mutating func settlePoints() {
        points = table.count
        pointKeys.deallocate()
        pointKeys = .allocate(capacity: points)
        pointKeys.initialize(from: table.keys, count: points)
    }

    mutating func allocateLinks(for vertices: Int) -> UnsafeMutablePointer<Int32> {
        links.deallocate()
        linkCount = vertices * LatticePlacement.corners
        links = .allocate(capacity: linkCount)
        return links
    }

    /// Numbers the vertices that are kept, from `first` on; the number after the last.
    mutating func number(from first: Int) -> Int {
        start = first
        numbers.deallocate()
        numbers = .allocate(capacity: table.count)
        for vertex in 0..<points { numbers[vertex] = Int32(truncatingIfNeeded: first &+ vertex) }
        (numbers + points).initialize(repeating: 0, count: table.count - points)
        for index in 0..<linkCount where Int(links[index]) >= points { numbers[Int(links[index])] &+= 1 }
        var next = Int32(truncatingIfNeeded: first &+ points)
        for vertex in points..<table.count {
            let touches = numbers[vertex]
            numbers[vertex] = touches >= 2 ? next : -1
            if touches >= 2 { next &+= 1 }
        }
        return Int(next)
    }
}
