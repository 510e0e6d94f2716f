/// Paths as another file must name them.
package enum RelativePath {
    /// A file's path as seen from the folder of another, which is there: no part of it begins at the root. The folders'
    /// symbolic links are followed, as the system does at `..`; the file's own name stays.
    package static func path(to file: String, besides other: String) -> String {
        let there = parts(file.folder), here = parts(other.folder)
        let shared = zip(there, here).prefix { $0 == $1 }.count
        return (Array(repeating: "..", count: here.count - shared) + there[shared...] + [file.lastPart]).joined(separator: "/")
    }

    /// The parts of a folder's whole path.
    private static func parts(_ folder: String) -> [String] {
        let folder = folder.isEmpty ? "." : folder
        return (FileSystem.resolved(folder) ?? folder).utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
    }
}
