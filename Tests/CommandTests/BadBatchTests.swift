import Files
import Foundation
import Images
import TestSupport
import Testing

/// `getam label` with pictures, lists, labels and folders that cannot be used.
@Suite struct BadBatchTests {
    private let batch: BatchFolder
    init() throws { batch = try BatchFolder() }

    @Test func aBadPictureIsReportedAtTheEndAndStopsNothing() throws {
        #expect(try batch.run("good").status == 0)
        let good = try batch.contents("good")
        try batch.write("no picture", "images/00-text.jpg")
        let jpeg = try Data(contentsOf: URL(filePath: batch.path("images/03-dog.jpg")))
        try jpeg.prefix(jpeg.count / 2).write(to: URL(filePath: batch.path("images/03-dog.jpg")))
        try batch.write("00-text\nnowhere\n" + BatchFolder.names.joined(separator: "\n"), "list.txt")
        let outcome = try batch.run("out")
        #expect(outcome.status == 65)
        #expect(try batch.contents("out") == good.filter { $0.key != "03-dog.png" })
        let lines = outcome.errorLines
        #expect(lines.first?.contains("5 of 8 pictures labeled") == true, "\(outcome.error)")
        // In the order of the list, a line each.
        #expect(lines.suffix(4).first?.contains("images/00-text.jpg: ") == true)
        #expect(lines.suffix(3).first?.contains("images/nowhere: no picture") == true)
        #expect(lines.suffix(2).first?.contains("images/03-dog.jpg: ") == true)
        #expect(lines.last == "getam: 3 of the pictures failed, all others are labeled")
        // A crowd of them: the first few and a count.
        try batch.write((0..<20).map { "absent-\($0)\n" }.joined() + "01-cat\n", "list.txt")
        let crowd = try batch.run("crowd")
        #expect(crowd.status == 66 && crowd.errorLines.filter { $0.contains("images/absent-") }.count == 5, "\(crowd.error)")
        #expect(crowd.error.contains("and 15 more") && crowd.error.contains("20 of the pictures failed"))
        #expect(try batch.entries("crowd") == ["01-cat.png"])
    }

    @Test func inputsThatCannotBeUsedAreOneLine() throws {
        let empty = try batch.write("# nothing\n\n", "empty.txt"), twice = try batch.write("01-cat\n03-dog\n01-cat\n", "twice.txt")
        let other = try batch.write("elsewhere cat\n", "other.txt"), double = try batch.write("01-cat cat\n01-cat dog\n", "double.txt")
        let binary = try batch.folder.write([0xFF, 0xFE, 0, 1], "binary.txt"), broken = try batch.write("{\"images\": [", "broken.json")
        try FileManager.default.createDirectory(atPath: batch.path("bare"), withIntermediateDirectories: true)
        let cases: [(option: String, value: String, status: Int32, words: String)] = [
            ("--list", empty, 65, "no names"), ("--list", twice, 65, "line 3"), ("--list", binary, 65, "is not text"),
            ("--list", batch.path("none.txt"), 66, "none.txt"), ("--images", batch.path("none"), 66, "none"),
            ("--images", batch.path("list.txt"), 66, "folder"),
            ("--labels", empty, 65, "no entry"), ("--labels", other, 65, "no entry"), ("--labels", double, 65, "second time"),
            ("--labels", broken, 65, "broken.json"), ("--labels", batch.path("none.npy"), 66, "none.npy"),
            ("--class-list", empty, 65, "empty"), ("--class-list", batch.path("none.txt"), 66, "none.txt"),
            ("--class-list", try batch.write("unicorn\n", "unicorn.txt"), 64, "unicorn"),
            ("--class-list", try batch.write("cat\ncat\n", "cats.txt"), 65, "twice"),
            ("--class-list", try batch.write((0..<300).map { "c\($0)\n" }.joined(), "many.txt"), 65, "254"),
            ("--saliency", batch.path("none"), 66, "none"), ("--model", batch.path("none"), 66, "none"),
            ("-o", batch.path("images"), 64, "-o"),
        ]
        for (option, value, status, words) in cases {
            var arguments = batch.arguments("out")
            if let place = arguments.firstIndex(of: option) { arguments[place + 1] = value } else { arguments += [option, value] }
            let outcome = try Program.run(arguments)
            #expect(outcome.status == status && outcome.isOneLine && outcome.error.contains(words), "\(option) \(value): \(outcome.status) \(outcome.error)")
        }
        #expect(!FileManager.default.fileExists(atPath: batch.path("out")))
        let bare = try Program.run(["label", "--images", batch.path("bare"), "--predict", "0.5", "-o", batch.path("out")])
        #expect(bare.status == 66 && bare.isOneLine && bare.error.contains("no pictures"))
        try FileManager.default.copyItem(atPath: batch.path("images/01-cat.jpg"), toPath: batch.path("images/01-cat.png"))
        let twins = try Program.run(["label", "--images", batch.path("images"), "--predict", "0.5", "-o", batch.path("out")])
        #expect(twins.status == 65 && twins.isOneLine && twins.error.contains("01-cat.jpg and 01-cat.png"), "\(twins.error)")
    }

    @Test(arguments: [
        ["--jobs", "0"], ["--jobs", "1025"], ["--threads", "0"], ["--predict", "2"], ["--predict", "0.5"], ["--voc", "x"],
        ["--split", "train"], ["--cams", ""], ["--doubt", ""], ["--doubt", "same", "--confidence", "same"],
    ])
    func optionsThatDoNotGoTogether(_ more: [String]) throws {
        let outcome = try batch.run("out", more)
        #expect(outcome.status == 64 && outcome.output.isEmpty && outcome.error.contains(more[0]), "\(outcome.error)")
    }

    @Test func outputsThatCannotBeMadeStopTheRun() throws {
        try batch.write("", "file")
        for target in [batch.path("file"), batch.path("file/out"), "/proc/out"] {
            var arguments = batch.arguments("out")
            arguments[arguments.count - 1] = target
            let outcome = try Program.run(arguments)
            #expect(outcome.status == 73 && outcome.isOneLine && outcome.error.contains(target), "\(outcome.error)")
        }
        let coco = try batch.run("good", ["--export", "coco=" + batch.path("none/coco.json")])
        #expect(coco.status == 73 && coco.error.contains("none/coco.json"))
    }

    /// A file system of 64 KiB, and one that may only be read; needs root.
    @Test(.enabled(if: geteuid() == 0, "mounting needs root"))
    func aFullOrReadOnlyDisk() throws {
        try FileManager.default.createDirectory(atPath: batch.path("disk"), withIntermediateDirectories: true)
        func mount(_ options: String) throws -> Bool {
            try Program.run(["-t", "tmpfs", "-o", options, "getam-test", batch.path("disk")], executable: "/usr/bin/mount").status == 0
        }
        guard try mount("size=64k") else { return }
        defer { _ = try? Program.run([batch.path("disk")], executable: "/usr/bin/umount") }
        let full = try batch.run("disk/out", ["--cams", batch.path("disk/cams")])
        #expect(full.status == 73 && full.isOneLine && full.error.contains("no space"), "\(full.error)")
        for name in try batch.entries("disk/out") + batch.entries("disk/cams") { #expect(!name.hasPrefix("."), "\(name)") }
        guard try mount("remount,ro") else { return }
        let locked = try batch.run("disk/out")
        #expect(locked.status == 73 && locked.isOneLine && locked.error.contains("read-only"), "\(locked.error)")
        let made = try batch.run("disk/new")
        #expect(made.status == 73 && made.isOneLine && made.error.contains("disk/new"), "\(made.error)")
    }
}
