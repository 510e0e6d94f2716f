import Foundation
import Images
import PTYSupport
import TestSupport
import Testing

/// `getam segment` over folders and lists.
@Suite struct SegmentBatchTests {
    private let batch: SegmentFolder
    init() throws { batch = try SegmentFolder() }

    @Test func everyNameGetsALabelMapOfItsSizeThatSaysHowItWasMade() throws {
        let outcome = try batch.run("out", ["--crf"], scales: "64,96")
        #expect(outcome.status == 0 && outcome.output.isEmpty, "\(outcome.error)")
        #expect(outcome.errorLines.first?.contains("3 of 3 pictures segmented") == true, "\(outcome.error)")
        #expect(try batch.entries("out") == SegmentFolder.names.map { $0 + ".png" })
        for name in SegmentFolder.names {
            let labels = try ImageFile.readIndices(path: batch.path("out/\(name).png"))
            let size = try ImageFile.size(path: batch.path("images/\(name).png"))
            #expect(labels.width == size.width && labels.height == size.height && labels.palette == VOCPalette.colors)
            let notes = try PNGText.read(batch.path("out/\(name).png"))
            #expect(notes["Software"]?.hasPrefix("getam ") == true && notes["getam model"]?.isEmpty == false)
            #expect(notes["getam weights"]?.count == 16 && notes["getam scales"] == "64,96")
            #expect(notes["getam crf"]?.contains("\"appearanceDeviation\":83") == true, "\(notes)")
            // One picture to one file is the same.
            let one = try Program.run([
                "segment", "-m", SegmentFolder.model, "--scales", "64,96", "--crf", "--threads", "1",
                batch.path("images/\(name).png"), "-o", batch.path("one.png"),
            ])
            #expect(one.status == 0 && !one.error.contains("pictures"), "\(one.error)")
            #expect(try batch.bytes("one.png") == batch.bytes("out/\(name).png"))
        }
        // A folder as an option, as an argument, its pictures as arguments, a VOC tree.
        let whole = try batch.contents("out")
        try FileManager.default.createDirectory(atPath: batch.path("voc/ImageSets/Segmentation"), withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(atPath: batch.path("voc/JPEGImages"), withDestinationPath: "../images")
        try batch.write(SegmentFolder.names.joined(separator: "\n"), "voc/ImageSets/Segmentation/val.txt")
        let ways = [
            ["--images", batch.path("images")], [batch.path("images")],
            SegmentFolder.names.map { batch.path("images/\($0).png") }, ["--voc", batch.path("voc"), "--split", "val"],
        ]
        for (index, way) in ways.enumerated() {
            let other = try Program.run(
                ["segment", "-m", SegmentFolder.model, "--scales", "64,96", "--crf", "-o", batch.path("way\(index)")] + way)
            #expect(other.status == 0 && other.error.contains("3 of 3"), "\(other.error)")
            #expect(try batch.contents("way\(index)") == whole)
        }
    }

    @Test func probabilitiesAreArrays() throws {
        #expect(try batch.run("out", ["--format", "npy"]).status == 0)
        #expect(try batch.run("labels").status == 0)
        #expect(try batch.entries("out") == SegmentFolder.names.map { $0 + ".npy" })
        for name in SegmentFolder.names {
            let array = try NumPyArray(path: batch.path("out/\(name).npy"))
            let labels = try ImageFile.readIndices(path: batch.path("labels/\(name).png"))
            let pixels = labels.width * labels.height
            #expect(Array(array.shape.dropFirst()) == [labels.height, labels.width])
            for pixel in 0..<pixels {
                let values = (0..<array.shape[0]).map { array.values[$0 * pixels + pixel] }
                if abs(values.reduce(0, +) - 1) > 1e-5 || values[Int(labels.indices[pixel])] != values.max() {
                    Issue.record("\(name) at \(pixel): \(values), label \(labels.indices[pixel])")
                    break
                }
            }
        }
        // Whole arrays of the right shape are left; others are made again.
        let whole = try batch.contents("out"), kept = try batch.inode("out/mirrored.npy")
        try #require(whole["whole.npy"]).dropLast(4).write(to: URL(filePath: batch.path("out/whole.npy")))
        try #require(whole["mirrored.npy"]).write(to: URL(filePath: batch.path("out/crop.npy")))
        let again = try batch.run("out", ["--format", "npy", "--resume"])
        #expect(again.status == 0 && again.error.contains("2 of 3") && again.error.contains("1 were there"), "\(again.error)")
        #expect(try batch.contents("out") == whole && batch.inode("out/mirrored.npy") == kept)
    }

    @Test func jobsAndShardsDoNotChangeAByte() throws {
        let one = try batch.run("one", ["--jobs", "1"]), three = try batch.run("three", ["--jobs", "3"])
        #expect(one.status == 0 && one.error.contains("(1 job)") && three.status == 0 && three.error.contains("(3 jobs)"))
        let whole = try batch.contents("one")
        #expect(try batch.contents("three") == whole && whole.count == 3)
        let threads = try batch.run("threads", ["--jobs", "2", "--threads", "2"])
        #expect(threads.status == 0 && threads.error.contains("2 jobs of 2 threads"))
        let first = try batch.run("parts", ["--shard", "0/2"])
        #expect(first.errorLines.first == "getam: shard 0 of 2 (--shard): 2 of 3 pictures", "\(first.error)")
        // In the list's order, crop stands last.
        #expect(try batch.entries("parts") == ["crop.png", "whole.png"])
        let second = try batch.run("parts", ["--shard", "auto"], environment: ["SLURM_PROCID": "1", "SLURM_NTASKS": "2"])
        #expect(second.errorLines.first == "getam: shard 1 of 2 (the Slurm step): 1 of 3 pictures", "\(second.error)")
        #expect(try batch.contents("parts") == whole)
    }

    @Test func resumingMakesWhatIsNotThereNotWholeOrMadeOtherwise() throws {
        #expect(try batch.run("out").status == 0)
        let whole = try batch.contents("out")
        let kept = try batch.inode("out/whole.png")
        unlink(batch.path("out/crop.png"))
        let cut = try #require(whole["mirrored.png"])
        try cut.prefix(cut.count / 2).write(to: URL(filePath: batch.path("out/mirrored.png")))
        try batch.write("half", "out/.whole.png.abc123.part")
        try batch.write("half", "out/.other.png.abc123.part")
        let again = try batch.run("out", ["--resume"])
        #expect(again.status == 0 && again.error.contains("2 of 3 pictures segmented"), "\(again.error)")
        #expect(again.error.contains("1 were there") && !again.error.contains("otherwise"), "\(again.error)")
        #expect(try batch.entries("out") == [".other.png.abc123.part", "crop.png", "mirrored.png", "whole.png"])
        unlink(batch.path("out/.other.png.abc123.part"))
        #expect(try batch.contents("out") == whole && batch.inode("out/whole.png") == kept)
        // Another picture's size, a label the model lacks.
        try #require(whole["whole.png"]).write(to: URL(filePath: batch.path("out/crop.png")))
        var beyond = try ImageFile.readIndices(path: batch.path("out/whole.png"))
        beyond.indices[3] = 254
        try batch.folder.write(PNGEncoder.encode(beyond), "out/whole.png")
        #expect(try batch.run("out", ["--resume"]).error.contains("2 of 3 pictures segmented"))
        #expect(try batch.contents("out") == whole)
        // Other sizes, the field, another model: all is made anew, and left the next time.
        let others: [(more: [String], model: String, scales: String)] = [
            ([], SegmentFolder.model, "96"), (["--crf"], SegmentFolder.model, "96"), (["--crf"], batch.path("model"), "96"),
        ]
        for (more, model, scales) in others {
            let outcome = try batch.run("out", more + ["--resume"], model: model, scales: scales)
            #expect(outcome.status == 0 && outcome.error.contains("3 of 3"), "\(outcome.error)")
            #expect(outcome.error.contains("3 were made otherwise and are made anew"), "\(outcome.error)")
            #expect(try batch.run("fresh", more, model: model, scales: scales).status == 0)
            #expect(try batch.contents("out") == batch.contents("fresh"))
            let left = try batch.run("out", more + ["--resume"], model: model, scales: scales)
            #expect(left.error.contains("0 of 3") && left.error.contains("3 were there"), "\(left.error)")
        }
        // One picture to one file likewise.
        let one = ["segment", "-m", SegmentFolder.model, "--scales", "64", batch.path("images/whole.png"), "-o", batch.path("one.png")]
        #expect(try Program.run(one).status == 0)
        let place = try batch.inode("one.png")
        #expect(try Program.run(one + ["--resume"]).status == 0)
        #expect(try batch.inode("one.png") == place)
        #expect(try Program.run(one + ["--resume", "--crf"]).status == 0)
        #expect(try batch.inode("one.png") != place)
    }

    @Test func aBadPictureIsReportedAtTheEndAndStopsNothing() throws {
        try batch.write("no picture", "images/bad.png")
        try batch.write("bad\nnowhere\nwhole\ncrop\n", "list.txt")
        let outcome = try batch.run("out")
        #expect(outcome.status == 65 && outcome.errorLines.count == 4, "\(outcome.error)")
        #expect(outcome.errorLines.first?.contains("2 of 4 pictures segmented") == true, "\(outcome.error)")
        #expect(outcome.errorLines.dropFirst().first?.contains("images/bad.png: ") == true)
        #expect(outcome.error.contains("images/nowhere: no picture of this name"))
        #expect(outcome.errorLines.last == "getam: 2 of the pictures failed, all others are segmented")
        #expect(try batch.entries("out") == ["crop.png", "whole.png"])
        // Named as arguments too, and what only is not there is another status.
        let named = try Program.run(
            ["segment", "-m", SegmentFolder.model, "--scales", "64", batch.path("images"), "-o", batch.path("named")])
        #expect(named.status == 65 && named.error.contains("bad.png") && named.error.contains("1 of the pictures failed"))
        #expect(try batch.entries("named") == SegmentFolder.names.map { $0 + ".png" })
        try batch.write("nowhere\nwhole\n", "list.txt")
        #expect(try batch.run("out").status == 66)
    }

    /// Killed as soon as the first label map is there.
    @Test func aKilledRunLeavesWholeFiles() throws {
        #expect(try batch.run("whole", scales: "320").status == 0)
        let whole = try batch.contents("whole")
        for attempt in 0..<3 {
            let killed = try Program.run(
                ["-c", """
                    rm -f "$0"/*.png; "$@" 2>/dev/null & pid=$!
                    for i in $(seq 1000); do set -- "$0"/*.png; [ -e "$1" ] && break; sleep 0.005; done
                    sleep 0.0\(attempt); kill -9 $pid; wait $pid; exit 0
                    """, batch.path("out"), try Program.path.get()] + batch.arguments("out", ["--jobs", "1"], scales: "320"),
                executable: "/bin/bash")
            #expect(killed.status == 0)
            let there = try batch.contents("out").filter { !$0.key.hasPrefix(".") }
            #expect(!there.isEmpty)
            for (name, bytes) in there { #expect(bytes == whole[name], "\(name)") }
        }
        #expect(try batch.run("out", ["--resume"], scales: "320").status == 0)
        #expect(try batch.contents("out") == whole)
    }

    @Test func aTerminalSeesABar() throws {
        let session = try PTYSession(
            try Program.path.get(), batch.arguments("out", ["--jobs", "1", "--crf"], scales: "960,896"),
            environment: Program.environment.merging(["TERM": "xterm"]) { $1 })
        #expect(try session.waitForExit() == .status(0))
        let text = String(decoding: session.output, as: UTF8.self)
        #expect(text.contains("/3") && text.contains("a minute") && text.contains("left") && text.contains("["), "\(text)")
        #expect(text.contains("\r\u{1B}[Kgetam: 3 of 3 pictures segmented"), "\(text)")
    }

    @Test func inputsThatCannotBeUsedAreOneLine() throws {
        let cases: [(option: String, value: String, status: Int32, words: String)] = [
            ("--list", try batch.write("\n", "empty.txt"), 65, "no names"), ("--list", batch.path("none.txt"), 66, "none.txt"),
            ("--images", batch.path("none"), 66, "none"), ("-o", batch.path("images"), 64, "-o"),
            ("-m", batch.path("none"), 66, "none"), ("-o", batch.path("list.txt"), 73, "list.txt"),
        ]
        for (option, value, status, words) in cases {
            var arguments = batch.arguments("out")
            if let place = arguments.firstIndex(of: option) { arguments[place + 1] = value }
            let outcome = try Program.run(arguments)
            #expect(outcome.status == status && outcome.isOneLine && outcome.error.contains(words), "\(option) \(value): \(outcome.error)")
        }
        for more in [["--jobs", "0"], ["--threads", "0"], ["--shard", "2/2"], ["--split", "x"], ["--voc", "x"]] {
            let outcome = try batch.run("out", more)
            #expect(outcome.status == 64 && outcome.output.isEmpty, "\(more): \(outcome.error)")
        }
        let list = try Program.run(["segment", "-m", SegmentFolder.model, "--list", batch.path("list.txt"), "-o", batch.path("out")])
        #expect(list.status == 66 && list.isOneLine && list.error.contains("--images"), "\(list.error)")
        #expect(!FileManager.default.fileExists(atPath: batch.path("out")))
    }
}
