import GETAM

/// Where the classes of each picture come from.
enum LabelSource: Sendable {
    /// A file that names them, or a folder of annotations, one a picture.
    case named(PictureLabels)
    /// The classifier: those above a probability.
    case predicted(above: Double)

    /// The label names of a picture; nil where the classifier decides or nothing is known of it.
    func names(of picture: String) throws(FileError) -> [String]? {
        switch self {
        case .named(let labels): return try labels.classes(of: picture)
        case .predicted: return nil
        }
    }

    /// What is known of the pictures; nil where the classifier decides.
    var labels: PictureLabels? {
        if case .named(let labels) = self { labels } else { nil }
    }

    var isPredicted: Bool { labels == nil }

    /// The source in a file, or in a folder of annotations.
    ///
    /// - Parameter classes: names of classes, for those that hold commas.
    static func read(path: String, classes: [String], of pictures: PictureNames) throws(FileError) -> LabelSource {
        if path.isFolder { return .named(PictureLabels(try LabelFolder(path: path), of: pictures)) }
        let labels = try ImageLabels.read(path: path, ImageLabels.Context(classes: classes) { pictures.contains($0) })
        return .named(PictureLabels(labels, of: pictures, path: path))
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
