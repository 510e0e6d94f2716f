/// The vertices of a sparse lattice, numbered in the order they came, found by their coordinates.
struct LatticeTable {
    /// Vertices so far.
    private(set) var count = 0
    private let dimensions: Int
    /// `[count, d]` coordinates.
    private var keys: [Int32] = []
    /// Open addressing: a vertex or −1; a power of two of slots, at most half of them full.
    private var slots: [Int32]

    /// A table with room for `expected` vertices; it grows.
    init(dimensions: Int, expected: Int) {
        self.dimensions = dimensions
        var size = 64
        while size < 2 * expected { size *= 2 }
        slots = Array(repeating: -1, count: size)
        keys.reserveCapacity(expected * dimensions)
    }

    /// The vertex with the given coordinates, added where it is new.
    mutating func insert(_ key: [Int32]) -> Int32 {
        let slot = find(key)
        if slots[slot] >= 0 { return slots[slot] }
        let vertex = Int32(count)
        slots[slot] = vertex
        keys.append(contentsOf: key)
        count += 1
        if 2 * count > slots.count { grow() }
        return vertex
    }

    /// Adds all direct neighbours of the vertices so far.
    mutating func addNeighbours() {
        var key = Array(repeating: Int32(0), count: dimensions)
        for vertex in 0..<count {
            for direction in 0...dimensions {
                for sign: Int32 in [1, -1] {
                    step(from: vertex, along: direction, sign, into: &key)
                    _ = insert(key)
                }
            }
        }
    }

    /// `[d + 1, count, 2]`: both neighbours of every vertex along each direction; `count` where there is none.
    func neighbours() -> [Int32] {
        var result = Array(repeating: Int32(count), count: (dimensions + 1) * count * 2)
        var key = Array(repeating: Int32(0), count: dimensions)
        for direction in 0...dimensions {
            for vertex in 0..<count {
                for (side, sign) in [Int32(1), -1].enumerated() {
                    step(from: vertex, along: direction, sign, into: &key)
                    let found = slots[find(key)]
                    if found >= 0 { result[(direction * count + vertex) * 2 + side] = found }
                }
            }
        }
        return result
    }

    /// A direction is −1 in every coordinate but its own, d there; the last coordinate is not stored.
    private func step(from vertex: Int, along direction: Int, _ sign: Int32, into key: inout [Int32]) {
        for i in 0..<dimensions {
            let delta: Int32 = i == direction ? Int32(dimensions) : -1
            key[i] = keys[vertex * dimensions + i] &+ sign &* delta
        }
    }

    /// The slot of a key, or the empty one where it belongs.
    private func find(_ key: [Int32]) -> Int {
        var hash: UInt64 = 0
        for coordinate in key {
            hash = (hash ^ UInt64(UInt32(bitPattern: coordinate))) &* 0x9E37_79B9_7F4A_7C15
            hash ^= hash >> 29
        }
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash >> 16) & mask
        while slots[slot] >= 0 {
            let base = Int(slots[slot]) * dimensions
            var isSame = true
            for i in 0..<dimensions where keys[base + i] != key[i] {
                isSame = false
                break
            }
            if isSame { break }
            slot = (slot + 1) & mask
        }
        return slot
    }

    private mutating func grow() {
        slots = Array(repeating: -1, count: slots.count * 2)
        var key = Array(repeating: Int32(0), count: dimensions)
        for vertex in 0..<count {
            for i in 0..<dimensions { key[i] = keys[vertex * dimensions + i] }
            slots[find(key)] = Int32(vertex)
        }
    }
}
