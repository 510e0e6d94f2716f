import Files

/// A file of TFRecords, each written at once: length, checksum, bytes, checksum.
///
/// Source: TensorFlow's record format: a record's length as 8 bytes, little-endian, its masked CRC-32C, the bytes, and theirs.
struct RecordFile {
    private let file: AppendedFile

    /// Begins a file at `path`.
    init(path: String) throws(FileError) { file = try AppendedFile(path: path, keeping: 0) }

    func append(_ bytes: [UInt8]) throws(FileError) { try file.append(Self.record(bytes)) }

    static func record(_ bytes: [UInt8]) -> [UInt8] {
        let length = littleEndian(UInt64(bytes.count))
        return length + littleEndian(maskedChecksum(length)) + bytes + littleEndian(maskedChecksum(bytes))
    }

    private static func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }

    // MARK: Checksum

    /// CRC-32C, turned by 15 bits and moved: a checksum of bytes that hold checksums would tell little.
    static func maskedChecksum(_ bytes: [UInt8]) -> UInt32 {
        let sum = checksum(bytes)
        return (sum >> 15 | sum << 17) &+ 0xA282_EAD8
    }

    /// CRC-32C (Castagnoli; RFC 3720, B.4).
    static func checksum(_ bytes: [UInt8]) -> UInt32 {
        table.withUnsafeBufferPointer { table in
            ~bytes.reduce(~0) { $0 >> 8 ^ table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] }
        }
    }

    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { value, _ in value >> 1 ^ (value & 1 == 0 ? 0 : 0x82F6_3B78) }
    }
}
