import Glibc

/// The files in a folder and in the folders in it.
package struct FolderTree {
    /// Paths relative to the folder, in the order of their bytes.
    package let files: [String]
    /// Folders in it that could not be read.
    package let unreadable: [FileError]

    /// Walks through the folder at `path`. Hidden files and folders are left out.
    ///
    /// Links to folders are followed. Every folder is entered once, by its own path rather than by a link to it, so that
    /// links in a circle end.
    ///
    /// - Parameters:
    ///   - endings: of the files that count, in lower case.
    ///   - others: folders that are not entered.
    /// - Throws: `FileError` where the folder itself is not there, is none, or may not be read.
    package init(_ path: String, endings: Set<String>, leavingOut others: [String] = []) throws(FileError) {
        let base = path.appending(part: "")
        var files: [String] = [], unreadable: [FileError] = []
        var seen = Set(others.compactMap(Identity.init))
        if let own = Identity(path) { seen.insert(own) }
        // Folders with their slash; links wait until every folder is known by its own path.
        var waiting = [""], links: [String] = []
        while let folder = waiting.popLast() ?? Self.next(&links, base, &seen) {
            let listing: FolderListing
            do {
                listing = try FolderListing(folder.isEmpty ? path : base + folder)
            } catch {
                if folder.isEmpty { throw error }
                unreadable.append(error)
                continue
            }
            for entry in listing.entries where !entry.name.isHiddenName {
                let name = folder + entry.name
                if !entry.isFolder {
                    if let ending = entry.name.ending, endings.contains(ending) { files.append(name) }
                } else if entry.isLink {
                    links.append(name + "/")
                } else if Identity(base + name).map({ seen.insert($0).inserted }) ?? true {
                    waiting.append(name + "/")
                }
            }
        }
        self.files = files.sorted { $0.precedesInBytes($1) }
        self.unreadable = unreadable
    }

    /// The first link, by its bytes, to a folder that is not known yet.
    private static func next(_ links: inout [String], _ base: String, _ seen: inout Set<Identity>) -> String? {
        links.sort { $1.precedesInBytes($0) }
        while let link = links.popLast() {
            if let identity = Identity(base + link), seen.insert(identity).inserted { return link }
        }
        return nil
    }

    /// What makes a folder the same by every path.
    private struct Identity: Hashable {
        let device: dev_t
        let file: ino_t

        init?(_ path: String) {
            guard let status = FileSystem.status(path) else { return nil }
            (device, file) = (status.st_dev, status.st_ino)
        }
    }
}
