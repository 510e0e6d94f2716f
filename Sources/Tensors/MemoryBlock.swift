import Glibc

/// Memory for elements without reference counts, uninitialized, until the last reference goes.
package final class MemoryBlock<Element: BitwiseCopyable>: @unchecked Sendable {
    package let base: UnsafeMutablePointer<Element>
    package let count: Int

    package init(count: Int) {
        self.count = count
        let size = max(count, 1) * MemoryLayout<Element>.stride, isLarge = size >= Self.largeSize
        let memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: isLarge ? Self.largePage : 64)
        if isLarge { madvise(memory, size, MADV_HUGEPAGE) }
        base = memory.bindMemory(to: Element.self, capacity: max(count, 1))
    }

    /// Blocks from so many bytes on are asked for in large pages, which the system hands out one by one.
    private static var largeSize: Int { 16 << 20 }
    private static var largePage: Int { 2 << 20 }

    /// Gives what was let go of back to the system, as far as its allocator kept it.
    package static func releaseIdle() {
        _ = trim(0)
    }

    deinit { UnsafeMutableRawPointer(base).deallocate() }
}

/// glibc's, which its module does not show.
@_silgen_name("malloc_trim")
private func trim(_ padding: Int) -> CInt
