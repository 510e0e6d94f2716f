import CFiles
import Glibc

/// A file under way to its name: hidden beside it, and locked for as long as its writer lives.
///
/// The lock is what tells a file that is being written from what a killed program has left. It goes when the process does.
struct TemporaryFile {
    let path: String
    let descriptor: Int32

    /// Makes an empty file beside `target`, so that `rename` stays within one file system. Returns nil, with `errno` set,
    /// where it cannot be made.
    init?(beside target: String) {
        let (folder, name) = (target.folder, target.lastPart)
        var stem = Self.stem(name)
        for _ in 0..<16 {
            let unique = String(UInt64.random(in: 0 ... .max), radix: 36)
            let path = folder.appending(part: ".\(stem).\(unique)\(Self.ending)")
            let descriptor = FileSystem.open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW)
            guard descriptor >= 0 else {
                if errno == EEXIST { continue }
                // Some file systems allow shorter names than others.
                guard errno == ENAMETOOLONG, stem != Self.short(name) else { return nil }
                stem = Self.short(name)
                continue
            }
            // Who clears up may have come between the two calls, and has or had the lock then.
            var status = stat()
            if flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK
                || fstat(descriptor, &status) == 0 && status.st_nlink == 0 {
                close(descriptor)
                continue
            }
            (self.path, self.descriptor) = (path, descriptor)
            return
        }
        errno = EEXIST
        return nil
    }

    // MARK: Names

    private static let ending = ".part"
    /// Two points, the ending, and up to 13 digits that no other file has.
    private static let added = 2 + 5 + 13

    /// What the temporary names of a file have in common: its own name, or, where that would be too long a name for the
    /// file systems there are (255 bytes), a number made of it.
    private static func stem(_ name: String) -> String {
        name.utf8.count + added <= 255 ? name : short(name)
    }

    private static func short(_ name: String) -> String {
        // FNV-1a.
        let hash = name.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        return "getam-" + String(hash, radix: 36)
    }

    // MARK: What killed programs have left

    /// Removes the temporary files of the files at `paths` that no living program writes.
    static func removeLeftovers(of paths: [String]) {
        var stems: [String: Set<String>] = [:]
        for path in paths {
            let name = path.lastPart
            stems[path.folder, default: []].formUnion([stem(name), short(name)])
        }
        for (folder, stems) in stems { removeLeftovers(in: folder) { stems.contains($0) } }
    }

    /// Removes the temporary files in `folder` that no living program writes, of files whose stem is `wanted`.
    static func removeLeftovers(in folder: String, of wanted: (String) -> Bool = { _ in true }) {
        guard let entries = try? FolderListing(folder.isEmpty ? "." : folder).entries else { return }
        for name in entries.lazy.map(\.name) where name.isHiddenName && name.hasSuffix(ending) {
            let inner = name.utf8.dropFirst().dropLast(ending.utf8.count)
            guard let point = inner.lastIndex(of: UInt8(ascii: ".")), wanted(String(name[inner.startIndex..<point])) else { continue }
            removeIfDead(folder.appending(part: name))
        }
    }

    private static func removeIfDead(_ path: String) {
        guard let status = FileSystem.status(path, followsLinks: false), status.st_mode & S_IFMT == S_IFREG else { return }
        // Locks of network file systems want a file open for writing.
        let descriptor = FileSystem.open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let isFree = flock(descriptor, LOCK_EX | LOCK_NB) == 0
        if !isFree, errno == EWOULDBLOCK { return }
        // Another machine's lock may not show here; its file counts as left behind after a day.
        guard isFree && file_is_local(descriptor) != 0 || time(nil) - status.st_mtim.tv_sec > 86_400 else { return }
        FileSystem.remove(path)
    }
}
