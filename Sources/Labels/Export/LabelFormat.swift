import Files
import Images

/// A label map on its way to another program.
public struct ExportedLabel: Sendable {
    /// What the picture's outputs are called: its path in the pictures' folder, without extension.
    public let name: String
    /// The picture's file.
    public let picture: String
    /// As seen from the pictures' folder, with its extension.
    public let fileName: String
    public let labels: IndexedImage

    public init(name: String, picture: String, fileName: String, labels: IndexedImage) {
        self.name = name
        self.picture = picture
        self.fileName = fileName
        self.labels = labels
    }
}

/// Takes label maps one after the other, and writes them as another program reads them; what it keeps of each are a few words.
public protocol LabelExport: AnyObject {
    /// - Throws: `FileError`, `PNGEncodingError`.
    func add(_ label: ExportedLabel) throws
    /// Writes what stands for all of them; files that are written as a whole get their names only then.
    func finish() throws
}

/// The formats of other programs that label maps are written in.
public enum LabelFormat: String, CaseIterable, Sendable {
    /// An annotation a class and picture, its mask as run lengths: one JSON file.
    case coco
    /// As ``coco``, with the background as a category, so that every known pixel is in one annotation.
    case cocoStuff = "coco-stuff"
    /// A PNG of segment numbers a picture, and one JSON file.
    case cocoPanoptic = "coco-panoptic"
    /// Polygons whose neighbors share their points, at most a pixel off: one COCO JSON file.
    case polygons
    /// CVAT's "Segmentation mask 1.1": one zip archive.
    case cvat
    /// Label Studio's predictions and its labeling configuration.
    case labelStudio = "label-studio"
    /// Datumaro's "common semantic segmentation".
    case datumaro
    /// Roboflow's masks beside the pictures.
    case roboflow
    /// FiftyOne's `ImageSegmentationDirectory`.
    case fiftyOne = "fiftyone"
    /// Hugging Face's `imagefolder` with `metadata.jsonl`.
    case imageFolder = "imagefolder"

    /// What the file's name ends in; nil for a folder.
    public var fileExtension: String? {
        switch self {
        case .coco, .cocoStuff, .polygons: "json"
        case .cvat: "zip"
        case .cocoPanoptic, .labelStudio, .datumaro, .roboflow, .fiftyOne, .imageFolder: nil
        }
    }

    /// Begins an export.
    ///
    /// - Parameters:
    ///   - path: of the file, or of the folder, which is made where it is not there.
    ///   - classNames: name of each class; number 1 of a label map is the first. At most 254.
    ///   - program: what made the labels.
    ///   - replaces: whether an existing file may be replaced.
    /// - Throws: `FileError` where nothing can be written there, or a folder holds what is none of this format's.
    public func export(
        to path: String, classNames: [String], program: String, replaces: Bool = true
    ) throws(FileError) -> any LabelExport {
        let names = LabelNames(classNames)
        switch self {
        case .coco, .cocoStuff, .polygons:
            let content: COCOExport.Content = self == .coco ? .masks : self == .cocoStuff ? .everyPixel : .polygons
            return try COCOExport(StreamedFile(path: path, replaces: replaces), names, content)
        case .cvat: return try CVATExport(StreamedFile(path: path, replaces: replaces), names)
        case .cocoPanoptic: return try PanopticExport(ExportFolder(path, marker: PanopticExport.masks, replaces), names)
        case .labelStudio: return try LabelStudioExport(ExportFolder(path, marker: LabelStudioExport.configuration, replaces), names, program)
        case .datumaro, .roboflow, .fiftyOne, .imageFolder:
            let layout: MaskLayout =
                switch self {
                case .datumaro: .datumaro
                case .roboflow: .roboflow
                case .fiftyOne: .fiftyOne
                default: .imageFolder
                }
            return try MaskFolderExport(ExportFolder(path, marker: layout.classFile, replaces), names, layout)
        }
    }
}

/// What the numbers of label maps are called in an export, each name different.
struct LabelNames: Sendable {
    /// Number 1 first.
    let classes: [String]
    /// Of number 0.
    let background: String
    /// Of 255.
    let unknown: String

    init(_ classNames: [String]) {
        var taken: Set<String> = []
        func free(_ name: String) -> String {
            var name = name
            while !taken.insert(name).inserted { name += "_" }
            return name
        }
        classes = classNames.prefix(254).map { free($0) }
        background = free("background")
        unknown = free("unknown")
    }

    /// All numbers in use and their names, background first.
    ///
    /// - Parameter unknown: whether there are unknown pixels.
    func all(unknown isThere: Bool) -> [(number: Int, name: String)] {
        [(0, background)] + classes.enumerated().map { ($0.offset + 1, $0.element) }
            + (isThere ? [(Int(LabelCompletion.ignored), unknown)] : [])
    }

    /// The name of a number that is there; a number beyond the classes is its own name.
    func name(of number: UInt8) -> String {
        switch number {
        case 0: background
        case LabelCompletion.ignored: unknown
        case _ where Int(number) <= classes.count: classes[Int(number) - 1]
        default: "\(number)"
        }
    }
}
