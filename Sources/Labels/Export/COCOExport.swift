import Checkpoints
import Files
import Images

/// Label maps as a COCO annotation file: one annotation a class and picture.
///
/// Pictures and annotations are numbered from 1, in the order given; a category's number is the class's in the label map, and 255 the
/// background's, since 0 is no category to some readers. Unknown pixels belong to no annotation.
final class COCOExport: LabelExport {
    /// What stands in the annotations.
    enum Content: Sendable {
        /// Masks of the classes, as compressed run lengths.
        case masks
        /// Those of the background too.
        case everyPixel
        /// Polygons of the classes: ``SharedOutlines``.
        case polygons
    }

    private let file: StreamedFile
    private let categories: [(number: Int, name: String)]
    private let content: Content
    private var images: [JSONValue] = []
    private var annotations = 0

    init(_ file: StreamedFile, _ names: LabelNames, _ content: Content) throws(FileError) {
        self.file = file
        self.content = content
        let all = names.all(unknown: false)
        categories = content == .everyPixel ? all : Array(all.dropFirst())
        try file.append("{\"annotations\":[")
    }

    func add(_ label: ExportedLabel) throws {
        let labels = label.labels, image = images.count + 1
        images.append(Self.image(image, label))
        let present = Set(labels.numbers.map { Int($0) })
        let outlines = content == .polygons ? SharedOutlines(labels, tolerance: SharedOutlines.usualTolerance) : nil
        for (number, _) in categories where present.contains(number) {
            let runs = RunLengths(Mask(labels, index: UInt8(number)))
            let box = runs.box
            var members: [String: JSONValue] = [
                "image_id": .integer(image), "category_id": .integer(Self.category(of: number)), "iscrowd": .integer(0), "area": .integer(runs.area),
                "bbox": .array([box.x, box.y, box.width, box.height].map { .integer($0) }),
            ]
            if let outlines {
                let polygons = outlines.polygons(of: UInt8(number))
                // Less than a pixel wide everywhere.
                guard !polygons.isEmpty else { continue }
                members["segmentation"] = .array(polygons.map { .array($0.flatMap { [.integer($0.x), .integer($0.y)] }) })
            } else {
                members["segmentation"] = .object([
                    "size": .array([.integer(labels.height), .integer(labels.width)]), "counts": .string(runs.compressed),
                ])
            }
            annotations += 1
            members["id"] = .integer(annotations)
            try file.append((annotations > 1 ? ",\n" : "\n") + JSONValue.object(members).text())
        }
    }

    func finish() throws {
        let categories = categories.map { number, name in
            var members: [String: JSONValue] = ["id": .integer(Self.category(of: number)), "name": .string(name), "supercategory": .string("")]
            if content == .everyPixel { members["isthing"] = .integer(0) }
            return JSONValue.object(members)
        }
        try file.append("],\n\"categories\":" + JSONValue.array(categories).text())
        try file.append(",\n\"images\":" + JSONValue.array(images).text() + "}\n")
        try file.finish()
    }

    /// The category of a number of the label maps.
    static func category(of number: Int) -> Int { number == 0 ? 255 : number }

    /// A picture as COCO's files list it.
    static func image(_ number: Int, _ label: ExportedLabel) -> JSONValue {
        .object([
            "id": .integer(number), "file_name": .string(label.fileName), "width": .integer(label.labels.width),
            "height": .integer(label.labels.height),
        ])
    }
}
