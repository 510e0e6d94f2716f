import Files

/// Several named arrays in NumPy's `.npz` format: a ZIP archive of `.npy` files, stored without compression.
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

    /// The arrays of the archive at `path` by their names.
    ///
    /// - Parameter names: the arrays to read; the others are not touched. nil reads all.
    /// - Throws: `FileError`, also for an archive that `savez_compressed` wrote.
    public static func read(path: String, names: Set<String>? = nil) throws(FileError) -> [String: NumPyArray] {
        try MappedFile(path: path).withBytes { (bytes) throws(FileError) in try decode(bytes, path: path, names: names) }
    }

    /// The arrays in `bytes`, the whole content of an archive. `path` is only for error messages.
    public static func decode(
        _ bytes: UnsafeRawBufferPointer, path: String, names: Set<String>? = nil
    ) throws(FileError) -> [String: NumPyArray] {
        func damaged(_ reason: String) -> FileError { FileError(.invalid, path: path, reason) }
        func number(_ offset: Int, _ count: Int) -> Int {
            (0..<count).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) }
        }
        guard bytes.count >= 22, number(0, 2) == 0x4B50 else { throw damaged("is not a .npz file") }
        // The end record stands last, before a comment of at most 65,535 bytes.
        guard let end = (max(0, bytes.count - 22 - 0xFFFF)...bytes.count - 22).last(where: { number($0, 4) == 0x0605_4B50 })
        else { throw damaged("ends before its directory") }
        var position = number(end + 16, 4)
        var arrays: [String: NumPyArray] = [:]
        for _ in 0..<number(end + 10, 2) {
            guard position + 46 <= end, number(position, 4) == 0x0201_4B50 else { throw damaged("has a damaged directory") }
            let (method, crc, stored, size) = (
                number(position + 10, 2), number(position + 16, 4), number(position + 20, 4), number(position + 24, 4))
            let nameLength = number(position + 28, 2), local = number(position + 42, 4)
            let next = position + 46 + nameLength + number(position + 30, 2) + number(position + 32, 2)
            guard next <= end else { throw damaged("has a damaged directory") }
            var name = String(decoding: bytes[position + 46..<position + 46 + nameLength], as: UTF8.self)
            position = next
            if name.hasSuffix(".npy") { name.removeLast(4) }
            if let names, !names.contains(name) { continue }
            guard method == 0, stored == size else {
                throw damaged("'\(name)' is compressed; write it with numpy.savez instead of savez_compressed")
            }
            guard size != 0xFFFF_FFFF, local + 30 <= bytes.count, number(local, 4) == 0x0403_4B50 else {
                throw damaged("'\(name)' cannot be found in it")
            }
            let start = local + 30 + number(local + 26, 2) + number(local + 28, 2)
            guard start + size <= bytes.count else { throw damaged("ends within '\(name)'") }
            let content = UnsafeRawBufferPointer(rebasing: bytes[start..<start + size])
            guard Int(CRC32.of(content)) == crc else { throw damaged("'\(name)' is damaged: its checksum is wrong") }
            arrays[name] = try NumPyFile.decode(content, path: "\(path)/\(name)")
        }
        return arrays
    }
}

extension [UInt8] {
    fileprivate mutating func append(little value: Int, bytes: Int) {
        for byte in 0..<bytes { append(UInt8(truncatingIfNeeded: value >> (8 * byte))) }
    }
}

/// ZIP's checksum: the cyclic redundancy check with polynomial 0xEDB88320.
enum CRC32 {
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

    static func of(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
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
