import Files
import Foundation
import Images
import TestSupport
import Testing

/// Pictures in folders of folders, of any name, named by arguments, lists and standard input, through whole runs.
@Suite struct PictureNamingTests {
    private let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    private func path(_ name: String) -> String { folder.path + "/" + name }

    /// Copies of a small picture under these names.
    private func pictures(_ names: String..., of picture: String = "01-cat.jpg") throws {
        let bytes = try MappedFile(path: Fixtures.picture(picture)).withBytes { Array($0) }
        for name in names {
            try FileSystem.makeFolder(path(name).folder)
            try folder.write(bytes, name)
        }
    }

    private func files(_ name: String) throws -> [String] {
        try FolderTree(path(name), endings: ["png", "npz", "jpg"]).files
    }

    private func label(_ arguments: [String], _ output: String = "out", standardInput: String? = nil) throws -> Outcome {
        let line = ["label"] + arguments + ["-o", output, "--jobs", "1"]
        guard let standardInput else { return try Program.run(line, folder: folder.path) }
        let program = try Program.path.get()
        return try Program.run(
            ["-c", "exec \"$0\" \"$@\" < '\(standardInput)'", program] + line, executable: "/bin/sh", folder: folder.path)
    }

    private func classes(_ name: String) throws -> Set<UInt8> { Set(try ImageFile.readIndices(path: path(name)).indices).subtracting([0, 255]) }

