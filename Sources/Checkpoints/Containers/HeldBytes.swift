import Files

/// Bytes that stay where they are while this object lives: a part of a mapped file, or memory of their own.
final class HeldBytes: Sendable {
    /// Valid while this object lives; outside ``withBytes(_:)`` keep it alive.
    nonisolated(unsafe) let bytes: UnsafeRawBufferPointer
    /// The mapped file the bytes lie in; nil for memory of their own.
    private let file: MappedFile?
    /// Whose memory the bytes are a part of.
    private let parent: HeldBytes?

    /// A part of a mapped file. `range` must lie inside it.
    init(_ file: MappedFile, _ range: Range<Int>) {
        bytes = UnsafeRawBufferPointer(rebasing: file.bytes[range])
        self.file = file
        parent = nil
    }

    private init(_ parent: HeldBytes, from start: Int) {
        bytes = UnsafeRawBufferPointer(rebasing: parent.bytes[start...])
        file = nil
        self.parent = parent
    }

    /// The bytes from `start` on, which must not lie behind their end.
    func from(_ start: Int) -> HeldBytes { HeldBytes(self, from: start) }

    /// Memory of `count` bytes, 64-byte aligned, which `fill` must fill.
    init<E: Error>(count: Int, fill: (UnsafeMutableRawBufferPointer) throws(E) -> Void) throws(E) {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 64)
        do throws(E) {
            try fill(memory)
        } catch {
            memory.deallocate()
            throw error
        }
        bytes = UnsafeRawBufferPointer(memory)
        file = nil
        parent = nil
    }

    func withBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        defer { withExtendedLifetime(self) {} }
        return try body(bytes)
    }

    deinit {
        if file == nil, parent == nil { bytes.deallocate() }
    }
}
