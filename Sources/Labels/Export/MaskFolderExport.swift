import Checkpoints
import Files
import Images

/// Where a format has its pictures, masks and class names.
enum MaskLayout: Sendable {
    /// Datumaro's common semantic segmentation: `images`, `masks` in colors, `dataset_meta.json`.
    case datumaro
    /// Roboflow's semantic segmentation masks: `train/NAME.jpg`, `train/NAME_mask.png`, `train/_classes.csv`.
    case roboflow
    /// FiftyOne's image segmentation directory: `data`, `labels`, and the names beside them in `mask_targets.json`.
    case fiftyOne
    /// Hugging Face's image folder: `images`, `masks`, `metadata.jsonl`, and the names in `id2label.json`.
    case imageFolder

    /// Where the class names are.
    var classFile: String {
        switch self {
        case .datumaro: "dataset_meta.json"
        case .roboflow: "train/_classes.csv"
        case .fiftyOne: "mask_targets.json"
        case .imageFolder: "id2label.json"
        }
    }

    /// Whether its readers look into folders of the pictures.
    var isDeep: Bool { self == .fiftyOne || self == .imageFolder }

    func picture(_ name: String, _ ending: String) -> String {
        switch self {
        case .datumaro, .imageFolder: "images/\(name)\(ending)"
        case .roboflow: "train/\(name)\(ending)"
        case .fiftyOne: "data/\(name)\(ending)"
        }
    }

    func mask(_ name: String) -> String {
        switch self {
        case .datumaro, .imageFolder: "masks/\(name).png"
        case .roboflow: "train/\(name)_mask.png"
        case .fiftyOne: "labels/\(name).png"
        }
    }
}

/// Copies of the pictures, a mask beside each, and the names of the classes. Masks are gray, a pixel's value its number, 255 unknown;
/// Datumaro's are in VOC's colors, since it reads colors.
final class MaskFolderExport: LabelExport {
    private let folder: ExportFolder
    private let names: LabelNames
    private let layout: MaskLayout
    /// Its lines, of the formats that have them.
    private let lines: StreamedFile?
    private var hasUnknown = false
    private var taken: Set<NameKey> = []

    init(_ folder: ExportFolder, _ names: LabelNames, _ layout: MaskLayout) throws(FileError) {
        self.folder = folder
        self.names = names
        self.layout = layout
        // The folder is an export's from the beginning.
        try folder.write("", layout.classFile)
        lines = layout == .imageFolder ? try folder.stream("metadata.jsonl") : nil
    }

    func add(_ label: ExportedLabel) throws {
        let name = layout.isDeep ? label.name : label.name.replacing("/", with: "_")
        guard taken.insert(NameKey(name)).inserted else {
            throw FileError(.blocked, path: label.picture, "another picture is called \(name) too in this format, which has no folders; rename one")
        }
        let labels = label.labels
        if !hasUnknown { hasUnknown = labels.indices.contains(LabelCompletion.ignored) }
        let picture = layout.picture(name, label.picture.lastPart.ending.map { "." + $0 } ?? ""), mask = layout.mask(name)
        try folder.copy(label.picture, to: picture)
        try folder.write(layout == .datumaro ? PNGEncoder.encode(labels.colors) : PNGEncoder.encode(labels.gray), mask)
        guard let lines else { return }
        try lines.append(JSONValue.object(["file_name": .string(picture), "mask_file_name": .string(mask)]).text() + "\n")
    }

    func finish() throws {
        try lines?.finish()
        try folder.write(classes, layout.classFile)
    }

    private var classes: String {
        let all = names.all(unknown: hasUnknown)
        let numbered = JSONValue.object(Dictionary(all.map { ("\($0.number)", .string($0.name)) }, uniquingKeysWith: { first, _ in first }))
        switch layout {
        case .fiftyOne, .imageFolder: return numbered.text(indented: true) + "\n"
        case .roboflow: return "Pixel Value, Class\n" + all.map { "\($0.number), \($0.name.csvField)\n" }.joined()
        case .datumaro:
            // Its labels are numbered without gaps; pixels are told by color.
            let labels = all.enumerated().map { ("\($0.offset)", JSONValue.string($0.element.name)) }
            let colors = all.map { VOCPalette.colors[$0.number] }
            return JSONValue.object([
                "label_map": .object(Dictionary(labels, uniquingKeysWith: { first, _ in first })),
                "labels": .array(all.map { .string($0.name) }), "background_label": .string("0"),
                "segmentation_colors": .array(colors.map { .array([$0.red, $0.green, $0.blue].map { .integer(Int($0)) }) }),
            ]).text() + "\n"
        }
    }
}
