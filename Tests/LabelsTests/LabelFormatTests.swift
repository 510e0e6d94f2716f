import Checkpoints
import Files
import Foundation
import Images
import Labels
import Testing
import TestSupport

/// Label maps in the formats of other programs, read back by the rules of those.
@Suite struct LabelFormatTests {
    private static let classes = ["cat", "say \"dog\"", "tabby, cat", "a:b"]
    private let folder: TemporaryFolder
    private let maps: [(name: String, labels: IndexedImage)]

    init() throws {
        folder = try TemporaryFolder()
        maps = [
            ("a", IndexedImage(width: 3, height: 2, indices: [0, 1, 1, 3, 255, 3])),
            ("in/b c", IndexedImage(width: 1, height: 2, indices: [2, 2])),
            ("d", IndexedImage(width: 2, height: 2, indices: [0, 0, 0, 0])),
        ]
        try FileManager.default.createDirectory(atPath: folder.path + "/pictures/in", withIntermediateDirectories: true)
        for (name, labels) in maps { try folder.write(PNGEncoder.encode(labels), "pictures/\(name).png") }
    }

    /// Writes all maps in a format, to a file or folder of its name.
    @discardableResult private func export(_ format: LabelFormat, replaces: Bool = true) throws -> String {
        let path = folder.path + "/" + format.rawValue + (format.fileExtension.map { "." + $0 } ?? "")
        let export = try format.export(to: path, classNames: Self.classes, program: "getam 9", replaces: replaces)
        for (name, labels) in maps {
            try export.add(ExportedLabel(name: name, picture: "\(folder.path)/pictures/\(name).png", fileName: name + ".png", labels: labels))
        }
        try export.finish()
        return path
    }

