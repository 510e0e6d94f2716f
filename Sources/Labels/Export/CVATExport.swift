import Files
import Images

/// Label maps as CVAT's "Segmentation mask 1.1", VOC's layout in a zip archive: the masks in VOC's colors and, since CVAT reads shapes
/// from them, the same as objects; the list of names; `labelmap.txt` with the colors. Background is black; unknown pixels are a label
/// of their own, where there are any.
final class CVATExport: LabelExport {
    private let file: StreamedFile
    private let names: LabelNames
    private var directory = ZIPDirectory()
    private var pictures = ""
    private var hasUnknown = false

    init(_ file: StreamedFile, _ names: LabelNames) {
        self.file = file
        self.names = names
    }

    func add(_ label: ExportedLabel) throws {
        let mask = try PNGEncoder.encode(label.labels.colors)
        for folder in ["SegmentationClass", "SegmentationObject"] { try put("\(folder)/\(label.name).png", mask) }
        pictures += label.name + "\n"
        if !hasUnknown { hasUnknown = label.labels.indices.contains(LabelCompletion.ignored) }
    }

    func finish() throws {
        try put("ImageSets/Segmentation/default.txt", pictures.bytes)
        var map = "# label:color_rgb:parts:actions\n"
        for (number, name) in names.all(unknown: hasUnknown) {
            let color = VOCPalette.colors[number]
            map += "\(Self.field(name)):\(color.red),\(color.green),\(color.blue)::\n"
        }
        try put("labelmap.txt", map.bytes)
        try file.append(directory.end)
        try file.finish()
    }

    private func put(_ name: String, _ content: [UInt8]) throws(FileError) {
        guard let header = directory.header(name, content) else {
            throw FileError(
                .blocked, path: file.path, "a zip archive holds less than 4 GiB and 32,766 pictures; export parts of the pictures")
        }
        try file.append(header)
        try file.append(content)
    }

    /// A name without what ends the field or the line.
    private static func field(_ name: String) -> String {
        String(name.map { $0 == ":" || $0.isNewline ? "_" : $0 })
    }
}
