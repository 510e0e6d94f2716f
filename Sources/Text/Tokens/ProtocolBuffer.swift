/// Reads the fields of a protocol buffer's message one after another.
struct ProtocolBuffer {
    enum Value {
        case number(UInt64)
        case bytes(ArraySlice<UInt8>)
        case float(Float)

        var flag: Bool? { if case .number(let number) = self { number != 0 } else { nil } }
        var bytes: ArraySlice<UInt8>? { if case .bytes(let bytes) = self { bytes } else { nil } }
        var float: Float? { if case .float(let value) = self { value } else { nil } }
        /// As an `int32`, which is written with all 64 bits where it is negative.
        var int: Int? { if case .number(let number) = self { Int(Int32(truncatingIfNeeded: number)) } else { nil } }
    }

    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    /// The next field; nil at the end.
    ///
    /// - Throws: `Damaged` where the bytes are no message.
    mutating func next() throws(Damaged) -> (field: Int, value: Value)? {
        guard !rest.isEmpty else { return nil }
        let key = try varint()
        let field = key >> 3
        guard (1...0x1FFF_FFFF).contains(field) else { throw Damaged() }
        switch key & 7 {
        case 0: return (Int(field), .number(try varint()))
        case 1: return (Int(field), .bytes(try take(8)))
        case 2:
            guard let count = Int(exactly: try varint()) else { throw Damaged() }
            return (Int(field), .bytes(try take(count)))
        case 5:
            let bits = try take(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            return (Int(field), .float(Float(bitPattern: bits)))
        default: throw Damaged()
        }
    }

    struct Damaged: Error {}

    private mutating func varint() throws(Damaged) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard let byte = rest.popFirst() else { throw Damaged() }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        throw Damaged()
    }

    private mutating func take(_ count: Int) throws(Damaged) -> ArraySlice<UInt8> {
        guard count <= rest.count else { throw Damaged() }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }
}