    private func value(_ path: String) throws -> JSONValue { try MappedFile(path: path).withBytes { try JSONParser.parse($0) } }
    private func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    @Test func coco() throws {
        let value = try value(export(.coco))
        #expect(value["images"].list.map { $0["file_name"].text } == ["a.png", "in/b c.png", "d.png"])
        #expect(value["categories"].list.map { $0["name"].text } == Self.classes)
        let annotations = value["annotations"].list
        #expect(annotations.map { [$0["id"], $0["image_id"], $0["category_id"], $0["area"]].compactMap { $0.number } }
            == [[1, 1, 1, 2], [2, 1, 3, 2], [3, 2, 2, 2]])
        #expect(annotations[1]["bbox"].integers == [0, 1, 3, 1])
        let segmentation = annotations[1]["segmentation"]
        #expect(segmentation["size"].integers == [2, 3])
        let counts = try #require(segmentation["counts"].text)
        #expect(RunLengths(width: 3, height: 2, compressed: counts)?.mask.values == [0, 0, 0, 1, 0, 1])
    }

    @Test func cocoStuffHasEveryKnownPixel() throws {
        let value = try value(export(.cocoStuff))
        #expect(value["categories"].list.map { $0["id"].number } == [255, 1, 2, 3, 4] && value["categories"].list[0]["name"].text == "background")
        var areas: [Double: Double] = [:]
        for annotation in value["annotations"].list { areas[annotation["image_id"].number ?? 0, default: 0] += annotation["area"].number ?? 0 }
        #expect(areas == [1: 5, 2: 2, 3: 4])
    }

    @Test func cocoPanoptic() throws {
        let path = try export(.cocoPanoptic)
        let value = try value(path + "/annotations/panoptic_default.json")
        #expect(value["categories"].list.allSatisfy { $0["isthing"].number == 0 } && value["categories"].list.count == 5)
        for (annotation, (name, labels)) in zip(value["annotations"].list, maps) {
            #expect(annotation["file_name"].text == name + ".png")
            let picture = try ImageFile.read(path: "\(path)/annotations/panoptic_default/\(name).png")
            var numbers = [0: 255]
            for segment in annotation["segments_info"].list {
                let category = Int(segment["category_id"].number ?? -1)
                numbers[Int(segment["id"].number ?? -1)] = category == 255 ? 0 : category
            }
            let found = labels.indices.indices.map { pixel -> UInt8 in
                let sample = (0..<3).map { Int(picture.samples[3 * pixel + $0]) }
                return UInt8(numbers[sample[0] + sample[1] << 8 + sample[2] << 16] ?? 99)
            }
            #expect(found == labels.indices, "\(name)")
        }
    }

    /// What is written says again which classes are in which picture.
    @Test func classesOfPicturesComeBack() throws {
        for file in [try export(.coco), try export(.cocoStuff), try export(.cocoPanoptic) + "/annotations/panoptic_default.json"] {
            let labels = try ImageLabels.read(path: file)
            #expect(labels.entries.map(\.picture) == ["a.png", "in/b c.png", "d.png"])
            #expect(labels.entries.map(\.classes) == [["cat", "tabby, cat"], ["say \"dog\""], []], "\(file)")
        }
    }

    @Test func cvat() throws {
        let path = try export(.cvat)
        // Stored, so that the parts stand in the archive as they are.
        let bytes = Array(try Data(contentsOf: URL(filePath: path)))
        func content(_ name: String) throws -> [UInt8] {
            let name = Array(name.utf8)
            let place = try #require(bytes.indices.first { bytes[$0...].starts(with: name) && $0 >= 30 && bytes[($0 - 30)...].starts(with: [0x50, 0x4B, 3, 4]) })
            let size = (0..<4).reduce(0) { $0 | Int(bytes[place - 30 + 22 + $1]) << (8 * $1) }
            return Array(bytes[(place + name.count)...].prefix(size))
        }
        let map = String(decoding: try content("labelmap.txt"), as: UTF8.self)
        #expect(map.split(separator: "\n").dropFirst() == [
            "background:0,0,0::", "cat:128,0,0::", "say \"dog\":0,128,0::", "tabby, cat:128,128,0::", "a_b:0,0,128::", "unknown:224,224,192::",
        ])
        #expect(String(decoding: try content("ImageSets/Segmentation/default.txt"), as: UTF8.self) == "a\nin/b c\nd\n")
        for (name, labels) in maps {
            for kind in ["SegmentationClass", "SegmentationObject"] {
                let file = try folder.write(content("\(kind)/\(name).png"), "part.png")
                #expect(try ImageFile.readIndices(path: file).indices == labels.indices)
            }
        }
    }

    /// As Label Studio's own converter writes it (make_brush.py).
    @Test func brushRunsAreLabelStudios() throws {
        let cases = try json("brush").list
        #expect(cases.count == 6)
        for (place, item) in cases.enumerated() {
            let size = item["size"].integers, edges = item["runs"].integers
            var indices = [UInt8](repeating: 0, count: size[0] * size[1])
            for pair in stride(from: 0, to: edges.count, by: 2) { for pixel in edges[pair]..<edges[pair + 1] { indices[pixel] = 7 } }
            let runs = BrushRuns(IndexedImage(width: size[1], height: size[0], indices: indices), index: 7)
            #expect(runs.bytes.map { Int($0) } == item["rle"].integers, "\(place)")
        }
    }

    @Test func labelStudio() throws {
        let path = try export(.labelStudio)
        let tasks = try value(path + "/tasks.json").list
        #expect(tasks.map { $0["data"]["image"].text } == ["a.png", "in/b%20c.png", "d.png"].map { "/data/local-files/?d=" + $0 })
        let prediction = tasks[0]["predictions"].list[0]
        #expect(prediction["model_version"].text == "getam 9" && prediction["result"].list.count == 3)
        let configuration = try text(path + "/config.xml")
        for task in tasks {
            for result in task["predictions"].list[0]["result"].list {
                // Names that the configuration lacks are not shown, and nobody is told.
                #expect(configuration.contains("<BrushLabels name=\"\(result["from_name"].text ?? "?")\" toName=\"\(result["to_name"].text ?? "?")\">"))
                let label = result["value"]["brushlabels"].list[0].text ?? "?"
                #expect(configuration.contains("<Label value=\"\(label.replacing("\"", with: "&quot;"))\""), "\(label)")
            }
        }
        #expect(configuration.contains("value=\"unknown\" background=\"#e0e0c0\""))
    }

    @Test(arguments: [LabelFormat.datumaro, .roboflow, .fiftyOne, .imageFolder]) func foldersOfMasks(_ format: LabelFormat) throws {
        let path = try export(format)
        let flat = format == .datumaro || format == .roboflow
        for (name, labels) in maps {
            let name = flat ? name.replacing("/", with: "_") : name
            let (picture, mask) =
                switch format {
                case .roboflow: ("train/\(name).png", "train/\(name)_mask.png")
                case .fiftyOne: ("data/\(name).png", "labels/\(name).png")
                default: ("images/\(name).png", "masks/\(name).png")
                }
            #expect(try ImageFile.readIndices(path: "\(path)/\(mask)").indices == labels.indices)
            #expect(try Data(contentsOf: URL(filePath: "\(path)/\(picture)")) == Data(PNGEncoder.encode(labels)))
        }
        switch format {
        case .datumaro:
            let meta = try value(path + "/dataset_meta.json")
            #expect(meta["labels"].list.map(\.text) == ["background"] + Self.classes + ["unknown"])
            #expect(meta["label_map"]["5"].text == "unknown" && meta["segmentation_colors"].list[5].integers == [224, 224, 192])
        case .roboflow:
            #expect(try text(path + "/train/_classes.csv").contains("\n3, \"tabby, cat\"\n"))
        case .fiftyOne: #expect(try value(path + "/mask_targets.json")["255"].text == "unknown")
        default:
            let lines = try text(path + "/metadata.jsonl").split(separator: "\n")
            #expect(lines.count == 3 && lines[1] == #"{"file_name":"images/in/b c.png","mask_file_name":"masks/in/b c.png"}"#)
            #expect(try value(path + "/id2label.json")["0"].text == "background")
        }
    }

    /// Again over its own former self; over nobody else's files.
    @Test(arguments: LabelFormat.allCases) func writtenAnew(_ format: LabelFormat) throws {
        let path = try export(format)
        try export(format)
        #expect(throws: FileError.self) { try export(format, replaces: false) }
        guard format.fileExtension == nil else { return }
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try folder.write("mine", "\(format.rawValue)/notes.txt")
        #expect(complaint { try export(format) }.contains("is not empty"))
    }

    @Test func namesThatComeTwice() throws {
        let export = try LabelFormat.roboflow.export(to: folder.path + "/out", classNames: ["background"], program: "")
        let labels = IndexedImage(width: 1, height: 1, indices: [1]), picture = folder.path + "/pictures/a.png"
        try export.add(ExportedLabel(name: "x/a", picture: picture, fileName: "x/a.png", labels: labels))
        let twice = ExportedLabel(name: "x_a", picture: picture, fileName: "x_a.png", labels: labels)
        #expect(complaint { try export.add(twice) }.contains("x_a"))
        try export.finish()
        #expect(try text(folder.path + "/out/train/_classes.csv") == "Pixel Value, Class\n0, background_\n1, background\n")
    }

    /// What is not finished leaves no file.
    @Test func nothingHalfWritten() throws {
        do {
            let export = try LabelFormat.cvat.export(to: folder.path + "/x.zip", classNames: [], program: "")
            try export.add(ExportedLabel(name: "a", picture: "", fileName: "", labels: maps[0].labels))
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.contains("x.zip") } == [])
        #expect(throws: FileError.self) { try LabelFormat.coco.export(to: folder.path + "/none/x.json", classNames: [], program: "") }
    }
}
