import Files
import Synchronization

/// A folder of annotations, one a picture, in it or in the folders in it: VOC's XML, labelme's JSON, or both; or masks and what says
/// their classes (``MaskLegend``).
public final class LabelFolder: Sendable {
    /// The folder, without a slash at its end.
    let path: String
    /// The XML files, as seen from the folder.
    let xml: [String]
    /// The JSON files, as seen from the folder.
    let json: [String]
    /// Masks, and what says their classes; nil where there are annotations.
    let masks: (files: PictureFiles, legend: MaskLegend)?
    /// Which JSON file names which picture; made when a picture has no file of its own name.
    private let named = Mutex<(pictures: PictureNames, found: [PictureEntries.Found])?>(nil)

    /// Looks at what lies in the folder at `path`.
    ///
    /// - Throws: `FileError` where nothing in it is an annotation; it says what there is instead.
    public init(path: String) throws(FileError) {
        let legends: Set = ["dataset_meta.json", "mask_targets.json", "id2label.json"]
        let files = try FolderTree(path, endings: ["xml", "json"]).files.filter { !legends.contains($0) }
        self.path = path.withoutTrailingSlash
        json = files.filter { $0.ending == "json" }
        xml = files.filter { $0.ending == "xml" }
        guard files.isEmpty else {
            masks = nil
            return
        }
        let found = try PictureFiles(masks: path)
        masks = found.legend.map { (found, $0) }
        if masks != nil, !found.named.isEmpty { return }
        let entries = try FolderListing(path).entries.map(\.name).filter { !$0.isHiddenName }
        throw FileError(.invalid, path: path, "holds neither VOC XML nor labelme JSON, one a picture, nor masks with the names of their classes beside them: \(Self.summary(entries))")
    }

    /// The classes of the picture of a name: those of `NAME.xml` and `NAME.json`, or of the JSON file whose `imagePath` it is.
    /// ``PictureLabels`` finds the files of many pictures.
    ///
    /// - Throws: `FileError` where there is no such file, or it is damaged.
    public func classes(of picture: String) throws(FileError) -> [String] {
        let name = PictureNames.name(of: picture)
        return try PictureLabels(self, of: PictureNames([name])).classes(of: name) ?? []
    }

    /// By picture, the JSON file that names it.
    func naming(_ pictures: PictureNames) throws(FileError) -> [PictureEntries.Found] {
        try named.withLock { (index) throws(FileError) -> [PictureEntries.Found] in
            if let index, index.pictures.names == pictures.names { return index.found }
            var files: [Int] = [], names: [String] = [], known: [NameKey: Int] = [:]
            for (place, file) in json.enumerated() {
                // A file of another kind, or a damaged one, names none; it is told where it stands for a picture.
                guard let picture = (try? LabelmeAnnotation(path: path.appending(part: file)))?.picture else { continue }
                // As seen from the file.
                let name = PictureNames.name(of: file.folder.appending(part: picture))
                if let twin = known.updateValue(place, forKey: NameKey(name)) {
                    throw FileError(.invalid, path: path, "\(json[twin]) and \(file) both name the picture \(picture)")
                }
                files.append(place)
                names.append(name)
            }
            let found = PictureEntries(names, of: pictures).found.map { found in
                if case .entry(let place) = found { PictureEntries.Found.entry(files[place]) } else { found }
            }
            index = (pictures, found)
            return found
        }
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
