import Synchronization

/// Memory for intermediate results, kept between uses so that steady work allocates nothing.
package final class Workspace: Sendable {
    private let idle = Mutex<[Int: [Block]]>([:])

    /// An address on its way between buffers.
    private struct Block: @unchecked Sendable {
        let base: UnsafeMutablePointer<Float>
    }

    package init() {}

    deinit {
        idle.withLock { idle in
            for block in idle.values.joined() { UnsafeMutableRawPointer(block.base).deallocate() }
        }
    }

    /// A buffer of `count` floats with undefined contents.
    package func take(_ count: Int) -> Buffer {
        let size = max(64, (count + 63) & ~63)
        let block = idle.withLock { $0[size]?.popLast() }
        return Buffer(
            base: block?.base
                ?? UnsafeMutableRawPointer.allocate(byteCount: size * MemoryLayout<Float>.stride, alignment: 64)
                .bindMemory(to: Float.self, capacity: size),
            size: size, workspace: self)
    }

    /// Gives memory that no buffer uses back to the system.
    package func trim() {
        idle.withLock { idle in
            for block in idle.values.joined() { UnsafeMutableRawPointer(block.base).deallocate() }
            idle = [:]
        }
    }

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
            workspace.idle.withLock { $0[size, default: []].append(block) }
        }

        /// The address of element `offset`.
        package static func + (buffer: Buffer, offset: Int) -> UnsafeMutablePointer<Float> { buffer.base + offset }
    }
}
