import GETAM

/// Where the classes of each picture come from.
enum LabelSource: Sendable {
    /// A file that names them.
    case file(ImageLabels)
    /// A folder of VOC annotations, one a picture.
    case annotations(folder: String)
    /// The classifier: those above a probability.
    case predicted(above: Double)

    /// The label names of a picture; nil where the classifier decides or nothing is known of it.
    func names(of picture: String) throws(FileError) -> [String]? {
        switch self {
        case .file(let labels): return labels.names[picture]
        case .annotations(let folder): return try ImageLabels.readVOC(folder: folder, pictures: [picture]).names[picture]
        case .predicted: return nil
        }
    }

    var isPredicted: Bool {
        if case .predicted = self { true } else { false }
    }

    /// The source in a file, or in a folder of VOC annotations.
    static func read(path: String) throws(FileError) -> LabelSource {
        path.isFolder ? .annotations(folder: path) : .file(try ImageLabels.read(path: path))
    }
}
