import Foundation
import GETAM
import PTYSupport
import TestSupport
import Testing

extension ExplorerSessionTests {
    /// Image-level labels and true masks from files.
    @Suite struct TruthTests {
        private static let picture = Explorer.picture("09-cow-and-sheep.jpg")

        /// The IoU that the legend shows of a class, in percent; `nil` for none.
        private func overlap(_ name: String, _ screen: ScreenModel) -> Double? {
            screen.lines.first { $0.contains("\(name) ") && $0.contains("%") && $0.contains("■") }
                .flatMap { $0.split(separator: " ").last }.flatMap { Double($0) }
        }

        /// VOC's masks are matched to the model's classes by name, whatever numbers its labels have.
        @Test func theTruthIsMatchedByName() throws {
            let folder = try ScratchFolder()
            let picture = try ImageFile.read(path: Self.picture)
            let (width, height) = (picture.width, picture.height)
            // VOC: cow 10, sheep 17, dog 12; bird 3, which the model lacks, and 255 do not count.
            let truth = IndexedImage(width: width, height: height, indices: (0..<width * height).map { pixel in
                let x = pixel % width, y = pixel / width
                if y < height / 8 { return 255 }
                if y < height / 5 { return 3 }
                return x < width / 3 ? (y > height / 2 ? 17 : 12) : y > height / 3 ? 10 : 0
            })
            try FileManager.default.createDirectory(atPath: folder.file("truth"), withIntermediateDirectories: true)
            try Data(PNGEncoder.encode(truth)).write(to: URL(fileURLWithPath: folder.file("truth/09-cow-and-sheep.png")))
            try FileManager.default.copyItem(atPath: Explorer.picture("01-cat.jpg"), toPath: folder.file("zcat.jpg"))
            let session = try Explorer.start([Self.picture, folder.file("zcat.jpg"), "--truth", folder.file("truth")], columns: 160)
            try session.press(":mark cow\r", hint: "cow marked")
            try session.press(":mark sheep\r", hint: "sheep marked")
            try session.press("a", "the overlaps") { overlap("cow", $0) != nil && overlap("sheep", $0) != nil && $0.isComplete }
            // Live: another level, another label, another overlap.
            let first = overlap("cow", session.screen)
            try session.press(":background level 0.8\r", "other overlaps") {
                $0.hint.contains("background: level 0.80") && overlap("cow", $0) != first && $0.contains("mean IoU")
            }
            let shown = try ["cow", "sheep"].map { try #require(overlap($0, session.screen)) }
            let label = folder.file("label.png")
            try session.press(":export label \(label)\r", hint: "wrote \(label)")
            let indices = try ImageFile.readIndices(path: label).indices
            // In the model's order cow is 2 and sheep 6.
            for (name, number, voc, shown) in [("cow", UInt8(2), UInt8(10), shown[0]), ("sheep", 6, 17, shown[1])] {
                var both = 0, either = 0
                for (found, wanted) in zip(indices, truth.indices) where wanted != 255 && wanted != 3 {
                    both += found == number && wanted == voc ? 1 : 0
                    either += found == number || wanted == voc ? 1 : 0
                }
                let expected = Double(both) / Double(either) * 100
                #expect(expected > 5 && abs(expected - shown) < 0.11, "\(name): \(shown), expected \(expected)")
            }
            try session.press("n", "the missing mask") { $0.hint.contains("zcat: no truth for this picture") }
            #expect(try session.quit() == (.status(0), []))
        }

        @Test func masksThatDoNotFitAreSaid() throws {
            let folder = try ScratchFolder()
            func start(_ truth: IndexedImage, _ arguments: [String] = []) throws -> PTYSession {
                try Data(PNGEncoder.encode(truth)).write(to: URL(fileURLWithPath: folder.file("09-cow-and-sheep.png")))
                return try Explorer.start([Self.picture, "--truth", folder.path] + arguments, columns: 160)
            }
            let small = try start(IndexedImage(width: 3, height: 2, indices: [0, 0, 1, 1, 2, 2]))
            try small.press("a", hint: "09-cow-and-sheep.png: is 3×2, but the picture is 500×")
            try small.wait("no mean") { $0.contains("no truth") }
            #expect(try small.quit() == (.status(0), []))
            let picture = try ImageFile.read(path: Self.picture)
            let count = picture.width * picture.height
            let beyond = try start(
                IndexedImage(width: picture.width, height: picture.height, indices: (0..<count).map { $0 == 7 ? 9 : 255 }),
                ["--truth-list", "model"])
            try beyond.press("a", hint: "09-cow-and-sheep.png: holds the index 9, but the truth's class list ends at 6")
            #expect(try beyond.quit() == (.status(0), []))
        }

        @Test func everyKindOfLabelFile() throws {
            let folder = try ScratchFolder()
            for name in ["2008_000001", "zz"] {
                try FileManager.default.copyItem(atPath: Self.picture, toPath: folder.file(name + ".jpg"))
            }
            try FileManager.default.createDirectory(atPath: folder.file("xml"), withIntermediateDirectories: true)
            try folder.write("xml/2008_000001.xml", "<annotation><object><name>horse</name></object><object><name>bird</name></object></annotation>")
            try folder.write("coco.json", """
                {"images":[{"id":4,"file_name":"2008_000001.jpg","width":5,"height":5}],"categories":[{"id":7,"name":"horse"}],
                "annotations":[{"id":1,"image_id":4,"category_id":7}]}
                """)
            try folder.write("labels.txt", "2008_000001 horse,bird\n")
            for (path, unknown) in [("xml", true), ("xml/2008_000001.xml", true), ("coco.json", false), ("labels.txt", true)] {
                let session = try Explorer.launch([folder.path, "--labels", folder.file(path)], columns: 160)
                if unknown { try session.wait("the unknown name") { $0.hint.contains("the label file names “bird”") } }
                try session.wait("the first maps") { $0.isThere }
                try session.press("a", "the label") { screen in
                    screen.contains("labels from file") && screen.lines.contains { $0.contains("■ horse") && $0.contains("%") }
                }
                // A picture that is not in it.
                try session.press("n", "the next picture") { $0.line(0).contains("zz.jpg") && $0.contains("predicted ≥0.50") }
                if path == "xml" { try session.wait("what is missing") { $0.hint.contains("xml/zz:") } }
                #expect(try session.quit() == (.status(0), []))
            }
            // Vectors of VOC's classes: an aeroplane and a person.
            let arrays = try ScratchFolder()
            try FileManager.default.copyItem(atPath: Self.picture, toPath: arrays.file("2007_000032.jpg"))
            let session = try Explorer.launch(
                [arrays.path, "--class-list", "voc", "--labels", Fixtures.path("labels/cls_labels.npy")], columns: 160)
            try session.wait("the first maps") { $0.isThere }
            try session.press("a", "the label") { screen in
                screen.contains("labels from file") && screen.lines.contains { $0.contains("■ person") && $0.contains("%") }
            }
            #expect(try session.quit() == (.status(0), []))
        }
    }
}
