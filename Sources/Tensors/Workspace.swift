import Synchronization

/// Memory for intermediate results, kept between uses so that steady work allocates nothing.
///
/// Inputs of one size find the blocks of the last one again. When another size comes, blocks that nothing uses are given
/// back first as soon as they are more than what is in use, so that a data set of many sizes does not pile them up.
package final class Workspace: Sendable {
    private let state = Mutex(State())

    /// An address on its way between buffers.
    private struct Block: @unchecked Sendable {
        let base: UnsafeMutablePointer<Float>
    }

    private struct State {
        /// Unused blocks by their size in floats. A pass has a dozen sizes: a search beats a dictionary, whose accessors
        /// allocate.
        var sizes: [Int] = []
        var idle: [[Block]] = []
        /// Floats in unused and in used blocks.
        var idleCount = 0
        var usedCount = 0

        mutating func takeIdle(_ size: Int) -> Block? {
            guard let index = sizes.firstIndex(of: size), let block = idle[index].popLast() else { return nil }
            idleCount -= size
            return block
        }

        mutating func giveBack(_ block: Block, _ size: Int) {
            idleCount += size
            usedCount -= size
            if let index = sizes.firstIndex(of: size) {
                idle[index].append(block)
            } else {
                sizes.append(size)
                idle.append([block])
            }
        }

        mutating func freeIdle() {
            for block in idle.joined() { UnsafeMutableRawPointer(block.base).deallocate() }
            (sizes, idle, idleCount) = ([], [], 0)
        }
    }

    package init() {}

    deinit { state.withLock { $0.freeIdle() } }

    /// A buffer of `count` floats with undefined contents.
    package func take(_ count: Int) -> Buffer {
        let size = max(64, (count + 63) & ~63)
        let block = state.withLock { state -> Block? in
            state.usedCount += size
            if let block = state.takeIdle(size) { return block }
            if state.idleCount > state.usedCount { state.freeIdle() }
            return nil
        }
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
