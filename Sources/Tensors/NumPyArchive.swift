/// Several named arrays in NumPy's `.npz` format: a ZIP archive of `.npy` files, written without compression.
///
/// Source: PKWARE's APPNOTE, sections 4.3 and 4.5.3 (the 64-bit sizes that NumPy always writes).
public enum NumPyArchive {
    /// An archive of `.npy` files, as `numpy.load` reads it.
    ///
    /// The same entries always give the same bytes: every date is 1980-01-01.
    ///
    /// - Parameter entries: name without `.npy`, and content as ``NumPyFile`` makes it; in all less than 4 GiB.
    /// - Returns: nil where the content is larger than that.
    public static func encode(_ entries: [(name: String, content: [UInt8])]) -> [UInt8]? {
        let total = entries.reduce(0) { $0 + $1.content.count + 2 * ($1.name.utf8.count + 80) }
        guard total < Int(UInt32.max), entries.count < 0xFFFF else { return nil }
        var archive: [UInt8] = []
        archive.reserveCapacity(total)
        var directory: [UInt8] = []
        for (name, content) in entries {
            let name = Array((name + ".npy").utf8)
            let offset = archive.count
            // Version 2.0, UTF-8 names, stored; midnight of 1980-01-01.
            var common: [UInt8] = []
            common.append(little: 20, bytes: 2)
            common.append(little: 0x0800, bytes: 2)
            common.append(little: 0, bytes: 4)
            common.append(little: 0x21, bytes: 2)
            common.append(little: Int(CRC32.of(content)), bytes: 4)
            common.append(little: content.count, bytes: 4)
            common.append(little: content.count, bytes: 4)
            common.append(little: name.count, bytes: 2)
            common.append(little: 0, bytes: 2)
            archive.append(little: 0x0403_4B50, bytes: 4)
            archive += common + name + content
            directory.append(little: 0x0201_4B50, bytes: 4)
            directory.append(little: 20, bytes: 2)
            directory += common
            directory += [UInt8](repeating: 0, count: 10)
            directory.append(little: offset, bytes: 4)
            directory += name
        }
        let start = archive.count
        archive += directory
        archive.append(little: 0x0605_4B50, bytes: 4)
        archive.append(little: 0, bytes: 4)
        archive.append(little: entries.count, bytes: 2)
        archive.append(little: entries.count, bytes: 2)
        archive.append(little: directory.count, bytes: 4)
        archive.append(little: start, bytes: 4)
        archive.append(little: 0, bytes: 2)
        return archive
    }
}

extension [UInt8] {
    fileprivate mutating func append(little value: Int, bytes: Int) {
        for byte in 0..<bytes { append(UInt8(truncatingIfNeeded: value >> (8 * byte))) }
    }
}

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

    static func of(_ bytes: [UInt8]) -> UInt32 { bytes.withUnsafeBytes { of($0) } }

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
