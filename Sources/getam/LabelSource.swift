import GETAM

/// Where the classes of each picture come from.
enum LabelSource: Sendable {
    /// A file that names them.
    case file(ImageLabels)
    /// A folder of annotations, one a picture.
    case annotations(LabelFolder)
    /// The classifier: those above a probability.
    case predicted(above: Double)

    /// The label names of a picture; nil where the classifier decides or nothing is known of it.
    func names(of picture: String) throws(FileError) -> [String]? {
        switch self {
        case .file(let labels): return labels.classes(of: picture)
        case .annotations(let folder): return try folder.classes(of: picture)
        case .predicted: return nil
        }
    }

    var isPredicted: Bool {
        if case .predicted = self { true } else { false }
    }

    /// The source in a file, or in a folder of annotations.
    static func read(path: String, _ context: ImageLabels.Context) throws(FileError) -> LabelSource {
        path.isFolder ? .annotations(try LabelFolder(path: path)) : .file(try ImageLabels.read(path: path, context))
    }

    /// Which pictures and entries have no counterpart.
    func unmatched(_ pictures: [String]) -> (withoutEntry: [String], entriesWithoutPicture: Int) {
        guard case .file(let labels) = self else { return ([], 0) }
        var used: Set<Int> = []
        var missing: [String] = []
        for picture in pictures {
            if let place = labels.place(of: picture) { used.insert(place) } else { missing.append(picture) }
        }
        return (missing, labels.entries.count - used.count)
    }

    /// The first of the pictures' labels, where none of all is a class; nil where one is, or there are no labels.
    func foreign(_ pictures: [String], isClass: (String) -> Bool) -> [String]? {
        var seen: [String] = []
        for picture in pictures {
            // What cannot be read is told where its picture is worked on.
            for label in (try? names(of: picture)) ?? [] {
                if isClass(label) { return nil }
                if seen.count < 100, !seen.contains(label) { seen.append(label) }
            }
        }
        return seen.isEmpty ? nil : seen
    }
}
