/// The six classes of vertices while the graph is made. Every step works on one class, so that threads can share them.
final class LatticeBuild: @unchecked Sendable {
    private let count = LatticePlacement.corners
    private let steps: UnsafeMutablePointer<UInt64>
    private let classes: UnsafeMutablePointer<VertexClass>
    /// The most bytes it may take.
    let limit: Int

    /// - Parameter limit: the most bytes it may take. Each class may take a sixth, so that whether they suffice does not
    ///   depend on the order in which threads come to them.
    init(expected points: Int, limit: Int) {
        self.limit = limit
        steps = .allocate(capacity: count)
        classes = .allocate(capacity: count)
        for index in 0..<count {
            (steps + index).initialize(to: LatticePlacement.steps[index])
            // Large pictures have far fewer vertices than points, unless they are noise.
            (classes + index).initialize(to: VertexClass(expected: min(points / 4, 1 << 16), limit: limit / count))
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

    /// Whether a class needed more than it may take; nothing but this is to be asked for then.
    var isFull: Bool { (0..<count).contains { classes[$0].isFull } }
    /// Bytes that are taken.
    var byteCount: Int { (0..<count).reduce(0) { $0 + classes[$1].byteCount } }
    /// Bytes that ``find(_:_:)`` needs.
    var tableByteCount: Int { (0..<count).reduce(0) { $0 + classes[$1].tableByteCount } }
    /// The most bytes that were taken, if all classes took it at once.
    var peak: Int { (0..<count).reduce(0) { $0 + classes[$1].peak } }

    /// Enters the corners of some points in a class.
    ///
    /// - Parameter corners: gets their vertices, counted from the class's first.
    func addCorners(_ index: Int, _ keys: UnsafePointer<UInt64>, _ points: Int, into corners: UnsafeMutablePointer<Int32>) {
        // Neighbouring points often share a corner.
        var (lastKey, last): (UInt64, Int32) = (0, -1)
        for point in 0..<points {
            if last < 0 || keys[point] != lastKey { (lastKey, last) = (keys[point], classes[index].table.insert(keys[point])) }
            guard last >= 0 else { return classes[index].giveUp() }
            corners[point] = last
        }
    }

    /// Copies what the next step reads of other classes, before their tables grow; false where a class has no room for its
    /// links.
    func settlePoints() -> Bool {
        let fits = (0..<count).allSatisfy { index in
            classes[index].reserveLinks(for: classes[above(index)].table.count + classes[below(index)].table.count)
        }
        if fits { for index in 0..<count { classes[index].settlePoints() } }
        return fits
    }

    /// The number of a key's vertex in the graph; −1 where it is not kept.
    @inline(__always)
    func find(_ index: Int, _ key: UInt64) -> Int32 {
        let vertex = classes[index].table.find(key)
        return vertex < 0 ? -1 : classes[index].numbers[Int(vertex)]
    }

    /// Lets go of all but what ``find(_:_:)`` needs.
    func keepTables() {
        for index in 0..<count { classes[index].keepTable() }
    }

    /// Adds the neighbours that points' vertices of the other classes have in this one.
    func addCandidates(_ index: Int) {
        let (above, below) = (above(index), below(index))
        var link = classes[index].allocateLinks()
        for (other, sign) in [(above, 1 as UInt64), (below, UInt64.max)] {
            for point in 0..<classes[other].points {
                let key = classes[other].pointKeys[point]
                for direction in 0..<6 {
                    let vertex = classes[index].table.insert(key &+ sign &* steps[direction])
                    guard vertex >= 0 else { return classes[index].giveUp() }
                    link[direction] = vertex
                }
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

    /// The most bytes it may take.
    private let limit: Int
    /// Whether it needed more.
    private(set) var isFull = false

    init(expected: Int, limit: Int) {
        self.limit = limit
        table = LatticeTable(expected: expected, limit: limit)
    }

    deinit {
        pointKeys.deallocate()
        links.deallocate()
        numbers.deallocate()
    }

    mutating func giveUp() { isFull = true }

    private static let keySize = MemoryLayout<UInt64>.stride
    private static let numberSize = MemoryLayout<Int32>.stride
    /// Bytes beside the table that are taken or reserved.
    private var besideTable: Int { points * Self.keySize + linkCount * Self.numberSize }
    /// Bytes that finding vertices needs.
    var tableByteCount: Int { table.byteCount + table.count * Self.numberSize }
    var byteCount: Int { tableByteCount + besideTable }
    var peak: Int { table.peak + besideTable + table.count * Self.numberSize }

    /// Sets memory aside for the links to some vertices; false where there is too little.
    mutating func reserveLinks(for vertices: Int) -> Bool {
        linkCount = vertices * LatticePlacement.corners
        // Every vertex will be given a number, too; a table takes at least eight times as much for it.
        table.limit = (limit - table.count * Self.keySize - linkCount * Self.numberSize) / 9 * 8
        return table.limit >= table.byteCount
    }

    mutating func settlePoints() {
        points = table.count
        pointKeys.deallocate()
        pointKeys = .allocate(capacity: points)
        pointKeys.initialize(from: table.keys, count: points)
    }

    mutating func allocateLinks() -> UnsafeMutablePointer<Int32> {
        links.deallocate()
        links = .allocate(capacity: linkCount)
        return links
    }

    /// Lets go of all but the table and the numbers.
    mutating func keepTable() {
        pointKeys.deallocate()
        pointKeys = .allocate(capacity: 0)
        links.deallocate()
        links = .allocate(capacity: 0)
        linkCount = 0
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
