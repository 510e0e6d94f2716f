import Files
import Foundation
import Images
import Labels
import TestSupport
import Testing

/// Label files, masks, class maps and class names as other programs and people write them, through the commands.
@Suite struct ForeignFileTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try makeFolder("img")
    }

    private func path(_ name: String) -> String { folder.path + "/" + name }
    private func makeFolder(_ name: String) throws {
        try FileManager.default.createDirectory(atPath: path(name), withIntermediateDirectories: true)
    }

    private func picture(_ bundled: String, _ name: String) throws {
        try FileManager.default.copyItem(atPath: Fixtures.picture(bundled), toPath: path("img/\(name)"))
    }

    private func label(_ labels: String, _ more: [String] = [], output: String = "out") throws -> Outcome {
        try Program.run(["label", "--images", path("img"), "--labels", path(labels), "-o", path(output)] + more)
    }

    private func classes(_ name: String, output: String = "out") throws -> Set<UInt8> {
        Set(try ImageFile.readIndices(path: path("\(output)/\(name).png")).indices).subtracting([0, 255])
    }

    private func mask(_ numbers: [UInt8], _ name: String) throws {
        try makeFolder(String(name.split(separator: "/")[0]))
        try folder.write(PNGEncoder.encode(IndexedImage(width: 4, height: numbers.count / 4, indices: numbers)), name)
    }

    // MARK: Label files

    @Test func namesWithBlanks() throws {
        try picture("01-cat.jpg", "my cat.jpg")
        try picture("03-dog.jpg", "dog.jpg")
        try picture("03-dog.jpg", "not there.jpg")
        for (round, line) in ["my cat.jpg cat", "\"my cat\" cat", "my cat\tcat", "my\\ cat.jpg cat"].enumerated() {
            try folder.write("\(line)\ndog.jpg dog\nold.jpg cat\nolder one.jpg cat\n", "labels.txt")
            let outcome = try label("labels.txt", output: "out\(round)")
            #expect(outcome.status == 0, "\(outcome.error)")
            #expect(try classes("my cat", output: "out\(round)") == [1] && classes("dog", output: "out\(round)") == [3], "\(line)")
            #expect(outcome.error.contains("1 pictures have no entry among the labels: not there"), "\(outcome.error)")
            #expect(outcome.error.contains("2 entries among the labels are of none of the pictures"), "\(outcome.error)")
        }
    }

    @Test func numberedPictures() throws {
        try picture("01-cat.jpg", "2007_000032.jpg")
        try picture("02-cow.jpg", "2008_000001.jpg")
        try FileManager.default.copyItem(atPath: Fixtures.path("readers/labels/names.npy"), toPath: path("names.npy"))
        let numbers = Fixtures.path("readers/labels/keys_int32_4.npy")
        // Its classes are aeroplane and person, and cow: the bundled model knows the last two.
        for (name, file) in [("numbers", numbers), ("names", path("names.npy"))] {
            let outcome = try Program.run(
                ["label", "--images", path("img"), "--labels", file, "--class-list", "voc", "-o", path(name)])
            #expect(outcome.status == 0, "\(outcome.error)")
            #expect(try classes("2008_000001", output: name) == [10])
            #expect(outcome.error.contains("aeroplane (1)"))
        }
        for name in ["2007_000032", "2008_000001"] {
            #expect(FileManager.default.contentsEqual(atPath: path("numbers/\(name).png"), andPath: path("names/\(name).png")))
        }
    }

    @Test func labelmeFolders() throws {
        try picture("01-cat.jpg", "a.jpg")
        try picture("02-cow.jpg", "b.jpg")
        try picture("03-dog.jpg", "c.jpg")
        try makeFolder("lm")
        try folder.write("{\"shapes\":[{\"label\":\"cat\",\"points\":[]}],\"imagePath\":\"a.jpg\"}", "lm/a.json")
        try folder.write("{\"shapes\":[{\"label\":\"cow\",\"points\":[]}],\"imagePath\":\"..\\\\img\\\\b.jpg\"}", "lm/0001.json")
        try folder.write("<annotation><object><name>dog</name></object></annotation>", "lm/c.xml")
        let outcome = try label("lm")
        #expect(outcome.status == 0, "\(outcome.error)")
        #expect(try [classes("a"), classes("b"), classes("c")] == [[1], [2], [3]])
        let alone = try label("lm/a.json", output: "alone")
        #expect(alone.status == 0 && alone.error.contains("2 pictures have no entry among the labels: b, c"), "\(alone.error)")
        try makeFolder("other")
        try folder.write("a cat", "other/a.txt")
        let other = try label("other", output: "none")
        #expect(other.status == 65 && other.isOneLine && other.error.contains("it has 1 .txt (a.txt)"), "\(other.error)")
    }

    @Test func noClassInCommon() throws {
        try picture("01-cat.jpg", "a.jpg")
        try picture("03-dog.jpg", "b.jpg")
        try folder.write("a zebra\nb giraffe\n", "labels.txt")
        let outcome = try label("labels.txt", ["--export", "coco=" + path("coco.json"), "--cams", path("cams")])
        #expect(outcome.status == 64 && outcome.isOneLine, "\(outcome.error)")
        for word in ["zebra", "giraffe", "cat", "cow"] { #expect(outcome.error.contains(word), "\(outcome.error)") }
        for name in ["out", "coco.json", "cams"] { #expect(!FileManager.default.fileExists(atPath: path(name))) }
        // In folders too; and a class of the model that the class list lacks is none.
        try makeFolder("xml")
        for name in ["a", "b"] { try folder.write("<annotation><object><name>cat</name></object></annotation>", "xml/\(name).xml") }
        try folder.write("dog\n", "dogs.txt")
        let list = try label("xml", ["--class-list", path("dogs.txt")])
        #expect(list.status == 64 && list.error.contains("(cat)") && list.error.contains("(dog)"), "\(list.error)")
        // Pictures without classes are asked for as they are; one class in common is enough.
        try folder.write("a\nb\n", "none.txt")
        #expect(try label("none.txt").status == 0)
        try folder.write("a zebra\nb dog\n", "some.txt")
        let some = try label("some.txt", output: "some")
        #expect(some.status == 0 && some.error.contains("zebra (1)"), "\(some.error)")
        // The explorer says so.
        let frame = try Program.run(["explore", path("img"), "--labels", path("labels.txt")])
        #expect(frame.status == 0 && frame.error.contains("none of the labels (zebra, giraffe)"), "\(frame.error)")
    }

    // MARK: Class names

    @Test func namesWithCommas() throws {
        try folder.write("cat\ncow, brown\ncow, \"black\"\ndog\n", "classes.txt")
        try mask([0, 1, 2, 2, 3, 3, 4, 4], "pred/a.png")
        func run(_ more: [String]) throws -> Outcome {
            try Program.run(
                ["evaluate", "--predictions", path("pred"), "--truth", path("pred"), "--class-list", path("classes.txt")] + more)
        }
        let table = try run(["--only", "cow, brown, dog"])
        #expect(table.status == 0 && table.text.contains("cow, brown") && table.text.contains("dog"), "\(table.error)")
        #expect(!table.text.contains("cat") && !table.text.contains("black"))
        let quoted = try run(["--only", "\"cow, \"\"black\"\"\",'cow, brown'", "--csv"])
        #expect(quoted.lines[1...3] == ["background,0,1.0", "\"cow, brown\",2,1.0", "\"cow, \"\"black\"\"\",3,1.0"], "\(quoted.text) \(quoted.error)")
        let json = try run(["--only", "cow, brown", "--json"])
        #expect(json.text.contains("\"cow, brown\":1"), "\(json.text)")
        for wrong in ["cow", "cow, brown,", "brown", "\"cow\"", ""] {
            let outcome = try run(["--only", wrong])
            #expect(outcome.status == 64 && outcome.isOneLine && outcome.error.contains("--only"), "\(wrong): \(outcome.error)")
        }
    }

    /// A model of five classes, two of which are called crane.
    private func cranes() throws -> String {
        try makeFolder("model")
        let source = Fixtures.model("hf_deit_distilled")
        for name in ["model.safetensors", "preprocessor_config.json"] {
            try FileManager.default.copyItem(atPath: "\(source)/\(name)", toPath: path("model/\(name)"))
        }
        let data = try Data(contentsOf: URL(filePath: source + "/config.json"))
        var config = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        config["id2label"] = ["0": "crane", "1": "dog", "2": "crane", "3": "cat, tabby", "4": "cow"]
        config["label2id"] = nil
        try JSONSerialization.data(withJSONObject: config).write(to: URL(filePath: path("model/config.json")))
        return path("model")
    }

    @Test func twoClassesOfOneName() throws {
        let model = try cranes()
        try picture("01-cat.jpg", "a.jpg")
        try picture("03-dog.jpg", "b.jpg")
        func map(_ name: String) throws -> Outcome {
            try Program.run(["map", "-m", model, path("img/a.jpg"), "-c", name, "-o", path("\(name).npy")])
        }
        let unclear = try map("crane")
        #expect(unclear.status == 64 && unclear.isOneLine && unclear.error.contains("crane#0 or crane#2"), "\(unclear.error)")
        for (name, index) in [("crane#2", "2"), ("Crane#0", "0"), ("tabby", "3")] {
            #expect(try map(name).status == 0 && map(index).status == 0)
            #expect(FileManager.default.contentsEqual(atPath: path("\(name).npy"), andPath: path("\(index).npy")), "\(name)")
        }
        let wrong = try map("crane#1")
        #expect(wrong.status == 64 && wrong.error.contains("class 1 is “dog”"), "\(wrong.error)")
        // Who never uses the name is not held up.
        try folder.write("a cat, tabby\nb dog\n", "labels.txt")
        let plain = try label("labels.txt", ["-m", model])
        #expect(plain.status == 0, "\(plain.error)")
        #expect(try PNGText.read(path("out/a.png"))["getam classes"] == "4 cat, tabby")
        // Who does says which.
        try folder.write("a crane#2\nb crane, dog\n", "cranes.txt")
        let labels = try label("cranes.txt", ["-m", model], output: "cranes")
        #expect(labels.status == 65 && labels.error.contains("b: “crane” is the name of 2 classes, 0, 2"), "\(labels.error)")
        #expect(try PNGText.read(path("cranes/a.png"))["getam classes"] == "3 crane#2")
        #expect(!FileManager.default.fileExists(atPath: path("cranes/b.png")))
        // Class lists name one of them; then it is the only crane.
        try folder.write("dog\ncrane#2\n", "list.txt")
        let listed = try label("cranes.txt", ["-m", model, "--class-list", path("list.txt")], output: "listed")
        #expect(listed.status == 0, "\(listed.error)")
        #expect(try PNGText.read(path("listed/b.png"))["getam classes"] == "1 dog, 2 crane#2")
        try folder.write("dog\ncrane\n", "unclear.txt")
        let vague = try label("labels.txt", ["-m", model, "--class-list", path("unclear.txt")], output: "vague")
        #expect(vague.status == 0 && vague.error.contains("the class list: “crane” is the name of 2 classes"), "\(vague.error)")
        // Evaluation by the model's list.
        try mask([0, 1, 2, 3, 3, 4, 5, 0], "pred/a.png")
        func evaluate(_ only: String) throws -> Outcome {
            try Program.run(["evaluate", "-m", model, "--predictions", path("pred"), "--truth", path("pred"), "--only", only, "--csv"])
        }
        #expect(try evaluate("crane#2,dog").lines[1...3] == ["background,0,1.0", "dog,2,1.0", "crane#2,3,1.0"])
        let both = try evaluate("crane")
        #expect(both.status == 64 && both.error.contains("crane#0 or crane#2"), "\(both.error)")
    }

    // MARK: Masks and class maps

    @Test func classMapsOfOtherPrograms() throws {
        let truth = IndexedImage(width: 40, height: 30, indices: (0..<1200).map { $0 % 40 < 20 ? UInt8(8) : $0 < 300 ? 12 : 0 })
        try makeFolder("truth")
        try folder.write(PNGEncoder.encode(truth), "truth/a.png")
        func run(_ file: String) throws -> Outcome {
            try makeFolder(file)
            try FileManager.default.copyItem(
                atPath: Fixtures.path("readers/maps/\(file)"), toPath: path("\(file)/a.\(file.hasSuffix("z") ? "npz" : "npy")"))
            return try Program.run(
                ["evaluate", "--cams", path(file), "--truth", path("truth"), "--class-list", "voc", "--level", "0.5", "--csv"])
        }
        let first = try run("irn.npy")
        #expect(first.status == 0 && first.lines.contains { $0.hasPrefix("cat,8,0.") }, "\(first.error)")
        for file in ["irn_numpy.npy", "highres.npy", "psa.npy", "deflated.npz", "deflated_f8.npz", "stored.npz"] {
            let other = try run(file)
            #expect(other.status == 0 && other.text == first.text, "\(file): \(other.error)")
        }
        // A quarter of the size: other maps, enlarged.
        let small = try run("strided.npy")
        #expect(small.status == 0 && small.text != first.text, "\(small.error)")
    }

    @Test func masksOfOtherPrograms() throws {
        for name in ["truth", "gray16", "colors", "gray_threefold", "gray16_large", "colors_foreign"] { try makeFolder(name) }
        func copy(_ mask: String, _ target: String) throws {
            try FileManager.default.copyItem(atPath: Fixtures.path("images/masks/\(mask).png"), toPath: path("\(target)/a.png"))
        }
        try copy("turned", "truth")
        for name in ["gray16", "colors", "gray_threefold", "gray16_large", "colors_foreign"] { try copy(name, name) }
        func run(_ predictions: String) throws -> Outcome {
            try Program.run(["evaluate", "--predictions", path(predictions), "--truth", path("truth"), "--class-list", "voc", "--csv"])
        }
        for name in ["gray16", "colors", "gray_threefold"] {
            let outcome = try run(name)
            #expect(outcome.status == 0 && outcome.error.isEmpty, "\(outcome.error)")
            for line in ["background,0,1.0", "cat,8,1.0", "person,15,1.0"] { #expect(outcome.lines.contains(line), "\(name)") }
        }
        for (name, words) in [("gray16_large", "holds numbers up to 40000"), ("colors_foreign", "(200, 10, 10) in 3 pixels")] {
            let outcome = try run(name)
            #expect(outcome.status == 65 && outcome.isOneLine && outcome.error.contains(words), "\(outcome.error)")
        }
    }

    @Test func masksOfOneObject() throws {
        try mask([0, 0, 1, 1, 0, 0, 1, 1], "labels/a.png")
        try mask([0, 0, 255, 255, 0, 0, 255, 255], "binary/a.png")
        try mask([255, 255, 255, 255], "full/a.png")
        try folder.write("thing\n", "one.txt")
        func run(_ predictions: String, _ truth: String, _ list: String) throws -> Outcome {
            try Program.run(
                ["evaluate", "--predictions", path(predictions), "--truth", path(truth), "--class-list", list == "voc" ? list : path(list)])
        }
        let truth = try run("labels", "binary", "one.txt")
        #expect(truth.status == 0 && truth.error.contains("all of the 1 true label maps hold 0 and 255 only"), "\(truth.error)")
        #expect(truth.error.contains("for thing write its number, 1"), "\(truth.error)")
        let predictions = try run("binary", "labels", "voc")
        #expect(predictions.status == 0 && predictions.error.contains("it counts as missed; for a class write"), "\(predictions.error)")
        #expect(try run("labels", "labels", "one.txt").error.isEmpty)
        let full = try run("full", "full", "one.txt")
        #expect(full.status == 65 && full.error.contains("255, which is no class"), "\(full.error)")
        // One map of several may well hold unknown pixels alone, unless there is but one class.
        try mask([0, 0, 2, 2, 0, 0, 1, 1], "labels/b.png")
        try mask([0, 0, 2, 2, 0, 0, 1, 1], "binary/b.png")
        #expect(try run("binary", "labels", "voc").error.isEmpty)
    }

    @Test func orientationOfPNG() throws {
        for name in ["orientation6", "orientation6_after"] {
            let outcome = try Program.run(
                ["map", Fixtures.path("images/png/\(name).png"), "-c", "cat", "-o", path("\(name).npy")])
            #expect(outcome.status == 0, "\(outcome.error)")
        }
        // The same picture, turned beforehand.
        let upright = try ImageFile.read(path: Fixtures.path("images/png/orientation6.png"))
        #expect(upright.width == 7 && upright.height == 11)
        try folder.write(try PNGEncoder.encode(upright), "upright.png")
        #expect(try Program.run(["map", path("upright.png"), "-c", "cat", "-o", path("upright.npy")]).status == 0)
        for name in ["orientation6", "orientation6_after"] {
            #expect(FileManager.default.contentsEqual(atPath: path("\(name).npy"), andPath: path("upright.npy")), "\(name)")
        }
    }
}
