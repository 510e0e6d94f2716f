import Glibc

/// What went wrong with a file, where, and what the user can do about it.
///
/// One type serves every reader and writer: `description` is the single line a command prints.
public struct FileError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Decides the exit status a command ends with (see `sysexits(3)`).
    public enum Kind: Sendable, Equatable {
        /// The file is not there, or may not be read.
        case missing
        /// The file is there, but what it holds cannot be used.
        case invalid
        /// The output cannot be made, nor could others be: the disk is full, say.
        case unwritable
        /// This one output cannot be made for what it is called, how long it is, or what stands in its place.
        case blocked
    }

    public let kind: Kind
    /// The path as the user gave it.
    public let path: String
    /// What is wrong, and where useful what to do; no trailing full stop.
    public let reason: String

    public init(_ kind: Kind, path: String, _ reason: String) {
        self.kind = kind
        self.path = path
        self.reason = reason
    }

    /// One line, whatever characters the names in it are made of.
    public var description: String { "\(path.isEmpty ? "\"\"" : path): \(reason)".printable }
}

extension FileError {
    /// What an error number of a write says of the output at `path`.
    static func unwritable(_ path: String, _ number: Int32) -> FileError {
        let own = [ENAMETOOLONG, ENOTDIR, EISDIR, ELOOP, EEXIST, EFBIG, ENXIO].contains(number)
        return FileError(own ? .blocked : .unwritable, path: path, "cannot be written: \(MappedFile.message(number))")
    }
}
