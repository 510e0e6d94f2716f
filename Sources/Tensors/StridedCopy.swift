/// Copies of strided arrays into row-major order.
package enum StridedCopy {
    /// Elements of `size` bytes (1, 2, 4 or 8) at any alignment, written one after another in row-major order.
    ///
    /// - Parameters:
    ///   - source: where the element with all indices 0 lies.
    ///   - strides: elements between neighbors along each dimension of `shape`.
    ///   - target: room for as many elements as `shape` has.
    package static func gather(
        _ source: UnsafeRawPointer, size: Int, shape: [Int], strides: [Int], into target: UnsafeMutableRawPointer
    ) {
        switch size {
        case 1: gather(UInt8.self, source, shape, strides, target)
        case 2: gather(UInt16.self, source, shape, strides, target)
        case 4: gather(UInt32.self, source, shape, strides, target)
        case 8: gather(UInt64.self, source, shape, strides, target)
        default: preconditionFailure("elements of \(size) bytes")
        }
    }

    private static func gather<Element: FixedWidthInteger>(
        _: Element.Type, _ source: UnsafeRawPointer, _ shape: [Int], _ strides: [Int], _ target: UnsafeMutableRawPointer
    ) {
        guard !shape.contains(0) else { return }
        let size = MemoryLayout<Element>.size
        // Dimensions of one element do not matter; the last two that are left make the loops.
        var dimensions = zip(shape, strides).filter { $0.0 != 1 }.map { (extent: $0.0, stride: $0.1) }
        while dimensions.count < 2 { dimensions.insert((1, 0), at: 0) }
        let columns = dimensions.removeLast(), rows = dimensions.removeLast()
        var index = [Int](repeating: 0, count: dimensions.count)
        var (from, to) = (source, target)
        // Square tiles: a transposed matrix is then read and written a cache line at a time.
        let tile = 32
        while true {
            for top in stride(from: 0, to: rows.extent, by: tile) {
                for left in stride(from: 0, to: columns.extent, by: tile) {
                    for row in top..<min(top + tile, rows.extent) {
                        let line = to + row &* columns.extent &* size
                        let first = from + row &* rows.stride &* size
                        for column in left..<min(left + tile, columns.extent) {
                            let value = first.loadUnaligned(
                                fromByteOffset: column &* columns.stride &* size, as: Element.self)
                            line.storeBytes(of: value, toByteOffset: column &* size, as: Element.self)
                        }
                    }
                }
            }
            to += rows.extent * columns.extent * size
            var place = dimensions.count - 1
            while place >= 0 {
                index[place] += 1
                from += dimensions[place].stride * size
                guard index[place] == dimensions[place].extent else { break }
                from -= dimensions[place].extent * dimensions[place].stride * size
                index[place] = 0
                place -= 1
            }
            if place < 0 { return }
        }
    }
}
