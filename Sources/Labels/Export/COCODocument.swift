import Checkpoints
import Images

/// Label maps as a COCO annotation file: one annotation a class and picture, its mask as compressed run lengths.
///
/// Pictures and categories are numbered from 1, in the order given. Unknown pixels belong to no annotation.
public struct COCODocument: Sendable {
    private let categories: [(index: UInt8, name: String)]
    private var images: [JSONValue] = []
    private var annotations: [JSONValue] = []

    /// An empty document.
    ///
    /// - Parameter classNames: name of each class; number 1 of a label map is the first.
    public init(classNames: [String]) {
        categories = classNames.prefix(254).enumerated().map { (UInt8($0.offset + 1), $0.element) }
    }

    /// Adds a picture and its label map.
    ///
    /// - Parameter fileName: as it shall stand in the document.
    public mutating func add(_ labels: IndexedImage, fileName: String) {
        let image = images.count + 1
        images.append(.object([
            "id": .integer(image), "file_name": .string(fileName), "width": .integer(labels.width),
            "height": .integer(labels.height),
        ]))
        let present = Set(labels.indices)
        for (index, _) in categories where present.contains(index) {
            let runs = RunLengths(Mask(labels, index: index))
            let box = runs.box
            annotations.append(.object([
                "id": .integer(annotations.count + 1), "image_id": .integer(image), "category_id": .integer(Int(index)),
                "iscrowd": .integer(0), "area": .integer(runs.area),
                "bbox": .array([box.x, box.y, box.width, box.height].map { .integer($0) }),
                "segmentation": .object([
                    "size": .array([.integer(labels.height), .integer(labels.width)]), "counts": .string(runs.compressed),
                ]),
            ]))
        }
    }

    /// The document as JSON.
    public var json: String {
        JSONValue.object([
            "images": .array(images), "annotations": .array(annotations),
            "categories": .array(categories.map {
                .object(["id": .integer(Int($0.index)), "name": .string($0.name), "supercategory": .string("")])
            }),
        ]).text() + "\n"
    }
}
