/// The vertices of one class of a sparse lattice by their keys, numbered in the order they came.
struct LatticeTable: ~Copyable {
    /// Vertices so far.
    private(set) var count = 0
    /// Their keys; room for `capacity`.
    private(set) var keys: UnsafeMutablePointer<UInt64>
    private var capacity: Int
    /// Bytes that it may take, what growing takes in passing included.
    var limit: Int
    /// The most bytes it took.
    private(set) var peak = 0
    /// Open addressing, at most half full: a vertex, or −1, and beside it its key.
    private var vertices: UnsafeMutablePointer<Int32>
    private var slotKeys: UnsafeMutablePointer<UInt64>
    /// 64 less the binary logarithm of the number of slots.
    private var shift: UInt64

    /// A table with room for `expected` vertices; it grows as far as `limit` allows.
    init(expected: Int, limit: Int) {
        self.limit = limit
        capacity = max(expected, 32)
        keys = .allocate(capacity: capacity)
        shift = 58
        while 1 << (64 - shift) < 2 * capacity { shift -= 1 }
        (vertices, slotKeys) = Self.slots(1 << (64 - shift))
        peak = byteCount
    }

    /// Bytes it takes.
    var byteCount: Int { capacity * Self.keySize + slotCount * Self.slotSize }

    private static let keySize = MemoryLayout<UInt64>.stride
    private static let slotSize = MemoryLayout<UInt64>.stride + MemoryLayout<Int32>.stride
    private var slotCount: Int { 1 << (64 - Int(shift)) }

    deinit {
        keys.deallocate()
        vertices.deallocate()
        slotKeys.deallocate()
    }

    private static func slots(_ count: Int) -> (UnsafeMutablePointer<Int32>, UnsafeMutablePointer<UInt64>) {
        let vertices = UnsafeMutablePointer<Int32>.allocate(capacity: count)
        vertices.initialize(repeating: -1, count: count)
        return (vertices, .allocate(capacity: count))
    }

    /// The vertex of a key, added where it is new; −1 where it is new and there is no room.
    mutating func insert(_ key: UInt64) -> Int32 {
        var slot = slot(of: key)
        if vertices[slot] >= 0 { return vertices[slot] }
        if count == capacity {
            guard grow() else { return -1 }
            slot = self.slot(of: key)
        }
        let vertex = Int32(truncatingIfNeeded: count)
        (vertices[slot], slotKeys[slot], keys[count]) = (vertex, key, key)
        count &+= 1
        return vertex
    }

    /// The vertex of a key; −1 where there is none.
    func find(_ key: UInt64) -> Int32 { vertices[slot(of: key)] }

    /// The slot of a key, or the empty one where it belongs.
    @inline(__always)
    private func slot(of key: UInt64) -> Int {
        // Multiplied by 2^64 / golden ratio, neighbouring keys lie far apart.
        var slot = Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) &>> shift)
        let mask = (1 &<< (64 &- Int(truncatingIfNeeded: shift))) &- 1
        while vertices[slot] >= 0, slotKeys[slot] != key { slot = (slot &+ 1) & mask }
        return slot
    }

    /// Makes room for twice as many vertices; false where that takes more than the limit.
    private mutating func grow() -> Bool {
        // The keys are copied; the slots are let go before the larger ones are taken.
        let needed = max(
            3 * capacity * Self.keySize + slotCount * Self.slotSize, 2 * capacity * Self.keySize + 2 * slotCount * Self.slotSize)
        guard needed <= limit else { return false }
        peak = max(peak, needed)
        let larger = UnsafeMutablePointer<UInt64>.allocate(capacity: 2 * capacity)
        larger.update(from: keys, count: count)
        keys.deallocate()
        keys = larger
        capacity *= 2
        vertices.deallocate()
        slotKeys.deallocate()
        shift -= 1
        (vertices, slotKeys) = Self.slots(1 << (64 - shift))
        for vertex in 0..<count {
            let slot = slot(of: keys[vertex])
            (vertices[slot], slotKeys[slot]) = (Int32(truncatingIfNeeded: vertex), keys[vertex])
        }
        return true
    }
}
