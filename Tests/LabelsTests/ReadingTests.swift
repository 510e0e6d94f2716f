import Files
import Foundation
import Labels
import Testing
import TestSupport

@Suite struct ReadingTests {
    private func file(_ text: String, _ folder: TemporaryFolder, _ name: String = "labels.txt") throws -> String {
        let path = "\(folder.path)/\(name)"
        try AtomicFile.write(Array(text.utf8), to: path)
        return path
    }

    @Test func text() throws {
        let folder = try TemporaryFolder()
        let path = try file(
            "\u{FEFF}# comment\n2007_000032 aeroplane,person\r\n\n  dir/b.jpg\tpotted plant , dog,dog\nnothing\nv1.5 cat\n", folder)
        let labels = try ImageLabels.read(path: path)
        #expect(labels.entries == [
            .init("2007_000032", ["aeroplane", "person"]), .init("dir/b.jpg", ["potted plant", "dog"]), .init("nothing", []),
            .init("v1.5", ["cat"]),
        ])
        #expect(labels.classes(of: "/somewhere/b.png") == ["potted plant", "dog"] && labels.classes(of: "c") == nil)
        #expect(complaint { _ = try ImageLabels.read(path: try file("a cat\nb dog\na cow\n", folder)) }
            .hasSuffix("line 3 names the picture “a” a second time, line 1 the first"))
        #expect(complaint { _ = try ImageLabels.read(path: try file("a cat,,dog\n", folder)) }.contains("line 1 has an empty class name"))
        // Names are bytes; a NUL is in none.
        try AtomicFile.write([0x61, 0xFF, 0x20, 0x62, 0x0A], to: path)
        #expect(try ImageLabels.read(path: path).classes(of: String(pathBytes: [0x61, 0xFF])) == ["b"])
        try AtomicFile.write([0x61, 0x00, 0x0A], to: path)
        #expect(complaint { _ = try ImageLabels.read(path: path) }.hasSuffix("is not text"))
    }

    /// As np.save writes it now (protocol 4), as older ones did, and as protocol 5.
    @Test(arguments: ["cls_labels", "cls_labels_2", "cls_labels_3", "cls_labels_5"])
    func pickledVectors(_ name: String) throws {
        let labels = try ImageLabels.read(path: fixture(name + ".npy"))
        #expect(labels.entries == [
            .init("2007_000032", ["aeroplane", "person"]), .init("2007_000039", ["tvmonitor"]), .init("2011_003276", []),
        ])
    }

    @Test func picklesThatCallAreRefused() throws {
        #expect(complaint { _ = try ImageLabels.read(path: fixture("evil.npy")) }.contains("builtins.eval, which is not loaded"))
        #expect(complaint { _ = try ImageLabels.read(path: fixture("type_f8.npy")) }.contains("plain numbers"))
    }

    /// Small pickles that ask for much: each is one error, at once.
    @Test func picklesThatMultiplyAreRefused() throws {
        let folder = try TemporaryFolder()
        func read(_ pickle: [UInt8]) throws -> String {
            let dictionary = "{'descr': '|O', 'fortran_order': False, 'shape': (), }".utf8
            var bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + dictionary
            bytes += [UInt8](repeating: 0x20, count: 127 - bytes.count) + [0x0A]
            let path = folder.path + "/a.npy"
            try AtomicFile.write(bytes + [0x80, 2] + pickle, to: path)
            return complaint { _ = try ImageLabels.read(path: path) }
        }
        let encode = Array("c_codecs\nencode\nq\u{0}".utf8)
        let long = Array("X".utf8) + [0x00, 0x10, 0, 0] + [UInt8](repeating: 0x61, count: 4096) + Array("q\u{1}".utf8)
        // One text made into bytes a thousand times.
        let again = Array("0h\u{0}h\u{1}".utf8) + [0x85] + Array("R".utf8)
        #expect(try read(encode + long + [0x85] + Array("R".utf8) + (0..<1000).flatMap { _ in again } + Array(".".utf8))
            .contains("over and over"))
        // A list within itself, and a dictionary of that.
        #expect(try read(Array("]q\u{0}h\u{0}a.".utf8)).contains("does not hold a pickled dictionary"))
        #expect(try read(Array("ctorch._utils\n_rebuild_qtensor\n.".utf8)).contains("torch._utils._rebuild_qtensor, which is not loaded"))
        #expect(try read(Array("h\u{7}.".utf8)).contains("never kept"))
        #expect(try read([0x4B]).contains("ends in the middle"))
    }

    /// Cut short or with bytes changed, a pickle is an error or vectors; it never traps.
    @Test func damagedPickles() throws {
        let folder = try TemporaryFolder()
        let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: fixture("cls_labels.npy"))))
        let path = "\(folder.path)/a.npy"
        for count in stride(from: 0, to: whole.count, by: 3) {
            try Data(whole[..<count]).write(to: URL(fileURLWithPath: path))
            #expect(throws: FileError.self) { try ImageLabels.readArrays(path: path) }
        }
        var survived = 0
        for position in stride(from: 128, to: whole.count, by: 2) {
            var bytes = whole
            bytes[position] ^= position % 4 == 0 ? 0x01 : 0x80
            try Data(bytes).write(to: URL(fileURLWithPath: path))
            if (try? ImageLabels.readArrays(path: path)) != nil { survived += 1 }
        }
        #expect(survived < whole.count)
    }

    @Test func xml() throws {
        #expect(try ImageLabels.read(path: fixture("annotation.xml")).entries == [.init("annotation", ["person", "potted & plant"])])
        #expect(try LabelFolder(path: fixture("")).classes(of: "annotation.jpg").count == 2)
        let folder = try TemporaryFolder()
        for (text, reason) in [
            ("<annotation><object></annotation>", "closes <annotation> where it is not open"), ("<annotation>", "ends within <annotation>"),
            ("<html></html>", "is not a VOC annotation: it has no <annotation>"), ("<annotation", "ends within a tag"),
            ("<annotation><!-- </annotation>", "ends within a comment"),
        ] {
            let path = try file(text, folder, "a.xml")
            #expect(complaint { _ = try ImageLabels.read(path: path) }.hasSuffix(reason), "\(text)")
        }
    }

    @Test func coco() throws {
        let labels = try ImageLabels.read(path: fixture("coco.json"))
        #expect(Set(labels.entries.map { ImageLabels.stem($0.picture) }) == ["a", "b", "empty"])
        #expect(labels.classes(of: "b") == ["toothbrush", "person"] && labels.classes(of: "a") == ["person"])
        #expect(labels.classes(of: "empty") == [])
        let folder = try TemporaryFolder()
        for (text, reason) in [
            ("{}", "is neither a COCO annotation file, for it has no list “images”, nor a labelme file"), ("{\"images\":[1]}", "“images” must be a list of objects"),
            ("{\"images\":[],\"categories\":[],\"annotations\":[{\"image_id\":1,\"category_id\":2}]}",
                "an annotation names the image 1, which is not there"),
            ("{\"images\"", "is not valid JSON"),
        ] {
            let path = try file(text, folder, "a.json")
            #expect(complaint { _ = try ImageLabels.read(path: path) }.contains(reason), "\(text)")
        }
    }

    @Test func classLists() throws {
        #expect(ClassList.voc.number(of: "tvmonitor") == 20 && ClassList.voc.number(of: "lynx") == nil)
        #expect(ClassList.voc.name(of: 0) == "background" && ClassList.voc.name(of: 8) == "cat" && ClassList.voc.name(of: 255) == "unknown")
        // COCO's category numbers, which leave some out, call these 1, 13, 16, 17, 74 and 90.
        let coco = [("person", 1), ("stop sign", 12), ("bird", 15), ("cat", 16), ("mouse", 65), ("toothbrush", 80)]
        for (name, number) in coco { #expect(ClassList.coco.number(of: name) == UInt8(number), "\(name)") }
        #expect(Set(ClassList.coco.names).count == 80)
        let folder = try TemporaryFolder()
        #expect(try ClassList(path: try file("cat\n# no\n\n dog \n", folder)).names == ["cat", "dog"])
        #expect(complaint { _ = try ClassList(path: try file("\n", folder)) }.hasSuffix("the class list is empty"))
        #expect(complaint { _ = try ClassList(path: try file("a\nb\na\n", folder)) }.contains("the class list has “a” twice, as numbers 1 and 3; write “a#INDEX”"))
        #expect(throws: LabelError.self) { try ClassList((0..<255).map { "\($0)" }) }
    }
}
