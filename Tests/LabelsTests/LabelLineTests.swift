import Files
import Labels
import TestSupport
import Testing

/// Lines of label files say what they are written from, whatever is in the names.
@Suite struct LabelLineTests {
    @Test(arguments: [
        ("a.jpg", ["cat"], "a.jpg cat"), ("a.jpg", [], "a.jpg"), ("a b.jpg", ["cat", "dog"], "\"a b.jpg\" cat,dog"),
        ("a,b.jpg", ["tabby, tabby cat", "red fox"], "\"a,b.jpg\" \"tabby, tabby cat\",red fox"),
        ("say \"a\".jpg", ["o'clock"], "\"say \\\"a\\\".jpg\" \"o'clock\""), ("back\\slash", [" cat"], "\"back\\\\slash\" \" cat\""),
        ("#1.jpg", ["cat"], "\"#1.jpg\" cat"),
    ] as [(String, [String], String)])
    func namesAreQuotedWhereTheyMustBe(_ picture: String, _ classes: [String], _ line: String) {
        #expect(LabelLine.text(picture: picture, classes: classes) == line)
    }

    /// What is written is read back, whatever the names are made of.
    @Test(arguments: 0..<40) func linesAreReadBack(_ seed: Int) throws {
        var random = SplitMix(seed: UInt64(seed))
        func name() -> String {
            let letters = Array("ab ,'\"\\#=:éß日.")
            // Blanks at a name's ends are no name's.
            return "x" + String((0..<Int.random(in: 0..<6, using: &random)).map { _ in letters.randomElement(using: &random) ?? "a" }) + "y"
        }
        let entries = (0..<6).map { number in
            (picture: "\(number)\(name()).jpg", classes: (0..<number % 4).map { "\($0)\(name())" })
        }
        let folder = try TemporaryFolder()
        try AtomicFile.write(
            Array(entries.map { LabelLine.text(picture: $0.picture, classes: $0.classes) + "\n" }.joined().utf8), to: folder.path + "/l.txt")
        let labels = try ImageLabels.readText(path: folder.path + "/l.txt")
        for entry in entries { #expect(labels.classes(of: entry.picture) == entry.classes, "\(entry)") }
    }
}
