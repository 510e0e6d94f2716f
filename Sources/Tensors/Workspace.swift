import Synchronization

/// Memory for intermediate results, kept between uses so that steady work allocates nothing.
///
/// Inputs of one size find the buffers of the last one again: a buffer is free when the workspace alone refers to it. When
/// another size comes, the buffers longest unused go back to the system as soon as all together are a quarter more than was
/// ever in use at once, so that a data set of many sizes does not pile them up.
package final class Workspace: Sendable {
    private let state = Mutex(State())

    /// The buffers of one size.
    private struct Shelf {
        /// Floats in a buffer.
        let size: Int
        var buffers: [Buffer] = []
        /// When a buffer of this size was last taken.
        var lastUse = 0

        /// Floats in buffers that are in use.
        mutating func usedCount() -> Int {
            var count = 0
            for index in buffers.indices where !isKnownUniquelyReferenced(&buffers[index]) { count += size }
            return count
        }
    }

    private struct State {
        /// A pass has a dozen sizes: a search beats a dictionary, whose accessors allocate.
        var shelves: [Shelf] = []
        /// Floats in all buffers, and the most that were in use when one was added.
        var count = 0
        var mostUsed = 0
        /// Counts the buffers taken.
        var clock = 0
        /// Whether buffers stay until they are asked to go.
        var isHeld = false

        mutating func take(_ size: Int) -> Buffer {
            clock += 1
            let place = shelf(of: size)
            shelves[place].lastUse = clock
            for index in shelves[place].buffers.indices where isKnownUniquelyReferenced(&shelves[place].buffers[index]) {
                // What was written to it before its last user let go is to be seen by the next.
                atomicMemoryFence(ordering: .acquiring)
                return shelves[place].buffers[index]
            }
            mostUsed = max(mostUsed, usedCount() + size)
            while !isHeld, count + size > mostUsed + mostUsed / 4, freeOldest() {}
            let buffer = Buffer(size: size)
            shelves[shelf(of: size)].buffers.append(buffer)
            count += size
            return buffer
        }

        private mutating func shelf(of size: Int) -> Int {
            if let index = shelves.firstIndex(where: { $0.size == size }) { return index }
            shelves.append(Shelf(size: size, lastUse: clock))
            return shelves.count - 1
        }

        mutating func usedCount() -> Int {
            var used = 0
            for index in shelves.indices { used += shelves[index].usedCount() }
            return used
        }

        /// Gives an unused buffer of the size longest untouched back to the system; false when there is none.
        private mutating func freeOldest() -> Bool {
            var oldest: (shelf: Int, buffer: Int)?
            for place in shelves.indices where oldest.map({ shelves[place].lastUse < shelves[$0.shelf].lastUse }) ?? true {
                for index in shelves[place].buffers.indices where isKnownUniquelyReferenced(&shelves[place].buffers[index]) {
                    oldest = (place, index)
                    break
                }
            }
            guard let oldest else { return false }
            count -= shelves[oldest.shelf].size
            shelves[oldest.shelf].buffers.remove(at: oldest.buffer)
            if shelves[oldest.shelf].buffers.isEmpty { shelves.remove(at: oldest.shelf) }
            return true
        }

        /// Lays all buffers side by side in one block; nothing where one is in use.
        mutating func settle() {
            guard count > 0, usedCount() == 0 else { return }
            let block = MemoryBlock<Float>(count: count)
            var offset = 0
            for place in shelves.indices {
                for index in shelves[place].buffers.indices {
                    shelves[place].buffers[index] = Buffer(size: shelves[place].size, in: block, at: offset)
                    offset += shelves[place].size
                }
            }
        }

        mutating func freeIdle() {
            while freeOldest() {}
            mostUsed = usedCount()
        }
    }

    package init() {}

    /// A buffer of `count` floats with undefined contents.
    package func take(_ count: Int) -> Buffer {
        let size = max(64, (count + 63) & ~63)
        return state.withLock { $0.take(size) }
    }

    /// Gives memory that no buffer uses back to the system.
    package func trim() { state.withLock { $0.freeIdle() } }

    /// Buffers stay from now on, whatever is in use at once: for work that always takes the same.
    package func hold() { state.withLock { $0.isHeld = true } }

    /// Lays the buffers that there are side by side in one block, for work that goes on with these.
    package func settle() { state.withLock { $0.settle() } }

    /// How many buffers there are of which size, in floats.
    package var sizes: [(size: Int, buffers: Int)] { state.withLock { $0.shelves.map { ($0.size, $0.buffers.count) } } }

    /// Floats in buffers that nothing uses.
    package var idleCount: Int { state.withLock { $0.count - $0.usedCount() } }

    /// Floats lent by a workspace until the last reference goes.
    package final class Buffer: @unchecked Sendable {
        package let base: UnsafeMutablePointer<Float>
        /// Floats in it: what was asked for, rounded up.
        package let size: Int

        /// What the buffer is a part of; nil where it is a piece of memory by itself.
        private let block: MemoryBlock<Float>?

        fileprivate init(size: Int) {
            base = UnsafeMutableRawPointer.allocate(byteCount: size * MemoryLayout<Float>.stride, alignment: 64)
                .bindMemory(to: Float.self, capacity: size)
            self.size = size
            block = nil
        }

        /// A part of a block, which it keeps alive.
        package init(size: Int, in block: MemoryBlock<Float>, at offset: Int) {
            precondition(offset >= 0 && offset + size <= block.count)
            base = block.base + offset
            self.size = size
            self.block = block
        }

        /// One that has a size and no memory, for plans.
        package init(planned size: Int) { (base, self.size, block) = (Self.nowhere.base, size, Self.nowhere) }

        private static let nowhere = MemoryBlock<Float>(count: 0)

        deinit { if block == nil { UnsafeMutableRawPointer(base).deallocate() } }

        /// The address of element `offset`.
        package static func + (buffer: Buffer, offset: Int) -> UnsafeMutablePointer<Float> { buffer.base + offset }
    }
}
