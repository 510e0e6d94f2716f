import Glibc

/// What the system's allocator is told; nothing where it is not glibc's, whose Swift module lacks these calls.
public enum Allocator {
    /// Large blocks are mapped and unmapped one by one, whatever was freed before, and few threads have heaps of their own: for
    /// a program that runs for hours and frees what it took.
    public static func keepSmall() {
        guard let symbol = dlsym(nil, "mallopt") else { return }
        let set = unsafeBitCast(symbol, to: (@convention(c) (Int32, Int32) -> Int32).self)
        // M_MMAP_THRESHOLD, M_TRIM_THRESHOLD, M_ARENA_MAX of malloc.h.
        for (option, value) in [(-3, 1 << 20), (-1, 4 << 20), (-8, 2)] as [(Int32, Int32)] { _ = set(option, value) }
    }

    /// Gives the free pages in the heaps back.
    static func returnPages() { _ = trim?(0) }

    private static let trim = dlsym(nil, "malloc_trim").map { unsafeBitCast($0, to: (@convention(c) (Int) -> Int32).self) }
}
