/// The color pairs given out so far, by their two colors: an open-addressed table, since a frame asks thousands of times.
struct PairTable {
    /// Pairs 1 to `capacity` may be given out; pair 0 is the terminal's own colors.
    let capacity: Int32
    private(set) var used: Int32 = 0
    private var slots: [Slot]
    private let mask: Int

    private struct Slot {
        var key: UInt64 = 0
        var pair: Int32 = 0
    }

    init(capacity: Int) {
        self.capacity = Int32(clamping: max(capacity, 0))
        var size = 256
        while size < 2 * Int(self.capacity) { size *= 2 }
        slots = Array(repeating: Slot(), count: size)
        mask = size - 1
    }

    enum Answer: Equatable {
        case known(Int32)
        /// Not yet defined: the caller defines it.
        case new(Int32)
        case full
    }

    /// The pair of two reduced colors.
    mutating func pair(_ foreground: Int32, _ background: Int32) -> Answer {
        if foreground < 0, background < 0 { return .known(0) }
        let key = UInt64(UInt32(bitPattern: foreground &+ 1)) << 32 | UInt64(UInt32(bitPattern: background &+ 1))
        var position = Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 40) & mask
        while slots[position].pair != 0 {
            if slots[position].key == key { return .known(slots[position].pair) }
            position = (position + 1) & mask
        }
        if used >= capacity { return .full }
        used += 1
        slots[position] = Slot(key: key, pair: used)
        return .new(used)
    }

    mutating func removeAll() {
        used = 0
        for i in slots.indices { slots[i] = Slot() }
    }
}
