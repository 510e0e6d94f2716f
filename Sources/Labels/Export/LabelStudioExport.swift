import Checkpoints
import Files
import Images

/// Label maps as Label Studio's tasks with predictions, a brush mask a class (``BrushRuns``), and the labeling configuration whose
/// names they use. Unknown pixels are a label of their own, where there are any; the background is none.
///
/// A task's picture is `/data/local-files/?d=NAME`, which Label Studio serves from the root of its local files.
final class LabelStudioExport: LabelExport {
    /// As seen from the folder.
    static let configuration = "config.xml"
    private static let tasks = "tasks.json"
    /// What the configuration calls the brush and the picture.
    private static let (brush, image) = ("label", "image")

    private let folder: ExportFolder
    private let file: StreamedFile
    private let names: LabelNames
    private let program: String
    private var count = 0
    private var hasUnknown = false

    init(_ folder: ExportFolder, _ names: LabelNames, _ program: String) throws(FileError) {
        self.folder = folder
        self.names = names
        self.program = program
        // The folder is an export's from the beginning.
        try folder.write("", Self.configuration)
        file = try folder.stream(Self.tasks)
        try file.append("[")
    }

    func add(_ label: ExportedLabel) throws {
        let labels = label.labels, numbers = labels.numbers.filter { $0 > 0 }
        hasUnknown = hasUnknown || numbers.last == LabelCompletion.ignored
        let results = numbers.map { number in
            JSONValue.object([
                "id": .string("\(count)-\(number)"), "type": .string("brushlabels"), "from_name": .string(Self.brush),
                "to_name": .string(Self.image), "original_width": .integer(labels.width), "original_height": .integer(labels.height),
                "image_rotation": .integer(0),
                "value": .object([
                    "format": .string("rle"), "rle": .array(BrushRuns(labels, index: number).bytes.map { .integer(Int($0)) }),
                    "brushlabels": .array([.string(names.name(of: number))]),
                ]),
            ])
        }
        let task = JSONValue.object([
            "data": .object([Self.image: .string("/data/local-files/?d=" + Self.escaped(label.fileName))]),
            "predictions": .array([.object(["model_version": .string(program), "result": .array(results)])]),
        ])
        try file.append((count > 0 ? ",\n" : "\n") + task.text())
        count += 1
    }

    func finish() throws {
        try file.append("\n]\n")
        try file.finish()
        var text = "<View>\n  <Image name=\"\(Self.image)\" value=\"$\(Self.image)\" zoom=\"true\"/>\n"
        text += "  <BrushLabels name=\"\(Self.brush)\" toName=\"\(Self.image)\">\n"
        for (number, name) in names.all(unknown: hasUnknown).dropFirst() {
            let color = VOCPalette.colors[number], value = Int(color.red) << 16 | Int(color.green) << 8 | Int(color.blue)
            text += "    <Label value=\"\(Self.attribute(name))\" background=\"#\(String(hexadecimal: UInt32(value), digits: 6))\"/>\n"
        }
        try folder.write(text + "  </BrushLabels>\n</View>\n", Self.configuration)
    }

    /// A path as part of an address: bytes but letters, digits and a few signs become `%XX`.
    private static func escaped(_ path: String) -> String {
        path.bytes.map { byte in
            let character = Character(UnicodeScalar(byte))
            let isPlain = character.isASCII && (character.isLetter || character.isNumber || "-._~/".contains(character))
            return isPlain ? String(character) : "%" + String(hexadecimal: UInt32(byte), digits: 2).uppercased()
        }.joined()
    }

    private static func attribute(_ name: String) -> String {
        name.map { character in
            switch character {
            case "&": "&amp;"
            case "<": "&lt;"
            case ">": "&gt;"
            case "\"": "&quot;"
            case _ where character.isNewline || character == "\t": " "
            default: String(character)
            }
        }.joined()
    }
}
