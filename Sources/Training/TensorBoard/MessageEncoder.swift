/// The bytes of a protocol buffer's message, field after field.
///
/// Source: the encoding of Protocol Buffers: a field's number and kind as a varint, then its value.
struct MessageEncoder {
    private(set) var bytes: [UInt8] = []

    private enum Kind: UInt64 { case varint = 0, eight = 1, delimited = 2, four = 5 }

    /// A number of at least 0.
    mutating func add(_ field: UInt64, _ value: Int) {
        key(field, .varint)
        varint(UInt64(max(value, 0)))
    }

    mutating func add(_ field: UInt64, _ value: Double) {
        key(field, .eight)
        withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 }
    }

    mutating func add(_ field: UInt64, _ value: Float) {
        key(field, .four)
        withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 }
    }

    mutating func add(_ field: UInt64, _ value: [UInt8]) {
        key(field, .delimited)
        varint(UInt64(value.count))
        bytes += value
    }

    mutating func add(_ field: UInt64, _ value: String) { add(field, Array(value.utf8)) }

    mutating func add(_ field: UInt64, _ value: MessageEncoder) { add(field, value.bytes) }

    private mutating func key(_ field: UInt64, _ kind: Kind) { varint(field << 3 | kind.rawValue) }

    /// Seven bits a byte, the lowest first; the eighth says that more follow.
    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest > 0x7F {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}
