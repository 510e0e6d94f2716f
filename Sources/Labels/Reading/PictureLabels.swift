import Files
import Synchronization

/// What labels say of a run's pictures: the entries of a file, or the files of a folder, brought to the pictures' names.
public final class PictureLabels: Sendable {
    public let pictures: PictureNames
    /// Pictures without an entry in the label file; not known of a folder.
    public let withoutEntry: [String]
    /// How many of the label file's entries are no picture's.
    public let entriesWithoutPicture: Int
    /// Entries that the file gives another folder than their picture has: "'dog/1' is 'cat/1'".
    public let elsewhere: [String]
    private let source: Source
    /// The entries, or the XML files.
    private let found: [PictureEntries.Found]

    private enum Source: Sendable {
        case file(ImageLabels, path: String)
        case folder(LabelFolder, json: [PictureEntries.Found])
        case masks(CompanionFiles, MaskLegend)
    }

    /// - Parameter path: of the label file, for errors.
    public init(_ labels: ImageLabels, of pictures: PictureNames, path: String) {
        self.pictures = pictures
        let named = labels.entries.indices.filter { !labels.entries[$0].isNumber }
        let entries = PictureEntries(named.map { labels.entries[$0].picture }, of: pictures)
        var used: Set<Int> = []
        found = entries.found.enumerated().map { picture, found in
            switch found {
            case .entry(let place):
                used.insert(named[place])
                return .entry(named[place])
            case .none:
                guard let place = labels.place(ofNumbered: pictures.names[picture]) else { return .none }
                used.insert(place)
                return .entry(place)
            case .unclear: return found
            }
        }
        withoutEntry = zip(pictures.names, found).filter { $0.1 == .none }.map(\.0)
        entriesWithoutPicture = labels.entries.count - used.count
        elsewhere = entries.elsewhere.map { "“\(labels.entries[named[$0.entry]].picture)” is “\(pictures.names[$0.picture])”" }
        source = .file(labels, path: path)
    }

    /// What a folder holds of pictures.
    public init(_ folder: LabelFolder, of pictures: PictureNames) {
        self.pictures = pictures
        (withoutEntry, entriesWithoutPicture, elsewhere) = ([], 0, [])
        if let masks = folder.masks {
            found = []
            let files = CompanionFiles(masks.files, of: pictures.names.map { ($0, $0) }, missing: "no mask of this name (.png)")
            source = .masks(files, masks.legend)
            return
        }
        found = PictureEntries(folder.xml, of: pictures).found
        source = .folder(folder, json: PictureEntries(folder.json, of: pictures).found)
    }

    /// The classes of the picture of this name; nil where the label file has no entry of it.
    ///
    /// - Throws: `FileError` where it is not clear which entry is the picture's, or the folder has no annotation of it, or a
    ///   damaged one.
    public func classes(of name: String) throws(FileError) -> [String]? {
        guard let picture = pictures.place(of: name) else { return nil }
        switch source {
        case .file(let labels, let path):
            return try Self.place(found[picture], path.isEmpty ? name : path, name).map { labels.entries[$0].classes }
        case .masks(let files, let legend): return try legend.classes(files.file(of: name))
        case .folder(let folder, let json):
            let path = folder.path.appending(part: name)
            var classes: [String] = [], isFound = false
            if let place = try Self.place(found[picture], path, name) {
                classes += try VOCAnnotation.classes(path: folder.path.appending(part: folder.xml[place]))
                isFound = true
            }
            var file = try Self.place(json[picture], path, name)
            if file == nil, !isFound { file = try Self.place(folder.naming(pictures)[picture], path, name) }
            if let file {
                classes += try LabelmeAnnotation(path: folder.path.appending(part: folder.json[file])).classes
                isFound = true
            }
            guard isFound else { throw FileError(.missing, path: path, "no annotation of this name (.xml, .json)") }
            return ImageLabels.Entry(name, classes).classes
        }
    }

    /// - Throws: `FileError` where it is not clear.
    private static func place(_ found: PictureEntries.Found, _ path: String, _ name: String) throws(FileError) -> Int? {
        switch found {
        case .entry(let place): return place
        case .none: return nil
        case .unclear(let reason): throw FileError(.invalid, path: path, "\(name): \(reason)")
        }
    }
}
