import Files
import Synchronization

/// A zip archive, mapped into memory: stored entries where they lie, deflated ones inflated when asked for.
final class ZipFile: Sendable {
    /// How far an entry may expand: to this many bytes in any case, above it to 64 times what it takes in the file.
    private static let freeExpansion = 256 << 20

    let path: String
    let directory: ZipDirectory
    let file: MappedFile
    private let places: [String: Int]
    /// How often an entry may be inflated anew, for tensors that view it in turns with others.
    private static let inflationLimit = 16
    /// The entry inflated last, which several tensors may view.
    private let latest = Mutex<(place: Int, bytes: HeldBytes)?>(nil)
    /// How often each entry was inflated.
    private let inflations = Mutex<[Int: Int]>([:])

    init(_ file: MappedFile) throws(FileError) {
        self.file = file
        path = file.path
        let directory = try file.withBytes { (bytes) throws(FileError) in try ZipDirectory(bytes, path: file.path) }
        self.directory = directory
        places = Dictionary(uniqueKeysWithValues: directory.entries.enumerated().map { ($0.element.name, $0.offset) })
    }

    func entry(named name: String) -> ZipDirectory.Entry? { places[name].map { directory.entries[$0] } }

    /// The content of the entry `name`.
    ///
    /// - Throws: `FileError` when there is none, or it is damaged or expands beyond all measure.
    func bytes(named name: String) throws(FileError) -> HeldBytes {
        guard let place = places[name] else {
            throw FileError(.invalid, path: path, "has no \"\(name.prefix(200))\" in it: it is damaged")
        }
        let entry = directory.entries[place]
        let stored = HeldBytes(file, try range(entry))
        guard entry.isDeflated else { return stored }
        if let known = latest.withLock({ $0?.place == place ? $0?.bytes : nil }) { return known }
        guard entry.count <= max(Self.freeExpansion, entry.storedCount.multipliedReportingOverflow(by: 64).partialValue) else {
            throw invalid(entry, "expands from \(entry.storedCount) to \(entry.count) bytes, which cannot be right")
        }
        let times = inflations.withLock { times in
            times[place, default: 0] += 1
            return times[place] ?? 0
        }
        guard times <= Self.inflationLimit else {
            throw invalid(entry, "is inflated over and over for tensors that view it in turns; save the file anew, stored or as .safetensors")
        }
        let content = try HeldBytes(count: entry.count) { (target) throws(FileError) in
            do throws(Inflate.Failure) {
                try stored.withBytes { (source) throws(Inflate.Failure) in
                    _ = try Inflate.inflate(source, into: target, whole: true)
                }
            } catch { throw damaged(entry) }
            guard Inflate.checksum(UnsafeRawBufferPointer(target)) == entry.checksum else { throw damaged(entry) }
        }
        latest.withLock { $0 = (place, content) }
        return content
    }

    /// Up to `limit` bytes from the beginning of an entry.
    func beginning(of entry: ZipDirectory.Entry, limit: Int) throws(FileError) -> HeldBytes {
        let place = try range(entry)
        let count = min(limit, entry.count)
        guard entry.isDeflated else { return HeldBytes(file, place.prefix(count)) }
        let stored = HeldBytes(file, place)
        return try HeldBytes(count: count) { (target) throws(FileError) in
            do throws(Inflate.Failure) {
                let made = try stored.withBytes { (source) throws(Inflate.Failure) in
                    try Inflate.inflate(source, into: target, whole: false)
                }
                if made < count { throw .short }
            } catch { throw damaged(entry) }
        }
    }

    private func range(_ entry: ZipDirectory.Entry) throws(FileError) -> Range<Int> {
        guard let range = file.withBytes({ directory.range(of: entry, in: $0) }) else {
            throw invalid(entry, "lies outside the file")
        }
        return range
    }

    private func damaged(_ entry: ZipDirectory.Entry) -> FileError { invalid(entry, "is damaged") }

    private func invalid(_ entry: ZipDirectory.Entry, _ reason: String) -> FileError {
        FileError(.invalid, path: path, "\"\(entry.name.prefix(200))\" in it \(reason)")
    }
}
