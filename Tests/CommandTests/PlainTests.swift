import Foundation
import Images
import TestSupport
import Testing

/// `getam explore --plain`: commands in, sentences out.
@Suite struct PlainTests {
    private let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    private func run(_ lines: String, _ arguments: [String]) throws -> Outcome {
        let path = folder.path + "/lines.txt"
        try lines.write(toFile: path, atomically: true, encoding: .utf8)
        let program = try Program.path.get()
        return try Program.run(
            ["-c", "exec \"$0\" explore --plain \"$@\" <\"$LINES_FILE\"", program] + arguments, environment: ["LINES_FILE": path],
            executable: "/bin/sh", folder: folder.path)
    }

    @Test func answersInSentences() throws {
        let outcome = try run("layer 9\nprobe 4 4\nview map\n\n# a remark\ndescribe\nhelp threshold\nquit\nlayer 3\n", [Fixtures.cat])
        #expect(outcome.status == 0 && outcome.error.isEmpty, "\(outcome.error)")
        let lines = outcome.lines
        #expect(lines[0] == "Picture 1 of 1 is 01-cat.jpg, 500 by 375 pixels, 23 by 17 patches.")
        #expect(lines.contains { $0.hasPrefix("The class is cat, probability 99.9%, number 1 of ") })
        #expect(lines.contains { $0.hasPrefix("The map is getam of cat, layer 9, from ") && $0.contains("highest at column ") })
        #expect(lines.contains { $0.hasPrefix("The probe is at column 4, row 4: ") && $0.contains("rank ") })
        #expect(lines.contains("The view is map."))
        #expect(lines.contains { $0.hasPrefix("Picture: Picture 1 of 1") } && lines.contains { $0.hasPrefix("Threshold 0…1|N%|off: show only where") })
        // Nothing after it was left; what did not change is not said again.
        #expect(!lines.contains { $0.contains("layer 3") } && lines.count { $0.hasPrefix("Picture 1 of 1") } == 1)
        for line in lines {
            #expect(".?!:…".contains(line.last ?? " "), "\(line)")
            #expect(!line.unicodeScalars.contains { (0x2500...0x28FF).contains($0.value) || $0.value < 32 }, "\(line)")
        }
    }

    @Test func whatCannotBeDoneIsSaid() throws {
        let outcome = try run("layer 99\nbogus\nexport overlay\nmark cat\nquit\nno\nlabels save marks.txt\nquit\n", [Fixtures.cat])
        #expect(outcome.status == 65 && outcome.errorLines.count == 1 && outcome.error.contains("2 lines were not followed"), "\(outcome.error)")
        for line in [
            "No: no layer 99: layers go from 0 to 11.", "Error: no command “bogus”; ? finds them, Tab completes.", "Where to? Say export overlay FILE.",
            "Marks are not saved. Leave without them? Say yes or no, or labels save FILE.",
        ] { #expect(outcome.lines.contains(line), "\(line): \(outcome.text)") }
        #expect(try String(contentsOfFile: folder.path + "/marks.txt", encoding: .utf8) == "01-cat.jpg cat\n")
        let again = try run("mark cat\nlabels save marks.txt\nyes\n", [Fixtures.cat])
        #expect(again.status == 0 && again.lines.contains("There is a file marks.txt already. Replace it? Say yes or no."), "\(again.text)")
        for options in [["--play", "x"], ["-"]] { #expect(try run("", [Fixtures.cat] + options).status == 64, "\(options)") }
    }

    /// A whole labelling task by a script: what is written is what `getam label` makes of the same marks and preset.
    @Test func aScriptLabels() throws {
        let pictures = Fixtures.root.appending(path: "assets/pictures").path
        let script = """
            image 09-cow
            mark cow
            mark sheep
            view label
            background level 0.5
            export preset mine.json
            export label 09.png
            image 01-cat
            mark cat
            export label 01.png
            labels save labels.txt
            quit

            """
        let outcome = try run(script, [pictures, "--record", "record.txt"])
        #expect(outcome.status == 0 && outcome.error.isEmpty, "\(outcome.error)\(outcome.text)")
        #expect(outcome.lines.contains { $0.hasPrefix("The label, labels by hand: background ") && $0.contains("; cow ") && $0.contains("; sheep ") }, "\(outcome.text)")
        try "01-cat\n09-cow-and-sheep\n".write(toFile: folder.path + "/names.txt", atomically: true, encoding: .utf8)
        let batch = try Program.run(
            ["label", "--images", pictures, "--labels", "labels.txt", "--preset", "mine.json", "-o", "batch", "--list", "names.txt"], folder: folder.path)
        #expect(batch.status == 0, "\(batch.error)")
        for (own, name) in [("01.png", "01-cat.png"), ("09.png", "09-cow-and-sheep.png")] {
            let a = try ImageFile.readIndices(path: folder.path + "/" + own), b = try ImageFile.readIndices(path: folder.path + "/batch/" + name)
            #expect(a.width == b.width && a.height == b.height)
            let different = zip(a.indices, b.indices).reduce(0) { $0 + ($1.0 == $1.1 ? 0 : 1) }
            #expect(different == 0, "\(own): \(different) pixels differ")
        }
        // And its record does the same without the pictures' folder named.
        let record = try String(contentsOfFile: folder.path + "/record.txt", encoding: .utf8)
        #expect(record.contains("\nexport label 09.png\n") && !record.contains(pictures))
    }
}
