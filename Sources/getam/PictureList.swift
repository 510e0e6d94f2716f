import Assets
import Foundation
import GETAM

/// The pictures that a command's arguments mean.
enum PictureList {
    /// Files as named, folders replaced by the pictures in them (by name, hidden ones left out); the bundled pictures
    /// where nothing is named.
    ///
    /// - Throws: a failure for a word that is neither a readable picture nor a folder with pictures.
    static func paths(_ arguments: [String]) throws -> [String] {
        if arguments.isEmpty {
            guard let bundled = Assets.pictures else {
                throw CommandFailure(
                    .missingInput, "the bundled pictures are not beside the program (getam_Assets.resources); name some")
            }
            return try folder(bundled)
        }
        var paths: [String] = []
        for argument in arguments {
            guard AtomicFile.exists(argument) else {
                throw CommandFailure(
                    .missingInput, "\(argument.isEmpty ? "\"\"" : argument): neither a command nor a picture or folder that is there (see getam --help)")
            }
            if argument.isFolder {
                paths += try folder(argument)
            } else {
                // One named picture is looked at before any screen opens; of many, bad ones are reported in place.
                if arguments.count == 1 { _ = try ImageFile.size(path: argument) }
                paths.append(argument)
            }
        }
        return paths
    }

    private static func folder(_ path: String) throws -> [String] {
        let names = try FolderListing(path).entries.map(\.name)
        let pictures = names.filter { !$0.hasPrefix(".") && ImageFile.isPicture($0) }.sorted()
        guard !pictures.isEmpty else {
            throw FileError(.missing, path: path, "has no pictures in it (PNG, JPEG, PPM, PGM)")
        }
        let prefix = path.hasSuffix("/") ? path : path + "/"
        return pictures.map { prefix + $0 }
    }
}
