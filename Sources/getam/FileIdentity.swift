import Files
import Glibc

/// What tells files and folders apart, whatever path or link leads to them.
struct FileIdentity: Hashable {
    private let device: dev_t
    private let number: ino_t

    /// Nil for what is not there, and for what is neither a file nor a folder.
    init?(_ path: String) {
        guard let status = FileSystem.status(path), [S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT) else { return nil }
        (device, number) = (status.st_dev, status.st_ino)
    }
}
