import Foundation
import GETAM

/// A folder that a batch writes one file a picture to.
struct OutputFolder: Sendable {
    let path: String
    /// What the files' names end in, without the dot.
    let ending: String

    /// Makes the folder where it is not there.
    ///
    /// - Throws: a failure where it cannot be made or written to, before the first picture is computed.
    init(_ path: String, ending: String) throws {
        self.path = path.withoutTrailingSlash
        self.ending = ending
        try FileSystem.makeFolder(self.path)
        guard FileSystem.allows(W_OK | X_OK, self.path) else {
            throw FileError(.unwritable, path: self.path, "cannot be written: \(MappedFile.message(errno))")
        }
    }

    /// The file of the picture of that name, which may begin with folders.
    func file(_ name: String) -> String { "\(path)/\(name).\(ending)" }

    /// Writes a picture's file; the folders of its name are made where they are not there.
    func write(_ bytes: [UInt8], _ name: String) throws(FileError) {
        let file = file(name)
        if name.utf8.contains(UInt8(ascii: "/")) { try FileSystem.makeFolder(file.folder) }
        try AtomicFile.writeEntry(bytes, to: file)
    }

    /// Removes what a killed run has left of these pictures' files: hidden, and never given their name.
    func removeLeftovers(of names: [String]) { AtomicFile.removeLeftovers(of: names.map(file)) }

    /// - Throws: a failure where something stands that the picture's file, or a folder of its name, cannot take the place of.
    func check(_ name: String) throws(FileError) {
        let file = file(name)
        var folder = file.folder
        while folder.utf8.count > path.utf8.count {
            if let status = FileSystem.status(folder, followsLinks: false), status.st_mode & S_IFMT == S_IFLNK {
                throw FileError(.blocked, path: folder, "is a symbolic link, where a folder is to be: move it away")
            }
            folder = folder.folder
        }
        try AtomicFile.checkEntry(file)
    }
}

/// What stands where a picture's outputs go.
enum Standing: Sendable {
    /// Nothing, or nothing whole.
    case nothing
    /// Whole files that were made otherwise: by another model, say.
    case other
    /// What would be made again.
    case same
}
