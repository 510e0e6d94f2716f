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
        try AtomicFile.write(bytes, to: file)
    }

    /// Removes what a killed run has left of these pictures' files: hidden, and never given their name.
    func removeLeftovers(of names: [String]) {
        for (folder, names) in Dictionary(grouping: names, by: { file($0).folder }) {
            guard let entries = try? FolderListing(folder).entries.map(\.name) else { continue }
            let own = Set(names.map { String("\($0.lastPart).\(ending)".prefix(100)) })
            for entry in entries where entry.hasPrefix(".") && entry.hasSuffix(".part") {
                let inner = entry.dropFirst().dropLast(5)
                guard let dot = inner.lastIndex(of: "."), own.contains(String(inner[..<dot])) else { continue }
                FileSystem.remove(folder.appending(part: entry))
            }
        }
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
