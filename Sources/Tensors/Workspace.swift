import Synchronization

/// Memory for intermediate results, kept between uses so that steady work allocates nothing.
///
/// Inputs of one size find the blocks of the last one again. When another size comes, the blocks longest unused go back to
/// the system as soon as all together are a quarter more than was ever in use at once, so that a data set of many sizes
/// does not pile them up.
package final class Workspace: Sendable {
    private let state = Mutex(State())

    /// An address on its way between buffers.
    private struct Block: @unchecked Sendable {
        let base: UnsafeMutablePointer<Float>
    }

    /// The unused blocks of one size.
    private struct Shelf {
        /// Floats in a block.
        let size: Int
        var blocks: [Block]
        /// When a block of this size was last given back.
        var lastUse: Int
    }

    private struct State {
        /// A pass has a dozen sizes: a search beats a dictionary, whose accessors allocate.
        var shelves: [Shelf] = []
        /// Floats in unused and in used blocks, and the most ever used at once.
        var idleCount = 0
        var usedCount = 0
        var mostUsed = 0
        /// Counts what was given back.
        var clock = 0

        mutating func take(_ size: Int) -> Block? {
            usedCount += size
            mostUsed = max(mostUsed, usedCount)
            if let index = shelves.firstIndex(where: { $0.size == size }), let block = shelves[index].blocks.popLast() {
                idleCount -= size
                return block
            }
            while idleCount + usedCount > mostUsed + mostUsed / 4, freeOldest() {}
            return nil
        }

        mutating func giveBack(_ block: Block, _ size: Int) {
            clock += 1
            idleCount += size
            usedCount -= size
            if let index = shelves.firstIndex(where: { $0.size == size }) {
                shelves[index].blocks.append(block)
                shelves[index].lastUse = clock
            } else {
                shelves.append(Shelf(size: size, blocks: [block], lastUse: clock))
            }
        }

        /// Gives a block of the size longest unused back to the system; false when there is none.
        private mutating func freeOldest() -> Bool {
            shelves.removeAll(where: \.blocks.isEmpty)
            guard let index = shelves.indices.min(by: { shelves[$0].lastUse < shelves[$1].lastUse }),
                let block = shelves[index].blocks.popLast()
            else { return false }
            UnsafeMutableRawPointer(block.base).deallocate()
            idleCount -= shelves[index].size
            return true
        }

        mutating func freeIdle() {
            while freeOldest() {}
            mostUsed = usedCount
        }
    }

    package init() {}

    deinit { state.withLock { $0.freeIdle() } }

    /// A buffer of `count` floats with undefined contents.
    package func take(_ count: Int) -> Buffer {
        let size = max(64, (count + 63) & ~63)
        let block = state.withLock { $0.take(size) }
        return Buffer(
            base: block?.base
                ?? UnsafeMutableRawPointer.allocate(byteCount: size * MemoryLayout<Float>.stride, alignment: 64)
                .bindMemory(to: Float.self, capacity: size),
            size: size, workspace: self)
    }

    /// Gives memory that no buffer uses back to the system.
    package func trim() { state.withLock { $0.freeIdle() } }

    /// Floats in blocks that nothing uses.
    package var idleCount: Int { state.withLock { $0.idleCount } }

    /// Floats on loan from a workspace; they go back to it when the last reference goes.
    package final class Buffer: @unchecked Sendable {
        package let base: UnsafeMutablePointer<Float>
        /// Floats in it: what was asked for, rounded up.
        package let size: Int
        private let workspace: Workspace

        fileprivate init(base: UnsafeMutablePointer<Float>, size: Int, workspace: Workspace) {
            self.base = base
            self.size = size
            self.workspace = workspace
        }

        deinit {
            let block = Block(base: base)
            let size = size
            workspace.state.withLock { $0.giveBack(block, size) }
        }

        /// The address of element `offset`.
        package static func + (buffer: Buffer, offset: Int) -> UnsafeMutablePointer<Float> { buffer.base + offset }
    }
}
