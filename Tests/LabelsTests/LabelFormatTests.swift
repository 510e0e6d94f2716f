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
        // As it lies after unpacking; colors other than VOC's say the same.
        try FileManager.default.createDirectory(atPath: folder.path + "/unpacked/SegmentationClass/in", withIntermediateDirectories: true)
        for isRecolored in [false, true] {
            try folder.write(isRecolored ? map.replacing(":128,0,0:", with: ":1,2,3:") : map, "unpacked/labelmap.txt")
            for (name, labels) in maps {
                let samples = labels.indices.flatMap { index -> [UInt8] in
                    if isRecolored, index == 1 { return [1, 2, 3] }
                    let color = VOCPalette.colors[Int(index)]
                    return [color.red, color.green, color.blue]
                }
                let picture = RGBImage(width: labels.width, height: labels.height, samples: samples)
                try folder.write(PNGEncoder.encode(picture), "unpacked/SegmentationClass/\(name).png")
            }
            try readBack("unpacked/SegmentationClass", ["cat", "say \"dog\"", "tabby, cat", "a_b"])
        }
    }

    /// The masks in a folder are the maps, and say which classes are in them.
    private func readBack(_ place: String, _ names: [String] = classes, isFlat: Bool = false) throws {
        let masks = try PictureFiles(masks: folder.path + "/" + place), legend = try #require(masks.legend)
        #expect(legend.names == names)
        let known = maps.map { isFlat ? $0.name.replacing("/", with: "_") : $0.name }
        let files = CompanionFiles(masks, of: known.map { ($0, $0) }, missing: "missing")
        let labels = PictureLabels(try LabelFolder(path: folder.path + "/" + place), of: PictureNames(known))
        for (name, map) in zip(known, maps) {
            #expect(try legend.labels(files.file(of: name)).indices == map.labels.indices, "\(name)")
            let present = Set(map.labels.indices).subtracting([0, 255]).sorted().map { names[Int($0) - 1] }
            #expect(try labels.classes(of: name) == present, "\(name)")
        }
    }

    @Test func legendsThatSayNothing() throws {
        try FileManager.default.createDirectory(atPath: folder.path + "/masks", withIntermediateDirectories: true)
        let mask = try folder.write(PNGEncoder.encode(maps[0].labels), "masks/m.png")
        for (name, text, words) in [
            ("labelmap.txt", "cat 1,2,3\n", "line 1 is not"), ("labelmap.txt", "cat:1,2::\n", "line 1 is not"),
            ("labelmap.txt", "background:0,0,0::\n", "names no class"), ("labelmap.txt", "a:9,9,9::\nb:9,9,9::\n", "the value of another class: 9,9,9"),
            ("labelmap.txt", "a:9,9,9::\na:8,9,9::\n", "names a class twice"), ("labelmap.txt", "a:300,0,0::\n", "line 1 is not"),
            ("labelmap.txt", "a:9,9,9::\n", "holds the color 128,0,0, which"), ("dataset_meta.json", "{}", "label_map"),
            ("dataset_meta.json", #"{"label_map": {"0": "a"}, "segmentation_colors": []}"#, "0 colors for 1 names"),
            ("dataset_meta.json", #"{"label_map": {"0": "a"}, "segmentation_colors": [[1, 2, 256]]}"#, "not three numbers"),
            ("_classes.csv", "Pixel Value, Class\n1, cat\nx, dog\n", "line 3 is not"), ("mask_targets.json", #"{"x": "cat"}"#, "“x” is no number"),
            ("id2label.json", "[1]", "is not an object"), ("id2label.json", #"{"1": "cat"}"#, "holds the number 3, which"),
        ] {
            let path = try folder.write(text, "masks/" + name)
            let said = complaint { if let legend = try PictureFiles(masks: folder.path + "/masks").legend { _ = try legend.labels(mask) } }
            #expect(said.contains(words), "\(text): \(said)")
            try FileManager.default.removeItem(atPath: path)
        }
        #expect(try PictureFiles(masks: folder.path + "/masks").legend == nil)
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
        let masks = [LabelFormat.roboflow: "train", .fiftyOne: "labels"][format] ?? "masks"
        try readBack("\(format.rawValue)/\(masks)", isFlat: flat)
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
