import Checkpoints
import Files
import Images

/// Label maps as COCO's panoptic format: a PNG a picture whose colors are the numbers of segments (red + 256 · green + 65,536 · blue),
/// one a class and one for the background, and one list of all. Unknown pixels are 0, which is no segment.
///
/// Segments are colored as VOC colors their classes; the background as VOC colors 255, since black would be no segment.
final class PanopticExport: LabelExport {
    /// The folder of the PNGs, as seen from that of the export.
    static let masks = "annotations/panoptic_default"

    private let folder: ExportFolder
    private let file: StreamedFile
    private let names: LabelNames
    private var images: [JSONValue] = []

    init(_ folder: ExportFolder, _ names: LabelNames) throws(FileError) {
        self.folder = folder
        self.names = names
        file = try folder.stream(Self.masks + ".json")
        try file.append("{\"annotations\":[")
    }

    /// A number's color, black for unknown.
    private static let palette: [RGBColor] = {
        var colors = VOCPalette.colors
        colors.swapAt(0, 255)
        return colors
    }()

    func add(_ label: ExportedLabel) throws {
        let labels = IndexedImage(
            width: label.labels.width, height: label.labels.height, indices: label.labels.indices, palette: Self.palette)
        images.append(COCOExport.image(images.count + 1, label))
        let segments = labels.numbers.filter { $0 != LabelCompletion.ignored }.map { number in
            let runs = RunLengths(Mask(labels, index: number)), box = runs.box, color = Self.palette[Int(number)]
            return JSONValue.object([
                "id": .integer(Int(color.red) + Int(color.green) << 8 + Int(color.blue) << 16), "category_id": .integer(COCOExport.category(of: Int(number))),
                "area": .integer(runs.area), "bbox": .array([box.x, box.y, box.width, box.height].map { .integer($0) }),
                "iscrowd": .integer(0),
            ])
        }
        try folder.write(PNGEncoder.encode(labels.colors), "\(Self.masks)/\(label.name).png")
        let annotation = JSONValue.object([
            "image_id": .integer(images.count), "file_name": .string(label.name + ".png"), "segments_info": .array(segments),
        ])
        try file.append((images.count > 1 ? ",\n" : "\n") + annotation.text())
    }

    func finish() throws {
        let categories = names.all(unknown: false).map { number, name in
            let color = Self.palette[number]
            return JSONValue.object([
                "id": .integer(COCOExport.category(of: number)), "name": .string(name), "supercategory": .string(""), "isthing": .integer(0),
                "color": .array([color.red, color.green, color.blue].map { .integer(Int($0)) }),
            ])
        }
        try file.append("],\n\"categories\":" + JSONValue.array(categories).text())
        try file.append(",\n\"images\":" + JSONValue.array(images).text() + "}\n")
        try file.finish()
    }
}
