/// ZIP's and PNG's checksum: the cyclic redundancy check with polynomial 0xEDB88320.
package enum CRC32 {
    /// Four tables, for four bytes at a time.
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 4 * 256)
        for index in 0..<256 {
            tables[index] = (0..<8).reduce(UInt32(index)) { value, _ in value >> 1 ^ (value & 1 == 1 ? 0xEDB8_8320 : 0) }
        }
        for index in 256..<1024 { tables[index] = tables[index - 256] >> 8 ^ tables[Int(tables[index - 256] & 0xFF)] }
        return tables
    }()

    package static func of(_ bytes: [UInt8]) -> UInt32 { bytes.withUnsafeBytes { of($0) } }

    package static func of(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        tables.withUnsafeBufferPointer { table in
            var value: UInt32 = 0xFFFF_FFFF
            var index = 0
            while index + 4 <= bytes.count {
                value ^= bytes.loadUnaligned(fromByteOffset: index, as: UInt32.self).littleEndian
                value = table[768 + Int(value & 0xFF)] ^ table[512 + Int(value >> 8 & 0xFF)]
                    ^ table[256 + Int(value >> 16 & 0xFF)] ^ table[Int(value >> 24)]
                index += 4
            }
            while index < bytes.count {
                value = value >> 8 ^ table[Int((value ^ UInt32(bytes[index])) & 0xFF)]
                index += 1
            }
            return value ^ 0xFFFF_FFFF
        }
    }
}
