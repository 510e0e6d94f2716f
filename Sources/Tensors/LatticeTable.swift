/// The vertices of a sparse lattice, numbered in the order they came, found by their coordinates.
final class LatticeTable {
    /// Vertices so far.
    private(set) var count = 0
    private let dimensions: Int
    /// `[count, d]` coordinates, and for how many vertices there is room.
    private var keys: UnsafeMutablePointer<Int32>
    private var capacity: Int
    /// Open addressing: a vertex or −1; a power of two of slots, at most half of them full.
    private var slots: UnsafeMutablePointer<Int32>
    private var slotCount: Int

    /// A table with room for `expected` vertices; it grows.
    init(dimensions: Int, expected: Int) {
        self.dimensions = dimensions
        capacity = max(expected, 32)
        keys = .allocate(capacity: capacity * dimensions)
        slotCount = 64
        while slotCount < 2 * capacity { slotCount *= 2 }
        slots = .allocate(capacity: slotCount)
        slots.initialize(repeating: -1, count: slotCount)
    }

    deinit {
        keys.deallocate()
        slots.deallocate()
    }

    /// The vertex with the given d coordinates, added where it is new.
    func insert(_ key: UnsafePointer<Int32>) -> Int32 {
        let slot = find(key)
        if slots[slot] >= 0 { return slots[slot] }
        if count == capacity { growKeys() }
        (keys + count &* dimensions).update(from: key, count: dimensions)
        let vertex = Int32(count)
        slots[slot] = vertex
        count += 1
        if 2 * count > slotCount { growSlots() }
        return vertex
    }

    /// Adds all direct neighbours of the vertices so far.
    func addNeighbours() {
        withUnsafeTemporaryAllocation(of: Int32.self, capacity: dimensions) { key in
            guard let key = key.baseAddress else { return }
            for vertex in 0..<count {
                for direction in 0...dimensions {
                    for sign: Int32 in [1, -1] {
                        step(from: vertex, along: direction, sign, into: key)
                        _ = insert(key)
                    }
                }
            }
        }
    }

    /// `[d + 1, count, 2]`: both neighbours of every vertex along each direction; `count` where there is none.
    func neighbours(_ compute: Compute) -> [Int32] {
        [Int32](unsafeUninitializedCapacity: (dimensions + 1) * count * 2) { result, filled in
            filled = (dimensions + 1) * count * 2
            guard let base = result.baseAddress else { return }
            nonisolated(unsafe) let result = base
            let chunk = 4096
            compute.pool.forEach((count + chunk - 1) / chunk) { part in
                withUnsafeTemporaryAllocation(of: Int32.self, capacity: dimensions) { key in
                    guard let key = key.baseAddress else { return }
                    for vertex in part * chunk..<min(count, (part + 1) * chunk) {
                        for direction in 0...dimensions {
                            for side in 0..<2 {
                                step(from: vertex, along: direction, side == 0 ? 1 : -1, into: key)
                                let found = slots[find(key)]
                                result[(direction &* count &+ vertex) &* 2 &+ side] = found >= 0 ? found : Int32(count)
                            }
                        }
                    }
                }
            }
        }
    }

    /// A direction is −1 in every coordinate but its own, d there; the last coordinate is not stored.
    private func step(from vertex: Int, along direction: Int, _ sign: Int32, into key: UnsafeMutablePointer<Int32>) {
        let start = keys + vertex &* dimensions
        for i in 0..<dimensions { key[i] = start[i] &- sign }
        if direction < dimensions { key[direction] = start[direction] &+ sign &* Int32(dimensions) }
    }

    /// The slot of a key, or the empty one where it belongs.
    private func find(_ key: UnsafePointer<Int32>) -> Int {
        var hash: UInt64 = 0
        for i in 0..<dimensions {
            hash = (hash ^ UInt64(UInt32(bitPattern: key[i]))) &* 0x9E37_79B9_7F4A_7C15
            hash ^= hash >> 29
        }
        let mask = slotCount - 1
        var slot = Int(truncatingIfNeeded: hash >> 16) & mask
        while slots[slot] >= 0 {
            let known = keys + Int(slots[slot]) &* dimensions
            var i = 0
            while i < dimensions, known[i] == key[i] { i += 1 }
            if i == dimensions { break }
            slot = (slot + 1) & mask
        }
        return slot
    }

    private func growKeys() {
        let larger = UnsafeMutablePointer<Int32>.allocate(capacity: 2 * capacity * dimensions)
        larger.update(from: keys, count: count * dimensions)
        keys.deallocate()
        keys = larger
        capacity *= 2
    }

    private func growSlots() {
        slots.deallocate()
        slotCount *= 2
        slots = .allocate(capacity: slotCount)
        slots.initialize(repeating: -1, count: slotCount)
        for vertex in 0..<count { slots[find(keys + vertex * dimensions)] = Int32(vertex) }
    }
}