    @Test func foldersOfClasses() throws {
        try pictures("data/cat/1.jpg", "data/cat/deep/2.jpg", "data/dog/1.jpg", "data/0.jpg")
        try folder.write("cat/1 cat\ndog\\1.jpg dog\n/somewhere/data/cat/deep/2.jpg cow\n0 sheep\n", "labels.txt")
        let outcome = try label(["--images", "data", "--labels", "labels.txt", "--class-list", "model", "--preset", "getam", "--cams", "cams",
            "--export", "coco=coco.json"])
        #expect(outcome.status == 0 && outcome.errorLines.count == 1, "\(outcome.error)")
        #expect(try files("out") == ["0.png", "cat/1.png", "cat/deep/2.png", "dog/1.png"])
        #expect(try files("cams") == ["0.npz", "cat/1.npz", "cat/deep/2.npz", "dog/1.npz"])
        let numbers = try files("out").map { try classes("out/" + $0) }
        // cat, cow, dog, horse, person, sheep
        #expect(numbers == [[6], [1], [2], [3]], "\(numbers)")
        let coco = try String(contentsOfFile: path("coco.json"), encoding: .utf8)
        for name in ["0.jpg", "cat/1.jpg", "cat/deep/2.jpg", "dog/1.jpg"] { #expect(coco.contains("\"file_name\":\"\(name)\"")) }
        // Again all is there; what a killed run left goes, in inner folders too.
        try folder.write("x", "out/cat/.1.png.abc.part")
        let again = try label(["data", "--labels", "labels.txt", "--class-list", "model", "--preset", "getam", "--cams", "cams", "--resume"])
        #expect(again.status == 0 && again.error.contains("4 were there"), "\(again.error)")
        #expect(!AtomicFile.exists(path("out/cat/.1.png.abc.part")))
        // Against themselves, folder by folder.
        let figures = try Program.run(["evaluate", "--predictions", "out", "--truth", "out", "--json"], folder: folder.path)
        #expect(figures.status == 0 && figures.text.contains("\"images\":4"), "\(figures.error)")
        // The explorer opens folders of folders too.
        let frame = try Program.run(["explore", "data"], folder: folder.path)
        #expect(frame.status == 0 && frame.text.contains("1/4"))
    }

    @Test func listsNamePicturesInFolders() throws {
        try pictures("data/cat/1.jpg", "data/dog/1.jpg", "data/dog/2.jpg", "data/my cat.jpg")
        for (list, made) in [
            ("cat/1", ["cat/1.png"]), ("dog\\1.jpg\n", ["dog/1.png"]), ("2\n", ["dog/2.png"]), ("./data/dog/2.jpg 7", ["dog/2.png"]),
            ("my cat", ["my cat.png"]), ("\"my cat.jpg\" masks/x.png", ["my cat.png"]), ("# none\n\ncat/1\ncat/9\n", ["cat/1.png"]),
            ("/x/dog/1.jpg\n/x/cat/1.jpg\n", ["cat/1.png", "dog/1.png"]),
        ] {
            try folder.write(list, "list.txt")
            let output = "out-\(abs(list.hashValue))"
            let outcome = try label(["data", "--list", "list.txt", "--predict", "0.3"], output)
            #expect(outcome.status == (list.contains("9") ? 66 : 0), "\(list): \(outcome.error)")
            #expect(try files(output) == made, "\(list)")
        }
        try folder.write("1\ncat/1\n", "list.txt")
        let unclear = try label(["data", "--list", "list.txt", "--predict", "0.3"])
        #expect(unclear.status == 65 && unclear.error.contains("data/1: may be “cat/1” or “dog/1”"), "\(unclear.error)")
        try folder.write("cat/1\nother/cat/1\n", "list.txt")
        let twice = try label(["data", "--list", "list.txt", "--predict", "0.3"])
        #expect(twice.status == 65 && twice.isOneLine && twice.error.contains("line 2 names “cat/1” a second time, line 1 the first"))
        try folder.write("fish/2\n", "list.txt")
        let elsewhere = try label(["data", "--list", "list.txt", "--predict", "0.3"], "elsewhere")
        #expect(elsewhere.status == 0 && elsewhere.error.contains("“fish/2” is “dog/2”"), "\(elsewhere.error)")
    }

    /// Without a folder a list holds paths; `-` is standard input.
    @Test func listsOfPathsAndStandardInput() throws {
        try pictures("data/cat/1.jpg", "data/dog/1.jpg", "data/dog/2.jpg")
        try folder.write("data/cat/1.jpg\ndata/dog/1.jpg\n", "paths.txt")
        for (arguments, output) in [(["--list", "paths.txt"], "a"), (["--list", "-"], "b")] {
            let outcome = try label(arguments + ["--predict", "0.3"], output, standardInput: "paths.txt")
            #expect(outcome.status == 0, "\(outcome.error)")
            #expect(try files(output) == ["cat/1.png", "dog/1.png"])
        }
        let names = try label(["--list", "paths.txt", "--predict", "0.3", "data/dog"], "c")
        #expect(names.status != 0)
        try folder.write("1\n2\n", "names.txt")
        let lost = try label(["--list", "names.txt", "--predict", "0.3"])
        #expect(lost.status == 66 && lost.isOneLine && lost.error.contains("--images"), "\(lost.error)")
        let picture = try label(["-", "--predict", "0.3"], "d", standardInput: "data/cat/1.jpg")
        #expect(picture.status == 0, "\(picture.error)")
        #expect(try files("d") == ["stdin.png"])
        // Through a pipe, read more than once.
        let program = try Program.path.get()
        let piped = try Program.run(
            ["-c", "cat data/cat/1.jpg | \"$0\" label - data/dog --predict 0.3 --resume -o e", program], executable: "/bin/sh", folder: folder.path)
        #expect(piped.status == 0, "\(piped.error)")
        #expect(try files("e") == ["1.png", "2.png", "stdin.png"])
        #expect(try MappedFile(path: path("e/stdin.png")).withBytes { Array($0) } == MappedFile(path: path("d/stdin.png")).withBytes { Array($0) })
        let both = try label(["-", "--list", "-", "--predict", "0.3"])
        #expect(both.status == 64)
    }

    @Test func picturesNamedOneByOne() throws {
        try pictures("a/1.jpg", "a/2.jpg", "b/1.jpg")
        let outcome = try label(["a/1.jpg", "a/2.jpg", "b/1.jpg", "--predict", "0.3"])
        #expect(outcome.status == 0, "\(outcome.error)")
        #expect(try files("out") == ["a/1.png", "a/2.png", "b/1.png"])
        #expect(try label(["a/1.jpg", "a/2.jpg", "--predict", "0.3"], "flat").status == 0)
        #expect(try files("flat") == ["1.png", "2.png"])
        let clash = try label(["a", "b", "--predict", "0.3"], "clash")
        #expect(clash.status == 64 && clash.isOneLine && clash.error.contains("a/1.jpg and b/1.jpg would be written to one file"))
    }

    /// What was an output once is no picture of the next run.
    @Test func outputsAmongThePictures() throws {
        try pictures("1.jpg", "in/2.jpg")
        let first = try label([".", "--predict", "0.3"])
        #expect(first.status == 0 && first.error.contains("2 of 2 pictures"), "\(first.error)")
        let second = try label([".", "--predict", "0.3"])
        #expect(second.status == 0 && second.error.contains("2 of 2 pictures"), "\(second.error)")
        #expect(try files("out") == ["1.png", "in/2.png"])
        let third = try label([".", "--predict", "0.3"], "again")
        #expect(third.status == 0 && third.error.contains("left out 2 that are label maps made by getam"), "\(third.error)")
        #expect(try files("again") == ["1.png", "in/2.png"])
        let own = try label([".", "--predict", "0.3"], ".")
        #expect(own.status == 64 && own.isOneLine && own.error.contains("would lie among"), "\(own.error)")
        let replaced = try Program.run(["label", "in/2.jpg", "--predict", "0.3", "-o", "in"], folder: folder.path)
        #expect(replaced.status == 0)
    }

    /// Two names that look alike, names that are no text, long ones, and such as look like options.
    @Test func picturesOfAnyName() throws {
        let latin = String(pathBytes: Array("caf".utf8) + [0xE9])
        let names = ["caf\u{E9}", "cafe\u{301}", latin, "a\\b", " x ", "-c", String(repeating: "n", count: 251), "\u{301}y", "a\nb"]
        for name in names { try pictures("data/\(name).jpg") }
        try pictures("data/\(String(pathBytes: [0xFF]))/\(latin).jpg")
        let outcome = try label(["data", "--predict", "0.3", "--export", "coco=coco.json"])
        #expect(outcome.status == 0 && outcome.error.contains("10 of 10 pictures"), "\(outcome.error)")
        let made = Set(try files("out").map(NameKey.init))
        #expect(made == Set((names + [String(pathBytes: [0xFF]) + "/" + latin]).map { NameKey($0 + ".png") }))
        let coco = try MappedFile(path: path("coco.json")).withBytes { String(decoding: $0, as: UTF8.self) }
        #expect(coco.contains("\"file_name\":\"caf\\udce9.jpg\"") && coco.contains("\"file_name\":\"\\udcff/caf\\udce9.jpg\""))
        for name in [latin, "cafe\u{301}", "-c"] {
            let map = try Program.run(["map", "-c", "cat", "-o", "m.npy", "data/\(name).jpg"], folder: folder.path)
            #expect(map.status == 0 && map.error.isEmpty, "\(map.error)")
        }
        let missing = try Program.run(["classify", latin + ".jpg"], folder: folder.path)
        #expect(missing.status == 66 && missing.isOneLine && missing.error.contains("caf\u{FFFD}.jpg"))
        // A list and labels in bytes; labels in the other normal form.
        try folder.write(latin.bytes + Array(" cat\ncafe\u{301} dog\n".utf8), "labels.txt")
        try folder.write(latin.bytes + Array("\ncaf\u{E9}\n".utf8), "list.txt")
        try FileManager.default.removeItem(atPath: path("data/cafe\u{301}.jpg"))
        let listed = try label(["data", "--list", "list.txt", "--labels", "labels.txt", "--class-list", "model"], "listed")
        #expect(listed.status == 0 && !listed.error.contains("no entry"), "\(listed.error)")
        #expect(try classes("listed/\(latin).png") == [1] && classes("listed/caf\u{E9}.png") == [3])
    }

    @Test func picturesWithoutAnEntryAreNamed() throws {
        try pictures("data/a/1.jpg", "data/b/1.jpg", "data/b/2.jpg")
        try folder.write("a/1 cat\n9 dog\n", "labels.txt")
        let outcome = try label(["data", "--labels", "labels.txt"])
        #expect(outcome.status == 0 && outcome.error.contains("2 pictures have no entry among the labels: b/1, b/2"), "\(outcome.error)")
        #expect(outcome.error.contains("1 entries among the labels are of none of the pictures"))
        try folder.write("1 cat\n2 dog\n", "labels.txt")
        let unclear = try label(["data", "--labels", "labels.txt"], "unclear")
        #expect(unclear.status == 65 && unclear.error.contains("a/1: “1” may be this picture's or another's"), "\(unclear.error)")
        #expect(try files("unclear") == ["b/2.png"])
    }
}
