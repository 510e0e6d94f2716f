import Files
import Foundation
import Labels
import Testing
import TestSupport

@Suite struct LabelFolderTests {
    private let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    private func labelme(_ labels: [String], picture: String? = nil) -> String {
        let shapes = labels.map { "{\"label\":\"\($0)\",\"points\":[[1,1],[2,1],[2,2]],\"shape_type\":\"polygon\"}" }
        return "{\"version\":\"5.4.1\",\"shapes\":[\(shapes.joined(separator: ","))]"
            + (picture.map { ",\"imagePath\":\"\($0)\"" } ?? "") + ",\"imageData\":null}"
    }

    private func voc(_ labels: [String]) -> String {
        "<annotation>\(labels.map { "<object><name>\($0)</name></object>" }.joined())</annotation>"
    }

    @Test func mixed() throws {
        try folder.write(labelme(["cat", "dog", "cat"], picture: "a.jpg"), "a.json")
        try folder.write(voc(["cow"]), "b.xml")
        // Both, each class once.
        try folder.write(voc(["cow", "cat"]), "c.xml")
        try folder.write(labelme(["cat", "dog"]), "c.json")
        // Named otherwise than the picture, with a path of either kind.
        try folder.write(labelme(["horse"], picture: "..\\\\photos\\\\my picture.jpg"), "0001.json")
        try folder.write(labelme(["sheep"], picture: "../photos/d.png"), "0002.json")
        try folder.write(labelme([]), "e.json")
        try folder.write("classes", "notes.txt")
        let labels = try LabelFolder(path: folder.path + "/")
        #expect(try labels.classes(of: "a") == ["cat", "dog"])
        #expect(try labels.classes(of: "b.jpg") == ["cow"])
        #expect(try labels.classes(of: "x/c.png") == ["cow", "cat", "dog"])
        #expect(try labels.classes(of: "my picture") == ["horse"])
        #expect(try labels.classes(of: "d") == ["sheep"])
        #expect(try labels.classes(of: "e") == [])
        #expect(complaint { _ = try labels.classes(of: "f") }.hasSuffix("f: no annotation of this name (.xml, .json)"))
    }

    @Test func damagedFiles() throws {
        try folder.write("{\"images\":[]}", "coco.json")
        try folder.write("{\"shapes\":", "cut.json")
        try folder.write(labelme(["cat"], picture: "twin.jpg"), "1.json")
        try folder.write(labelme(["dog"], picture: "twin.jpg"), "2.json")
        let labels = try LabelFolder(path: folder.path)
        #expect(complaint { _ = try labels.classes(of: "coco") }.hasSuffix("is no labelme file: it has no list “shapes”"))
        #expect(complaint { _ = try labels.classes(of: "cut") }.contains("is not valid JSON"))
        #expect(complaint { _ = try labels.classes(of: "twin") }.hasSuffix("1.json and 2.json both name the picture twin.jpg"))
    }

    @Test func otherFolders() throws {
        #expect(complaint { _ = try LabelFolder(path: folder.path) }.hasSuffix("holds neither VOC XML nor labelme JSON, one a picture, nor masks with the names of their classes beside them: it is empty"))
        try folder.write("a cat", "b.txt")
        try folder.write("a cat", "a.txt")
        try folder.write([1], "cls_labels.npy")
        let found = complaint { _ = try LabelFolder(path: folder.path) }
        #expect(found.hasSuffix("it has 2 .txt (a.txt, …), 1 .npy (cls_labels.npy); a file of labels is named itself"), "\(found)")
        #expect(complaint { _ = try LabelFolder(path: folder.path + "/none") }.contains("none"))
    }

    @Test func oneFile() throws {
        let path = try folder.write(labelme(["cat", "dog"], picture: "dir/a.jpg"), "x.json")
        #expect(try ImageLabels.read(path: path).entries == [.init("a.jpg", ["cat", "dog"])])
        // The picture of the run is meant, whichever names it.
        let known = PictureNames(["x"])
        #expect(try ImageLabels.read(path: path, .init(isPicture: { known.contains($0) })).entries == [.init("x", ["cat", "dog"])])
        try folder.write(labelme(["cat"]), "y.json")
        #expect(try ImageLabels.read(path: folder.path + "/y.json").entries == [.init("y", ["cat"])])
        // What is no label of a shape is passed over.
        try folder.write("{\"shapes\":[1,{},{\"label\":2},{\"label\":\"\"},{\"label\":\"cat\"}],\"imagePath\":3}", "z.json")
        #expect(try ImageLabels.read(path: folder.path + "/z.json").entries == [.init("z", ["cat"])])
    }
}
