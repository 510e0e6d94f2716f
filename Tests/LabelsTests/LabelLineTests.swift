import Labels
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
}
