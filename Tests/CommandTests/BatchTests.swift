import Files
import Foundation
import Images
import Labels
import Tensors
import TestSupport
import Testing

/// `getam label`: what scripts rely on.
@Suite struct BatchTests {
    private let batch: BatchFolder
    init() throws { batch = try BatchFolder() }

    @Test func everyNameGetsALabelOfItsSizeWithTheListsNumbers() throws {
        let outcome = try batch.run("out", ["--cams", batch.path("cams"), "--export", "coco=" + batch.path("coco.json")])
        #expect(outcome.status == 0 && outcome.output.isEmpty, "\(outcome.error)")
        #expect(outcome.error.contains("6 of 6 pictures labeled"))
        #expect(outcome.error.contains("labels skipped: 2 ") && outcome.error.contains("sofa (1), unicorn (1)"), "\(outcome.error)")
        #expect(outcome.error.contains("1 pictures without a usable label"))
        #expect(try batch.entries("out") == BatchFolder.names.map { $0 + ".png" })
        #expect(try batch.entries("cams") == BatchFolder.names.map { $0 + ".npz" })
        // VOC: cow 10, dog 12, cat 8, horse 13, sheep 17.
        let classes: [String: Set<UInt8>] = [
            "01-cat": [8], "03-dog": [12], "06-sheep": [], "08-two-dogs": [12], "09-cow-and-sheep": [10, 17], "10-horses-and-dog": [12, 13],
        ]
        var areas: [String: [Int: Int]] = [:]
        for name in BatchFolder.names {
            let labels = try batch.labels("out", name)
            let size = try ImageFile.size(path: batch.path("images/\(name).jpg"))
            #expect(labels.width == size.width && labels.height == size.height)
            let found = Set(labels.indices).subtracting([0, 255])
            #expect(found == classes[name], "\(name): \(found)")
            #expect(labels.palette == VOCPalette.colors)
            for index in found { areas[name, default: [:]][Int(index)] = labels.indices.filter { $0 == index }.count }
            // The maps' keys count from 0.
            let dump = try ClassMapDump(path: batch.path("cams/\(name).npz"))
            #expect(Set(dump.keys.map { UInt8($0 + 1) }) == classes[name])
            #expect(dump.maps.width == size.width && dump.maps.height == size.height)
            #expect(dump.maps.values.allSatisfy { (0...1).contains($0) })
        }
        // A picture without a label, no saliency: all background.
        #expect(try batch.labels("out", "06-sheep").indices.allSatisfy { $0 == 0 })
        let notes = try PNGText.read(batch.path("out/01-cat.png"))
        #expect(notes["Software"]?.hasPrefix("getam ") == true && notes["getam model"] == "deit_tiny_patch16_224")
        #expect(notes["getam weights"]?.count == 16 && notes["getam classes"] == "8 cat", "\(notes)")
        #expect(try Preset.decode(notes["getam preset"] ?? "", path: "note") == Preset.joint)
        // COCO says the same.
        let coco = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: batch.path("coco.json")))) as? [String: Any])
        let images = try #require(coco["images"] as? [[String: Any]]), annotations = try #require(coco["annotations"] as? [[String: Any]])
        #expect(images.compactMap { $0["file_name"] as? String } == BatchFolder.names.map { $0 + ".jpg" })
        for annotation in annotations {
            let name = BatchFolder.names[try #require(annotation["image_id"] as? Int) - 1]
            #expect(annotation["area"] as? Int == areas[name]?[try #require(annotation["category_id"] as? Int)])
        }
        #expect(annotations.count == areas.values.map(\.count).reduce(0, +))
    }

    @Test func theModelsOwnOrderIsTheDefault() throws {
        let arguments = batch.arguments("out", ["--cams", batch.path("cams")]).enumerated()
            .filter { ![7, 8].contains($0.offset) }.map(\.element)
        #expect(!arguments.contains("voc") && !arguments.contains("--class-list"))
        #expect(try Program.run(arguments).status == 0)
        // cat, cow, dog, horse, person, sheep.
        #expect(Set(try batch.labels("out", "09-cow-and-sheep").indices).subtracting([0]) == [2, 6])
        // A file gives any other order, with names the model lacks.
        let list = try batch.write("# mine\nunicorn\nsheep\ncow\ndog\n", "classes.txt")
        let outcome = try Program.run(batch.arguments("mine", classList: list))
        #expect(outcome.status == 0)
        #expect(Set(try batch.labels("mine", "09-cow-and-sheep").indices).subtracting([0]) == [2, 3])
        // cat is not in it.
        #expect(try batch.labels("mine", "01-cat").indices.allSatisfy { $0 == 0 })
        #expect(outcome.error.contains("cat (1)"), "\(outcome.error)")
    }

    @Test func thePresetDecides() throws {
        let preset = try batch.write(
            #"{"version":1,"layers":{"from":9},"completion":{"level":0.6,"cut":null,"opening":0}}"#, "mine.json")
        #expect(try batch.run("mine", ["--preset", preset, "--cams", batch.path("cams")]).status == 0)
        for name in BatchFolder.names {
            let dump = try ClassMapDump(path: batch.path("cams/\(name).npz")), labels = try batch.labels("mine", name)
            let pixels = labels.indices.count
            for pixel in stride(from: 0, to: pixels, by: 7) {
                let values = dump.keys.indices.map { dump.maps.values[$0 * pixels + pixel] }
                let best = values.indices.max { values[$0] < values[$1] }
                let expected = best.map { values[$0] > 0.6 ? UInt8(dump.keys[$0] + 1) : 0 } ?? 0
                if labels.indices[pixel] != expected {
                    Issue.record("\(name) at \(pixel): \(labels.indices[pixel]), not \(expected)")
                    break
                }
            }
        }
        let named = try batch.run("acr", ["--preset", "acr"])
        #expect(named.status == 0)
        #expect(try batch.contents("acr") != batch.contents("mine"))
        let unknown = try batch.run("none", ["--preset", "nonsense"])
        #expect(unknown.status == 66 && unknown.isOneLine && unknown.error.contains("nonsense") && unknown.error.contains("acr"))
        let wrong = try batch.run("none", ["--preset", try batch.write(#"{"version":1,"colour":3}"#, "wrong.json")])
        #expect(wrong.status == 65 && wrong.isOneLine && wrong.error.contains("colour"), "\(wrong.error)")
        let deep = try batch.run("none", ["--preset", try batch.write(#"{"version":1,"layers":{"from":12}}"#, "deep.json")])
        #expect(deep.status == 64 && deep.isOneLine, "\(deep.error)")
    }

    /// Salient where the map says so; without a class the salient part is unknown.
    @Test func saliencyComesFromAFolder() throws {
        try FileManager.default.createDirectory(atPath: batch.path("saliency"), withIntermediateDirectories: true)
        for name in BatchFolder.names {
            let size = try ImageFile.size(path: batch.path("images/\(name).jpg"))
            let samples = (0..<size.width * size.height).map { $0 % size.width < size.width / 2 ? UInt8(255) : 0 }
            try batch.folder.write(
                PNGEncoder.encode(GrayImage(width: size.width, height: size.height, samples: samples)), "saliency/\(name).png")
        }
        let outcome = try batch.run("out", ["--preset", "getam-official", "--saliency", batch.path("saliency")])
        #expect(outcome.status == 0, "\(outcome.error)")
        let labels = try batch.labels("out", "06-sheep")
        // The opening takes up to its size from the border.
        for pixel in labels.indices.indices {
            let column = pixel % labels.width
            if column >= labels.width / 2, labels.indices[pixel] != 0 { Issue.record("background expected at \(pixel)"); break }
        }
        let row = labels.height / 2
        #expect(labels.indices[row * labels.width + 30] == 255)
        let none = try batch.run("none", ["--preset", "getam-official"])
        #expect(none.status == 64 && none.isOneLine && none.error.contains("--saliency"), "\(none.error)")
        unlink(batch.path("saliency/03-dog.png"))
        let missing = try batch.run("out", ["--preset", "getam-official", "--saliency", batch.path("saliency")])
        #expect(missing.status == 66 && missing.error.contains("saliency/03-dog"), "\(missing.error)")
    }

    @Test func labelsOfEveryKind() throws {
        #expect(try batch.run("text").status == 0)
        let text = try batch.contents("text")
        let coco = """
            {"images":[\(BatchFolder.names.enumerated().map { "{\"id\":\($0.offset),\"file_name\":\"\($0.element).jpg\"}" }.joined(separator: ","))],
            "categories":[{"id":1,"name":"cat"},{"id":2,"name":"cow"},{"id":3,"name":"dog"},{"id":4,"name":"horse"},{"id":5,"name":"sheep"}],
            "annotations":[{"image_id":0,"category_id":1},{"image_id":1,"category_id":3},{"image_id":3,"category_id":3},
            {"image_id":4,"category_id":2},{"image_id":4,"category_id":5},{"image_id":5,"category_id":4},{"image_id":5,"category_id":3}]}
            """
        // A VOC tree with annotations.
        let annotations: [String: [String]] = [
            "01-cat": ["cat", "sofa"], "03-dog": ["dog"], "06-sheep": [], "08-two-dogs": ["dog", "dog"],
            "09-cow-and-sheep": ["sheep", "cow"], "10-horses-and-dog": ["horse", "dog"],
        ]
        for folder in ["voc/Annotations", "voc/ImageSets/Segmentation"] {
            try FileManager.default.createDirectory(atPath: batch.path(folder), withIntermediateDirectories: true)
        }
        for (name, classes) in annotations {
            let objects = classes.map { "<object><name>\($0)</name></object>" }.joined()
            try batch.write("<annotation>\(objects)</annotation>", "voc/Annotations/\(name).xml")
        }
        try FileManager.default.createSymbolicLink(atPath: batch.path("voc/JPEGImages"), withDestinationPath: "../images")
        try batch.write(BatchFolder.names.map { "/JPEGImages/\($0).jpg /SegmentationClassAug/\($0).png\n" }.joined(), "voc/ImageSets/Segmentation/aug.txt")
        let images = ["--images", batch.path("images")]
        let runs: [(String, [String])] = [
            ("vectors", images + ["--labels", Fixtures.path("labels/cls_labels_pictures.npy")]),
            ("coco", images + ["--labels", try batch.write(coco, "coco.json")]),
            ("xml", images + ["--labels", batch.path("voc/Annotations")]),
            ("tree", ["--voc", batch.path("voc"), "--split", "aug"]),
            ("mixed", ["--voc", batch.path("voc"), "--split", "aug", "--labels", batch.path("labels.txt")]),
        ]
        for (name, arguments) in runs {
            let outcome = try Program.run(["label", "--class-list", "voc", "-o", batch.path(name)] + arguments)
            #expect(outcome.status == 0, "\(name): \(outcome.error)")
            #expect(try batch.contents(name) == text, "\(name)")
        }
    }

    @Test func theClassifierMayNameTheClasses() throws {
        let outcome = try Program.run([
            "label", "--images", batch.path("images"), "--predict", "0.5", "--class-list", "voc", "-o", batch.path("out"), "--cams", batch.path("cams"),
        ])
        #expect(outcome.status == 0, "\(outcome.error)")
        let voc = ClassList.voc
        for name in BatchFolder.names {
            let classified = try Program.run(["classify", "--json", "--top", "0", batch.path("images/\(name).jpg")])
            struct Answer: Decodable {
                struct Row: Decodable { let name: String; let probability: Double }
                let classes: [Row]
            }
            let rows = try JSONDecoder().decode(Answer.self, from: Data(classified.output)).classes
            let expected = Set(rows.filter { $0.probability > 0.5 }.compactMap { voc.number(of: $0.name) }.map { Int($0) - 1 })
            #expect(Set(try ClassMapDump(path: batch.path("cams/\(name).npz")).keys) == expected, "\(name)")
        }
        #expect(try ClassMapDump(path: batch.path("cams/01-cat.npz")).keys == [7])
    }

    @Test func jobsDoNotChangeAByte() throws {
        #expect(try batch.run("one", ["--jobs", "1", "--cams", batch.path("one-cams")]).status == 0)
        #expect(try batch.run("two", ["--jobs", "2", "--cams", batch.path("two-cams")]).status == 0)
        #expect(try batch.contents("one") == batch.contents("two"))
        #expect(try batch.contents("one-cams") == batch.contents("two-cams"))
        let threads = try batch.run("three", ["--jobs", "2", "--threads", "2"])
        #expect(threads.status == 0 && threads.error.contains("2 jobs of 2 threads"))
    }
}
