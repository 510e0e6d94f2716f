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
        /// The output cannot be made.
        case unwritable
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
