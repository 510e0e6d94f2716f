import Files

/// The table of contents of a zip archive, sizes above 4 GiB included.
///
/// Source: PKWARE's APPNOTE 6.3: local headers and data, then a central directory, then its end record.
struct ZipDirectory: Sendable {
    struct Entry: Sendable {
        let name: String
        let isDeflated: Bool
        /// Bytes in the file.
        let storedCount: Int
        /// Bytes of content.
        let count: Int
        let checksum: UInt32
        /// Where the entry's own header starts, from the beginning of the file.
        let header: Int
    }

    /// In the order of the directory; names are unique.
    private(set) var entries: [Entry] = []

    /// - Throws: `FileError` when the bytes are not a zip archive, or one with features that none of the readers needs.
    init(_ bytes: UnsafeRawBufferPointer, path: String) throws(FileError) {
        func invalid(_ reason: String) -> FileError { FileError(.invalid, path: path, "is a zip archive that \(reason)") }
        guard let end = Self.endRecord(bytes) else {
            throw invalid("is cut short: its table of contents, at the end of the file, is missing")
        }
        var cursor = ByteCursor(bytes, at: end + 8)
        guard var count = cursor.readInt(UInt16.self), cursor.skip(2), var size = cursor.readInt(UInt32.self),
            var start = cursor.readInt(UInt32.self)
        else { throw invalid("is cut short") }
        if count == 0xFFFF || size == 0xFFFF_FFFF || start == 0xFFFF_FFFF,
            let large = Self.largeRecord(bytes, before: end)
        {
            (count, size, start) = large
        }
        guard start <= end, size <= end - start else { throw invalid("places its table of contents outside the file") }
        guard count <= size / 46 else { throw invalid("states \(count) entries in \(size) bytes of table") }
        cursor = ByteCursor(UnsafeRawBufferPointer(rebasing: bytes[start..<start + size]))
        entries.reserveCapacity(count)
        var names: Set<String> = []
        var total = 0
        for number in 0..<count {
            guard let entry = Self.entry(&cursor) else { throw invalid("has a damaged table of contents at entry \(number)") }
            switch entry {
            case .failure(let problem): throw invalid(problem.reason)
            case .success(let entry):
                guard names.insert(entry.name).inserted else { throw invalid("holds \"\(entry.name.prefix(100))\" twice") }
                guard entry.storedCount <= bytes.count - total else {
                    throw invalid("states more data than the file has: its entries overlap")
                }
                total += entry.storedCount
                entries.append(entry)
            }
        }
    }

    /// Where an entry's stored bytes lie in the file.
    func range(of entry: Entry, in bytes: UnsafeRawBufferPointer) -> Range<Int>? {
        guard entry.header <= bytes.count else { return nil }
        var cursor = ByteCursor(bytes, at: entry.header)
        guard cursor.read(UInt32.self) == 0x0403_4B50, cursor.skip(22), let name = cursor.readInt(UInt16.self),
            let extra = cursor.readInt(UInt16.self), cursor.skip(name + extra), cursor.remaining >= entry.storedCount
        else { return nil }
        return cursor.position..<cursor.position + entry.storedCount
    }

    struct Problem: Error { let reason: String }

    /// The next entry; nil where the table is damaged.
    private static func entry(_ cursor: inout ByteCursor) -> Result<Entry, Problem>? {
        guard cursor.read(UInt32.self) == 0x0201_4B50, cursor.skip(4), let flags = cursor.read(UInt16.self),
            let method = cursor.read(UInt16.self), cursor.skip(4), let checksum = cursor.read(UInt32.self),
            var stored = cursor.readInt(UInt32.self), var count = cursor.readInt(UInt32.self),
            let nameCount = cursor.readInt(UInt16.self), let extraCount = cursor.readInt(UInt16.self),
            let commentCount = cursor.readInt(UInt16.self), cursor.skip(8), var header = cursor.readInt(UInt32.self),
            let nameBytes = cursor.read(count: nameCount), let extra = cursor.read(count: extraCount),
            cursor.skip(commentCount)
        else { return nil }
        let name = String(decoding: nameBytes, as: UTF8.self)
        // Sizes above 4 GiB stand in an extra field, those that need it only, in this order.
        var fields = ByteCursor(extra)
        while let kind = fields.read(UInt16.self), let length = fields.readInt(UInt16.self),
            let content = fields.read(count: length)
        {
            guard kind == 1 else { continue }
            var large = ByteCursor(content)
            for keyPath in [0, 1, 2] {
                let current = [count, stored, header][keyPath]
                guard current == 0xFFFF_FFFF else { continue }
                guard let value = large.readInt(UInt64.self) else { return nil }
                if keyPath == 0 { count = value } else if keyPath == 1 { stored = value } else { header = value }
            }
        }
        if flags & 1 != 0 { return .failure(Problem(reason: "is encrypted (\(name.prefix(100)))")) }
        guard method == 0 || method == 8 else {
            return .failure(Problem(reason: "compresses \"\(name.prefix(100))\" by method \(method); stored and deflated can be read"))
        }
        guard method == 8 || stored == count else { return nil }
        return .success(
            Entry(name: name, isDeflated: method == 8, storedCount: stored, count: count, checksum: checksum, header: header))
    }

    /// The end record: the last place whose comment reaches to the end of the file.
    private static func endRecord(_ bytes: UnsafeRawBufferPointer) -> Int? {
        var position = bytes.count - 22
        let lowest = max(0, position - 0xFFFF)
        while position >= lowest {
            if bytes[position] == 0x50, bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self) == 0x0605_4B50,
                Int(bytes.loadUnaligned(fromByteOffset: position + 20, as: UInt16.self)) == bytes.count - position - 22
            {
                return position
            }
            position -= 1
        }
        return nil
    }

    /// Count, size and start of the table from the 64-bit end record.
    private static func largeRecord(_ bytes: UnsafeRawBufferPointer, before end: Int) -> (Int, Int, Int)? {
        guard end >= 20 else { return nil }
        var locator = ByteCursor(bytes, at: end - 20)
        guard locator.read(UInt32.self) == 0x0706_4B50, locator.skip(4), let place = locator.readInt(UInt64.self),
            place <= end - 20
        else { return nil }
        var record = ByteCursor(bytes, at: place)
        guard record.read(UInt32.self) == 0x0606_4B50, record.skip(28), let count = record.readInt(UInt64.self),
            let size = record.readInt(UInt64.self), let start = record.readInt(UInt64.self)
        else { return nil }
        return (count, size, start)
    }
}
