import Foundation
import Images
import Labels
import TestSupport
import Testing

/// `--export`: labels for other programs, of `getam label` and `getam segment`.
@Suite struct LabelExportTests {
    private func path(_ format: LabelFormat) -> String { format.rawValue + (format.fileExtension.map { "." + $0 } ?? "") }

    private func options(_ folder: (String) -> String) -> [String] {
        LabelFormat.allCases.flatMap { ["--export", "\($0.rawValue)=\(folder(path($0)))"] }
    }

    private func object(_ path: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: path))) as? [String: Any])
    }

    /// What lies in a file or folder.
    private func contents(_ path: String) throws -> [String: Data] {
        guard let files = FileManager.default.enumerator(atPath: path), FileManager.default.fileExists(atPath: path + "/.") else {
            return ["": try Data(contentsOf: URL(filePath: path))]
        }
        var contents: [String: Data] = [:]
        for case let file as String in files where !FileManager.default.fileExists(atPath: "\(path)/\(file)/.") {
            contents[file] = try Data(contentsOf: URL(filePath: "\(path)/\(file)"))
        }
        return contents
    }

    @Test func everyFormatOfARun() throws {
        let batch = try BatchFolder()
        let outcome = try batch.run("out", options(batch.path))
        #expect(outcome.status == 0 && outcome.output.isEmpty, "\(outcome.error)")
        let names = BatchFolder.names
        for name in names {
            let labels = try batch.labels("out", name)
            for mask in ["datumaro/masks/\(name)", "roboflow/train/\(name)_mask", "fiftyone/labels/\(name)", "imagefolder/masks/\(name)"] {
                #expect(try ImageFile.readIndices(path: batch.path(mask + ".png")).indices == labels.indices, "\(mask)")
            }
            for picture in ["datumaro/images", "roboflow/train", "fiftyone/data", "imagefolder/images"] {
                #expect(FileManager.default.contentsEqual(atPath: batch.path("\(picture)/\(name).jpg"), andPath: batch.path("images/\(name).jpg")))
            }
        }
        for file in ["coco.json", "polygons.json", "coco-stuff.json", "coco-panoptic/annotations/panoptic_default.json"] {
            let images = try #require(try object(batch.path(file))["images"] as? [[String: Any]])
            #expect(images.compactMap { $0["file_name"] as? String } == names.map { $0 + ".jpg" }, "\(file)")
        }
        // A resumed run makes nothing anew and writes the same; one that was ended before leaves none of its own.
        let before = try LabelFormat.allCases.map { try contents(batch.path(path($0))) }
        let again = try batch.run("out", options(batch.path) + ["--resume"])
        #expect(again.status == 0 && again.error.contains("6 were there"), "\(again.error)")
        #expect(try LabelFormat.allCases.map { try contents(batch.path(path($0))) } == before)
    }

    @Test func whereItCannotBeWritten() throws {
        let batch = try BatchFolder()
        try FileManager.default.createDirectory(atPath: batch.path("mine"), withIntermediateDirectories: true)
        try batch.write("mine", "mine/notes.txt")
        for (target, status, word) in [
            ("datumaro=" + batch.path("mine"), 73, "is not empty"), ("fiftyone=" + batch.path("images"), 64, "an input"),
            ("roboflow=" + batch.path("list.txt"), 64, "an input"), ("cvat=" + batch.path("labels.txt"), 64, "is an input"),
            ("cvat=", 64, "--export"), ("pascal=x", 64, "--export"), ("coco=" + batch.path("out/01-cat.png"), 64, "would lie among"),
        ] as [(String, Int32, String)] {
            try? FileManager.default.createDirectory(atPath: batch.path("out"), withIntermediateDirectories: true)
            let outcome = try batch.run("out", ["--export", target])
            #expect(outcome.status == status && outcome.isOneLine && outcome.error.contains(word), "\(target): \(outcome.error)")
            // Told before anything was computed.
            #expect(try batch.entries("out").isEmpty && batch.entries("mine") == ["notes.txt"], "\(target)")
        }
    }

    @Test func labelsOfADecoder() throws {
        let set = try SegmentFolder()
        let outcome = try set.run("out", ["--export", "coco-stuff=" + set.path("stuff.json"), "--export", "imagefolder=" + set.path("hub")])
        #expect(outcome.status == 0, "\(outcome.error)")
        for name in SegmentFolder.names {
            #expect(try ImageFile.readIndices(path: set.path("hub/masks/\(name).png")).indices
                == ImageFile.readIndices(path: set.path("out/\(name).png")).indices)
        }
        let annotations = try #require(try object(set.path("stuff.json"))["annotations"] as? [[String: Any]])
        let areas = annotations.compactMap { $0["area"] as? Int }.reduce(0, +)
        let pixels = try SegmentFolder.names.map { try ImageFile.readIndices(path: set.path("out/\($0).png")).indices.count }.reduce(0, +)
        #expect(areas == pixels)
        // Of one picture too, but not of probabilities.
        let one = try Program.run([
            "segment", "-m", SegmentFolder.model, "--scales", "64", set.path("images/whole.png"), "-o", set.path("one.png"), "--export",
            "cvat=" + set.path("one.zip"),
        ])
        #expect(one.status == 0 && FileManager.default.fileExists(atPath: set.path("one.zip")), "\(one.error)")
        let array = try set.run("arrays", ["--format", "npy", "--export", "cvat=" + set.path("two.zip")])
        #expect(array.status == 64 && array.isOneLine && array.error.contains("--format png"), "\(array.error)")
    }
}
