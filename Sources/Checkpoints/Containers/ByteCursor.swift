/// Reads little-endian numbers off the front of bytes; every reading says whether there were enough.
struct ByteCursor {
    let bytes: UnsafeRawBufferPointer
    private(set) var position: Int

    /// Starts at `position`, which must lie in the bytes or at their end.
    init(_ bytes: UnsafeRawBufferPointer, at position: Int = 0) {
        self.bytes = bytes
        self.position = position
    }

    var remaining: Int { bytes.count - position }

    /// The next number; nil where the bytes end before it does.
    mutating func read<T: FixedWidthInteger>(_: T.Type) -> T? {
        guard remaining >= MemoryLayout<T>.size else { return nil }
        defer { position += MemoryLayout<T>.size }
        return T(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: T.self))
    }

    /// The next number as `Int`; nil where the bytes end before it does or it exceeds `Int`.
    mutating func readInt<T: FixedWidthInteger>(_: T.Type) -> Int? { read(T.self).flatMap { Int(exactly: $0) } }

    /// The next `count` bytes; nil where there are fewer.
    mutating func read(count: Int) -> UnsafeRawBufferPointer? {
        guard count >= 0, count <= remaining else { return nil }
        defer { position += count }
        return UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
    }

    /// The bytes up to the next line feed, which is passed; nil where there is none within `limit` bytes.
    mutating func readLine(limit: Int) -> UnsafeRawBufferPointer? {
        let window = bytes[position..<position + min(limit, remaining)]
        guard let end = window.firstIndex(of: 0x0A) else { return nil }
        defer { position = end + 1 }
        return UnsafeRawBufferPointer(rebasing: bytes[position..<end])
    }

    mutating func skip(_ count: Int) -> Bool { read(count: count) != nil }
}
