/// Memory for elements without reference counts, uninitialized, until the last reference goes.
package final class MemoryBlock<Element: BitwiseCopyable>: @unchecked Sendable {
    package let base: UnsafeMutablePointer<Element>
    package let count: Int

    package init(count: Int) {
        self.count = count
        base = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1) * MemoryLayout<Element>.stride, alignment: 64)
            .bindMemory(to: Element.self, capacity: max(count, 1))
    }

    /// Gives what was let go of back to the system, as far as its allocator kept it.
    package static func releaseIdle() {
        #if canImport(Glibc)
        _ = trim(0)
        #endif
    }

    deinit { UnsafeMutableRawPointer(base).deallocate() }
}

#if canImport(Glibc)
/// glibc's, which its module does not show.
@_silgen_name("malloc_trim")
private func trim(_ padding: Int) -> CInt
#endif
