import Files
import Images

/// The folder of an export of many files.
struct ExportFolder: Sendable {
    let path: String

    /// Makes the folder where it is not there.
    ///
    /// - Parameters:
    ///   - marker: what lies in it by which an earlier export of the same format is known.
    ///   - replaces: whether such a one may be written over.
    /// - Throws: `FileError` where the folder cannot be made, or is not empty and no such export: nobody's files are mixed with it.
    init(_ path: String, marker: String, _ replaces: Bool) throws(FileError) {
        self.path = path.withoutTrailingSlash
        try FileSystem.makeFolder(self.path)
        let entries = try FolderListing(self.path).entries
        guard entries.contains(where: { !$0.name.isHiddenName }) else { return }
        guard AtomicFile.exists(self.path.appending(part: marker)) else {
            throw FileError(.blocked, path: self.path, "is not empty and has no \(marker) of an earlier export; name a new folder")
        }
        guard replaces else { throw FileError(.blocked, path: self.path, "holds an earlier export") }
    }

    func file(_ name: String) -> String { path.appending(part: name) }

    func write(_ bytes: [UInt8], _ name: String) throws(FileError) {
        let file = file(name)
        try FileSystem.makeFolder(file.folder)
        try AtomicFile.writeEntry(bytes, to: file)
    }

    func write(_ text: String, _ name: String) throws(FileError) { try write(text.bytes, name) }

    /// Copies a picture as it is.
    func copy(_ picture: String, to name: String) throws(FileError) {
        guard !file(name).isSameFile(as: picture) else { return }
        try write(FileContent(path: picture).withBytes { Array($0) }, name)
    }

    /// A file in it that is written piece by piece.
    func stream(_ name: String) throws(FileError) -> StreamedFile {
        try FileSystem.makeFolder(file(name).folder)
        return try StreamedFile(path: file(name))
    }
}

extension IndexedImage {
    /// The numbers as gray.
    var gray: GrayImage { GrayImage(width: width, height: height, samples: indices) }

    /// The numbers in their colors, which readers that know no palette tell apart.
    var colors: RGBImage {
        let table = palette
        var samples: [UInt8] = []
        samples.reserveCapacity(3 * indices.count)
        for index in indices {
            let color = table[Int(index)]
            samples.append(color.red)
            samples.append(color.green)
            samples.append(color.blue)
        }
        return RGBImage(width: width, height: height, samples: samples)
    }

    /// The numbers that occur, ascending.
    var numbers: [UInt8] {
        var isThere = [Bool](repeating: false, count: 256)
        for index in indices { isThere[Int(index)] = true }
        return (0..<256).filter { isThere[$0] }.map { UInt8($0) }
    }
}
