import Foundation
import Images
import Labels
import PTYSupport
import TestSupport
import Testing

/// `getam label --resume`, and runs that end early.
@Suite struct BatchResumeTests {
    private let batch: BatchFolder
    init() throws { batch = try BatchFolder() }

    @Test func whatIsWholeIsLeftAndWhatIsNotIsDoneAgain() throws {
        let more = ["--cams", batch.path("cams"), "--confidence", batch.path("sure"), "--doubt", batch.path("doubt")]
        #expect(try batch.run("out", more).status == 0)
        let (labels, maps) = (try batch.contents("out"), try batch.contents("cams"))
        let (sure, doubt) = (try batch.contents("sure"), try batch.contents("doubt"))
        #expect(sure.count == 6 && doubt.count == 6)
        func file(_ name: String) -> String { batch.path(name) }
        // Cut short, gone, of another size, with a class beyond the list, without its maps, no picture at all.
        let cut = try #require(labels["01-cat.png"])
        try cut.prefix(cut.count / 2).write(to: URL(filePath: file("out/01-cat.png")))
        unlink(file("out/03-dog.png"))
        unlink(file("doubt/03-dog.png"))
        try batch.folder.write(PNGEncoder.encode(IndexedImage(width: 4, height: 4, indices: Array(repeating: 0, count: 16))), "out/06-sheep.png")
        var beyond = try batch.labels("out", "08-two-dogs")
        beyond.indices[5] = 21
        try batch.folder.write(PNGEncoder.encode(beyond), "out/08-two-dogs.png")
        try #require(maps["09-cow-and-sheep.npz"]).prefix(1000).write(to: URL(filePath: file("cams/09-cow-and-sheep.npz")))
        // Leftovers of this batch, and what is none of its business.
        try batch.write("half", "out/.01-cat.png.abc123.part")
        try batch.write("half", "out/.other.png.abc123.part")
        try batch.write("kept", "out/.01-cat.txt")
        let whole = try FileManager.default.attributesOfItem(atPath: file("out/10-horses-and-dog.png"))[.systemFileNumber] as? UInt64
        let outcome = try batch.run("out", more + ["--resume", "--export", "coco=" + batch.path("coco.json")])
        #expect(outcome.status == 0 && outcome.error.contains("5 of 6 pictures labeled") && outcome.error.contains("1 were there"), "\(outcome.error)")
        #expect(try batch.entries("out").filter { $0.hasPrefix(".") } == [".01-cat.txt", ".other.png.abc123.part"])
        #expect(try batch.contents("out").filter { !$0.key.hasPrefix(".") } == labels)
        #expect(try batch.contents("cams") == maps)
        #expect(try batch.contents("sure") == sure && batch.contents("doubt") == doubt)
        // Left as it was, not written again.
        #expect(try FileManager.default.attributesOfItem(atPath: file("out/10-horses-and-dog.png"))[.systemFileNumber] as? UInt64 == whole)
        // The annotations hold all, those that were there too.
        let coco = try String(contentsOfFile: file("coco.json"), encoding: .utf8)
        for name in BatchFolder.names { #expect(coco.contains("\(name).jpg")) }
        // Without the option all is done again.
        #expect(try batch.run("out", more).error.contains("6 of 6"))
    }

    /// Another preset, model, class list or picture's classes: what differs is made anew and counted, the rest is left.
    @Test func whatWasMadeOtherwiseIsMadeAnew() throws {
        #expect(try batch.run("out").status == 0)
        func resumed(_ more: [String], classList: String = "voc", remade: Int, _ comment: String) throws {
            let arguments = batch.arguments("out", more, classList: classList)
            let outcome = try Program.run(arguments + ["--resume"])
            #expect(outcome.status == 0 && outcome.error.contains("\(remade) of 6 pictures labeled"), "\(comment): \(outcome.error)")
            #expect(outcome.error.contains("\(remade) were made otherwise") == (remade > 0), "\(comment): \(outcome.error)")
            #expect(outcome.error.contains("\(6 - remade) were there") == (remade < 6), "\(comment): \(outcome.error)")
            var fresh = arguments
            fresh[fresh.firstIndex(of: batch.path("out")) ?? 0] = batch.path("fresh")
            #expect(try Program.run(fresh).status == 0)
            #expect(try batch.contents("out") == batch.contents("fresh"), "\(comment)")
        }
        try resumed([], remade: 0, "nothing")
        // A preset of other numbers, and of the same numbers under another file name.
        let json = #"{"version":1,"name":"mine","layers":{"from":9},"completion":{"level":0.6,"cut":null,"opening":0}}"#
        let mine = ["--preset", try batch.write(json, "mine.json")]
        try resumed(mine, remade: 6, "preset")
        try resumed(["--preset", try batch.write(json, "copy.json")], remade: 0, "same preset")
        // The classes of two pictures; the name that no list has stays skipped.
        try batch.write(
            """
            01-cat cat,sofa
            03-dog dog
            06-sheep sheep
            08-two-dogs dog
            09-cow-and-sheep sheep,cow
            10-horses-and-dog horse

            """, "labels.txt")
        try resumed(mine, remade: 2, "labels")
        // The same names under other numbers, and back, so that a model is next.
        let list = try batch.write("sheep\ncow\ndog\ncat\nhorse\n" + (6...20).map { "other \($0)\n" }.joined(), "classes.txt")
        try resumed(mine, classList: list, remade: 6, "class list")
        // The same model but for one bit: of the same name and shape.
        try FileManager.default.createDirectory(atPath: batch.path("model"), withIntermediateDirectories: true)
        let bundled = Fixtures.root.appending(path: "assets/models/animals")
        try FileManager.default.copyItem(atPath: bundled.appending(path: "config.json").path, toPath: batch.path("model/config.json"))
        var weights = try Data(contentsOf: bundled.appending(path: "model.safetensors"))
        try weights.write(to: URL(filePath: batch.path("model/model.safetensors")))
        let other = ["--model", batch.path("model")] + mine
        try resumed(other, classList: list, remade: 0, "a copy of the model")
        weights[weights.count - 4] ^= 1
        try weights.write(to: URL(filePath: batch.path("model/model.safetensors")))
        try resumed(other, classList: list, remade: 6, "another model")
        // A label without notes, as another program writes it.
        let bare = try PNGEncoder.encode(batch.labels("out", "03-dog"))
        try batch.folder.write(bare, "out/03-dog.png")
        try resumed(other, classList: list, remade: 1, "no notes")
    }

    @Test func whatAnotherBoundPredictedIsMadeAnew() throws {
        func run(_ bound: String) throws -> String {
            let outcome = try Program.run(
                ["label", "--images", batch.path("images"), "--predict", bound, "-o", batch.path("out"), "--resume"])
            #expect(outcome.status == 0, "\(outcome.error)")
            return outcome.error
        }
        #expect(try run("0.5").contains("6 of 6 pictures labeled"))
        #expect(try run("0.5").contains("6 were there"))
        #expect(try run("0.99").contains("6 were made otherwise"))
    }

    /// Killed as soon as the first label is there, several times.
    @Test func aKilledRunLeavesWholeFiles() throws {
        #expect(try batch.run("whole").status == 0)
        let whole = try batch.contents("whole")
        for attempt in 0..<4 {
            let killed = try Program.run(
                ["-c", """
                    rm -f "$0"/*.png; "$@" 2>/dev/null & pid=$!
                    for i in $(seq 1000); do set -- "$0"/*.png; [ -e "$1" ] && break; sleep 0.01; done
                    sleep 0.0\(attempt * 3); kill -9 $pid; wait $pid; exit 0
                    """, batch.path("out"), try Program.path.get()] + batch.arguments("out", ["--jobs", "1"]),
                executable: "/bin/bash")
            #expect(killed.status == 0)
            for (name, bytes) in try batch.contents("out") where !name.hasPrefix(".") { #expect(bytes == whole[name], "\(name)") }
            #expect(try !batch.entries("out").filter { !$0.hasPrefix(".") }.isEmpty)
        }
        #expect(try batch.run("out", ["--resume"]).status == 0)
        #expect(try batch.contents("out") == whole)
    }

    /// A run of many views takes seconds: time for an interrupt.
    @Test func anInterruptEndsAfterThePicturesUnderWay() throws {
        let slow = try batch.write(
            #"{"version":1,"scales":[1,2,2.5,3],"flip":true,"refiners":[{"kind":"pamr"}]}"#, "slow.json")
        let outcome = try Program.run(
            ["-c", """
                "$@" & pid=$!
                for i in $(seq 3000); do set -- "$0"/*.png; [ -e "$1" ] && break; sleep 0.01; done
                kill -INT $pid; wait $pid
                """, batch.path("out"), "/usr/bin/env", "--default-signal=INT", try Program.path.get()]
                + batch.arguments("out", ["--jobs", "1", "--preset", slow]),
            executable: "/bin/bash")
        #expect(outcome.status == 130, "\(outcome.status) \(outcome.error)")
        #expect(outcome.error.contains("interrupted") && outcome.error.contains("--resume"))
        let entries = try batch.entries("out")
        #expect(!entries.isEmpty && entries.count < 6 && entries.allSatisfy { $0.hasSuffix(".png") && !$0.hasPrefix(".") }, "\(entries)")
        for entry in entries { _ = try batch.labels("out", String(entry.dropLast(4))) }
    }

    @Test func aTerminalSeesABar() throws {
        let session = try PTYSession(
            try Program.path.get(), batch.arguments("out", ["--jobs", "1"]),
            environment: Program.environment.merging(["TERM": "xterm"]) { $1 })
        #expect(try session.waitForExit() == .status(0))
        let text = String(decoding: session.output, as: UTF8.self)
        #expect(text.contains("/6") && text.contains("a minute") && text.contains("left") && text.contains("["), "\(text)")
        // Taken away before the summary.
        #expect(text.contains("\r\u{1B}[Kgetam: 6 of 6 pictures labeled"), "\(text)")
    }
}
