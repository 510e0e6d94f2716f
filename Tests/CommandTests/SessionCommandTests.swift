import Foundation
import TestSupport
import Testing

/// `getam explore --play`: sessions without a terminal.
@Suite struct SessionCommandTests {
    private let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    private func session(_ text: String) throws -> String {
        let path = folder.path + "/session.txt"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    @Test func printsFrames() throws {
        let path = try session("# a lesson\nscreen 100 30\nclass cat\nlayer 9\nsnap\nview map\npress ?\n")
        let outcome = try Program.run(["explore", Fixtures.cat, "--play", path])
        #expect(outcome.status == 0 && outcome.error.isEmpty, "\(outcome.error)")
        #expect(outcome.lines.count == 60 && !outcome.output.contains(0x1B))
        #expect(outcome.lines[29].hasPrefix(" layer 9  cat  getam"))
        // The last frame has what the session ends with.
        #expect(outcome.lines[30...].contains { $0.contains("previous layer") })
        let file = folder.path + "/frames.txt"
        let other = try Program.run(["explore", Fixtures.cat, "--play", path, "--snapshot", file, "--columns", "80", "--rows", "24"])
        #expect(other.status == 0 && other.output.isEmpty)
        let lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        #expect(lines.count == 48 && lines.allSatisfy { $0.count <= 80 })
        let colored = try Program.run(["explore", Fixtures.cat, "--play", path, "--colors", "256"])
        #expect(colored.text.contains("8;5;"))
    }

    /// What is recorded in one place replays in another, with the pictures in another folder.
    @Test func recordsAndReplaysElsewhere() throws {
        let pictures = Fixtures.root.appending(path: "assets/pictures").path, record = folder.path + "/record.txt"
        let elsewhere = folder.path + "/other pictures"
        try FileManager.default.createDirectory(atPath: elsewhere, withIntermediateDirectories: true)
        for name in ["01-cat.jpg", "09-cow-and-sheep.jpg"] {
            try FileManager.default.copyItem(atPath: pictures + "/" + name, toPath: elsewhere + "/" + name)
        }
        let lines = ["image 09-cow", "press j space l l", "press h x", "threshold 0.4", "click left 30 10", "view label"]
        let here = ["01-cat.jpg", "09-cow-and-sheep.jpg"].map { pictures + "/" + $0 }
        let first = try Program.run(["explore"] + here + ["--record", record, "--method", "attention-gradcam"] + lines.flatMap { ["--do", $0] })
        #expect(first.status == 0 && first.error.isEmpty, "\(first.error)")
        let text = try String(contentsOfFile: record, encoding: .utf8)
        #expect(!text.contains(pictures) && text.contains("image 09-cow-and-sheep.jpg") && text.contains("method attention-gradcam\n"), "\(text)")
        let second = try Program.run(["explore", elsewhere, "--play", record])
        #expect(second.status == 0 && second.error.isEmpty, "\(second.error)")
        #expect(second.output == first.output)
        // A record is begun once.
        let again = try Program.run(["explore", Fixtures.cat, "--record", record])
        #expect(again.status == 73 && again.isOneLine && again.error.contains("is there already"), "\(again.error)")
    }

    @Test func saysWhatIsWrong() throws {
        for (text, message) in [
            ("layer 3\nlayer 33\n", "session.txt, line 2, “layer 33”: no layer 33: layers go from 0 to 11"),
            ("\n\nbogus", "line 3, “bogus”: no command “bogus”"), ("export overlay", "line 1, “export overlay”: asks for more"),
            ("image no-such.jpg", "line 1, “image no-such.jpg”: image: no picture “no-such.jpg”"),
        ] {
            let outcome = try Program.run(["explore", Fixtures.cat, "--play", try session(text)])
            #expect(outcome.status == 65 && outcome.isOneLine && outcome.error.contains(message), "\(outcome.error)")
        }
        let missing = try Program.run(["explore", Fixtures.cat, "--play", folder.path + "/none.txt"])
        #expect(missing.status == 66 && missing.isOneLine)
        try Data([0, 1, 2, 0xFF]).write(to: URL(fileURLWithPath: folder.path + "/binary"))
        let binary = try Program.run(["explore", Fixtures.cat, "--play", folder.path + "/binary"])
        #expect(binary.status == 65 && binary.isOneLine && binary.error.contains("is no text"))
        for options in [["--columns", "80"], ["--rows", "24"], ["--snapshot", "x.txt"], ["--play", "x", "--columns", "0"]] {
            #expect(try Program.run(["explore", Fixtures.cat] + options).status == 64, "\(options)")
        }
    }

    @Test func writesScreensAndFiles() throws {
        let path = try session("layer 3\nsnap screen.txt\nsnap screen.ansi\nexport overlay over.png\nsession save saved.txt\n")
        let outcome = try Program.run(["explore", Fixtures.cat, "--play", path, "--colors", "24bit"], folder: folder.path)
        #expect(outcome.status == 0 && outcome.error.isEmpty, "\(outcome.error)")
        func text(_ name: String) throws -> String { try String(contentsOfFile: folder.path + "/" + name, encoding: .utf8) }
        #expect(try text("screen.txt").hasPrefix(" 01-cat.jpg") && !text("screen.txt").contains("\u{1B}"))
        #expect(try text("screen.ansi").contains("\u{1B}["))
        #expect(try text("saved.txt").hasSuffix("layer 3\nexport overlay over.png\n"))
        #expect(FileManager.default.fileExists(atPath: folder.path + "/over.png"))
        // Nothing is replaced unasked.
        let again = try Program.run(["explore", Fixtures.cat, "--play", path], folder: folder.path)
        #expect(again.status == 65 && again.error.contains("screen.txt: exists"), "\(again.error)")
    }
}
