import Files
import Synchronization

/// A folder of annotations, one a picture: VOC's XML, labelme's JSON, or both.
public final class LabelFolder: Sendable {
    private let path: String
    /// The names of the JSON files.
    private let files: [String]
    /// JSON file by the picture that it names; made when a picture has no file of its own name.
    private let named = Mutex<[String: String]?>(nil)

    /// Looks at what lies in the folder at `path`.
    ///
    /// - Throws: `FileError` where nothing in it is an annotation; it says what there is instead.
    public init(path: String) throws(FileError) {
        let entries = try FolderListing(path).entries.map(\.name).filter { !$0.isHiddenName }
        self.path = path.withoutTrailingSlash
        files = entries.filter { $0.ending == "json" }.sorted()
        guard files.isEmpty, !entries.contains(where: { $0.ending == "xml" }) else { return }
        throw FileError(.invalid, path: path, "holds neither VOC XML nor labelme JSON, one a picture: \(Self.summary(entries))")
    }

    /// The classes of the picture of a name: those of `NAME.xml` and `NAME.json`, or of the JSON file whose `imagePath` it is.
    ///
    /// - Throws: `FileError` where there is no such file, or it is damaged.
    public func classes(of picture: String) throws(FileError) -> [String] {
        let stem = ImageLabels.stem(picture)
        let base = path.appending(part: stem)
        var classes: [String] = [], isFound = false
        if AtomicFile.exists(base + ".xml") {
            classes += try VOCAnnotation.classes(path: base + ".xml")
            isFound = true
        }
        if AtomicFile.exists(base + ".json") {
            classes += try LabelmeAnnotation(path: base + ".json").classes
            isFound = true
        } else if !isFound, let file = try file(naming: stem) {
            classes += try LabelmeAnnotation(path: path.appending(part: file)).classes
            isFound = true
        }
        guard isFound else { throw FileError(.missing, path: base, "no annotation of this name (.xml, .json)") }
        return ImageLabels.Entry(picture, classes).classes
    }

    /// The JSON file that names the picture.
    private func file(naming picture: String) throws(FileError) -> String? {
        let files = try named.withLock { (index) throws(FileError) -> [String: String] in
            if let index { return index }
            var made: [String: String] = [:]
            for file in self.files {
                // A file of another kind, or a damaged one, names none; it is told where it stands for a picture.
                guard let picture = (try? LabelmeAnnotation(path: path.appending(part: file)))?.picture else { continue }
                let stem = ImageLabels.stem(picture)
                if let twin = made.updateValue(file, forKey: stem) {
                    throw FileError(.invalid, path: path, "\(twin) and \(file) both name the picture \(picture)")
                }
            }
            index = made
            return made
        }
        return files[picture]
    }

    /// What lies in a folder, in a few words.
    private static func summary(_ entries: [String]) -> String {
        guard !entries.isEmpty else { return "it is empty" }
        let kinds = Dictionary(grouping: entries.sorted()) { $0.ending.map { "." + $0 } ?? "other" }
            .sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }
        return "it has " + kinds.prefix(3).map { "\($1.count) \($0) (\($1[0])\($1.count > 1 ? ", …" : ""))" }.joined(separator: ", ")
            + (kinds.count > 3 ? " and more; " : "; ") + "a file of labels is named itself"
    }
}
