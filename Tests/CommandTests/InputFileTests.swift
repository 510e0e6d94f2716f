import Attribution
import Foundation
import Images
import Labels
import TestSupport
import Testing

/// No output takes the place of what it is made of, whichever option names it.
@Suite struct InputFileTests {
    private let batch: BatchFolder
    init() throws {
        batch = try BatchFolder()
        for name in ["model", "saliency"] {
            try FileManager.default.createDirectory(atPath: path(name), withIntermediateDirectories: true)
        }
        for name in ["config.json", "model.safetensors"] {
            let source = Fixtures.root.appending(path: "assets/models/animals/\(name)").path
            try FileManager.default.copyItem(atPath: source, toPath: path("model/" + name))
        }
        for name in BatchFolder.names {
            try FileManager.default.copyItem(atPath: path("images/\(name).jpg"), toPath: path("saliency/\(name).jpg"))
        }
        try batch.write(#"{"version":1,"name":"mine"}"#, "mine.json")
        try batch.write("cat\ndog\nsheep\ncow\nhorse\n", "classes.txt")
    }

    private func path(_ name: String) -> String { batch.path(name) }

    /// The bytes of all files but those under `out`, and what links lead to.
    private func inputs() throws -> [String: Data] {
        let names = try FileManager.default.subpathsOfDirectory(atPath: batch.folder.path)
        return Dictionary(uniqueKeysWithValues: names.compactMap { name in
            FileManager.default.contents(atPath: path(name)).map { (name, $0) }
        })
    }

    private func expectRefusal(_ arguments: [String], _ words: String, _ before: [String: Data]) throws {
        let outcome = try Program.run(arguments)
        #expect(outcome.status == 64 && outcome.isOneLine && outcome.error.contains(words), "\(arguments): \(outcome)")
        #expect(try inputs() == before, "\(arguments)")
    }

    @Test func labelsReplaceNoInput() throws {
        let label = [
            "label", "--images", path("images"), "--list", path("list.txt"), "--labels", path("labels.txt"), "--class-list",
            path("classes.txt"), "--preset", path("mine.json"), "--model", path("model"), "--saliency", path("saliency"),
        ]
        // The same files by other ways: a link, a hard link, a path with detours.
        try FileManager.default.createSymbolicLink(atPath: path("link.json"), withDestinationPath: "images/03-dog.jpg")
        try FileManager.default.linkItem(atPath: path("images/01-cat.jpg"), toPath: path("second name.jpg"))
        let before = try inputs()
        let targets = [
            "images/01-cat.jpg", "images/../images/./06-sheep.jpg", "list.txt", "labels.txt", "classes.txt", "mine.json",
            "model/config.json", "model/model.safetensors", "saliency/06-sheep.jpg", "link.json", "second name.jpg",
        ]
        for target in targets { try expectRefusal(label + ["-o", path("out"), "--export", "coco=" + path(target)], "is an input", before) }
        for folder in ["images", "saliency", "images/", "model/../images"] {
            try expectRefusal(label + ["-o", path(folder)], "would lie among", before)
        }
        for (coco, more) in [("out/01-cat.png", []), ("cams/x.npz", ["--cams", path("cams")])] {
            for name in ["out", "cams"] { try? FileManager.default.createDirectory(atPath: path(name), withIntermediateDirectories: true) }
            try expectRefusal(label + ["-o", path("out"), "--export", "coco=" + path(coco)] + more, "would lie among", before)
        }
        // Beside the inputs it may lie, and over its own former self.
        for _ in 0..<2 {
            let outcome = try Program.run(label + ["-o", path("out"), "--export", "coco=" + path("images/all.json")])
            #expect(outcome.status == 0, "\(outcome.error)")
        }
        #expect(try inputs().filter { before[$0.key] != nil } == before)
    }

    @Test func aDataSetStaysWhatItIs() throws {
        for name in ["JPEGImages", "SegmentationClass", "ImageSets/Segmentation"] {
            try FileManager.default.createDirectory(atPath: path("voc/" + name), withIntermediateDirectories: true)
        }
        try FileManager.default.copyItem(atPath: path("images/01-cat.jpg"), toPath: path("voc/JPEGImages/01-cat.jpg"))
        try batch.write("01-cat\n", "voc/ImageSets/Segmentation/train.txt")
        let truth = try PNGEncoder.encode(IndexedImage(width: 1, height: 1, indices: [1]))
        try batch.folder.write(truth, "voc/SegmentationClass/01-cat.png")
        let before = try inputs()
        for folder in ["JPEGImages", "SegmentationClass"] {
            let arguments = ["--voc", path("voc"), "-o", path("voc/" + folder)]
            try expectRefusal(["label", "--predict", "0.5"] + arguments, "would lie among", before)
            try expectRefusal(["segment", "-m", SegmentFolder.model] + arguments, "would lie among", before)
        }
    }

    @Test func evaluationsReplaceNoInput() throws {
        for name in ["truth", "cams"] { try FileManager.default.createDirectory(atPath: path(name), withIntermediateDirectories: true) }
        try batch.folder.write(PNGEncoder.encode(IndexedImage(width: 2, height: 1, indices: [0, 1])), "truth/p.png")
        let maps = PixelMaps(classes: [0], height: 1, width: 2, values: [0.1, 0.9])
        try batch.folder.write(#require(ClassMapDump(keys: [0], maps: maps).npz), "cams/p.npz")
        try batch.write("p\n", "names.txt")
        let before = try inputs()
        let sweep = [
            "evaluate", "--cams", path("cams"), "--truth", path("truth"), "--list", path("names.txt"), "--class-list", path("classes.txt"),
            "--sweep", "--preset", path("mine.json"),
        ]
        for target in ["truth/p.png", "cams/p.npz", "names.txt", "classes.txt", "mine.json"] {
            for option in ["--per-picture", "--save-preset"] { try expectRefusal(sweep + [option, path(target)], "is an input", before) }
        }
    }

    @Test func oneFilesCommandsReplaceNoInput() throws {
        let picture = path("cat.png")
        try batch.folder.write(PNGEncoder.encode(ImageFile.read(path: path("images/01-cat.jpg"))), "cat.png")
        try FileManager.default.createSymbolicLink(atPath: path("link.png"), withDestinationPath: "cat.png")
        let before = try inputs()
        for target in ["cat.png", "link.png", "./cat.png"] {
            try expectRefusal(["map", picture, "-o", path(target)], "is an input", before)
            try expectRefusal(["segment", picture, "-m", SegmentFolder.model, "-o", path(target)], "is an input", before)
        }
    }
}
