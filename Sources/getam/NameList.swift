import Foundation
import GETAM

/// The names that a list file holds, and the files they mean.
enum NameList {
    /// The names in the file at `path`, one a line, in its order. A line may hold a path, of which the last part without
    /// extension is the name; of two paths, as in lists of picture and mask, the first counts.
    ///
    /// - Throws: a failure for a list without names, and for a name that stands there twice.
    static func read(path: String) throws -> [String] {
        var names: [String] = []
        var lines: [String: Int] = [:]
        for (number, line) in try TextLines.read(path, holdsNames: true) {
            let first = String(line.prefix { !$0.isWhitespace })
            let name = ImageLabels.stem(ImageFile.isPicture(first) ? first : line)
            guard !name.isEmpty else { throw FileError(.invalid, path: path, "line \(number) names no picture") }
            if let earlier = lines.updateValue(number, forKey: name) {
                throw FileError(.invalid, path: path, "line \(number) names '\(name)' a second time, line \(earlier) the first")
            }
            names.append(name)
        }
        guard !names.isEmpty else { throw FileError(.invalid, path: path, "has no names in it; write one a line") }
        return names
    }
}

/// The files of a folder by name, without extension.
struct FolderIndex: Sendable {
    let path: String
    private let files: [String: [String]]

    /// - Parameter extensions: of the files that count, in lower case.
    init(_ path: String, extensions: Set<String>) throws {
        let known = try FolderListing(path).entries.map(\.name).filter { entry in
            !entry.hasPrefix(".") && entry.split(separator: ".").last.map { extensions.contains($0.lowercased()) } == true
        }
        self.path = path.hasSuffix("/") && path.count > 1 ? String(path.dropLast()) : path
        files = Dictionary(grouping: known.sorted(), by: ImageLabels.stem)
    }

    /// The names that have a file, sorted.
    ///
    /// - Throws: a failure where two files have one name: their outputs would be one file.
    func names() throws -> [String] {
        if let (_, twins) = files.filter({ $0.value.count > 1 }).min(by: { $0.key < $1.key }) {
            throw FileError(
                .invalid, path: path, "\(twins[0]) and \(twins[1]) differ only in their extension; name one kind in a list, or move one")
        }
        return files.keys.sorted()
    }

    /// The path of the file of that name, the first by extension where there are several; nil where there is none.
    func file(_ name: String) -> String? { files[name].map { "\(path)/\($0[0])" } }
}
