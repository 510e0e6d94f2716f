import Files
@testable import Labels
import TestSupport
import Testing

/// Which picture a text means.
@Suite struct PictureNamesTests {
    private func name(_ text: String, _ names: [String]) -> String {
        let pictures = PictureNames(names)
        return switch pictures.find(text) {
        case .one(let place): pictures.names[place]
        case .elsewhere(let place): "elsewhere " + pictures.names[place]
        case .several(let places): places.map { pictures.names[$0] }.joined(separator: "|")
        case .none: "none"
        }
    }

    @Test func flatNames() {
        let names = ["a", "b.c", "x y", "d\\e", "2007_000032"]
        for (text, found) in [
            ("a", "a"), ("a.jpg", "a"), ("a.xml", "a"), ("/data/a.png", "a"), ("p\\a.png", "a"), ("./a", "a"), ("b.c", "b.c"),
            ("b.c.png", "b.c"), ("b", "none"), ("x y.jpg", "x y"), ("d\\e", "d\\e"), ("d\\e.jpg", "d\\e"), ("q/d\\e", "d\\e"),
            ("e", "none"), ("A", "none"), ("a.tiff", "none"), ("", "none"), ("/", "none"), ("2007_000032", "2007_000032"),
        ] {
            #expect(name(text, names) == found, "\(text)")
        }
    }

    @Test func namesInFolders() {
        let names = ["cat/1", "dog/1", "dog/2", "dog/3", "1", "train/cat/7", "val/cat/7", "train/cow/8"]
        for (text, found) in [
            ("cat/1", "cat/1"), ("cat/1.jpg", "cat/1"), ("cat\\1.jpg", "cat/1"), ("./dog/1", "dog/1"), ("1", "1"),
            // One has it as its last part; several have.
            ("2", "dog/2"), ("2.png", "dog/2"), ("7", "train/cat/7|val/cat/7"),
            // The end of the name, and the name as the end.
            ("cat/7", "train/cat/7|val/cat/7"), ("val/cat/7.jpg", "val/cat/7"), ("cow/8", "train/cow/8"),
            ("/data/set/dog/2.jpg", "dog/2"), ("data\\set\\dog\\2.jpg", "dog/2"), ("set/val/cat/7", "val/cat/7"),
            // The same last part, in another folder.
            ("cat/2", "elsewhere dog/2"), ("horse/9", "none"), ("og/2", "elsewhere dog/2"), ("dog/9", "none"),
        ] {
            #expect(name(text, names) == found, "\(text)")
        }
        #expect(name("1", ["cat/1", "dog/1"]) == "cat/1|dog/1")
        // A file whose name has a backslash goes before a folder.
        #expect(name("a\\b", ["a/b", "a\\b"]) == "a\\b" && name("a\\b", ["a/b"]) == "a/b")
    }

    /// Names are bytes; another normal form counts where no name has these bytes, and one picture only has it.
    @Test func normalForms() {
        let (composed, decomposed) = ("caf\u{E9}", "cafe\u{301}")
        func bytes(_ text: String, _ names: [String]) -> [UInt8] { Array(name(text, names).utf8) }
        #expect(PictureNames([composed, decomposed, composed]).names.count == 2)
        #expect(bytes(composed, [composed, decomposed]) == Array(composed.utf8))
        #expect(bytes(decomposed, [composed, decomposed]) == Array(decomposed.utf8))
        #expect(bytes(composed + ".jpg", [decomposed]) == Array(decomposed.utf8))
        #expect(bytes("x/" + decomposed, ["x/" + composed, "y"]) == Array(("x/" + composed).utf8))
        #expect(bytes(decomposed, ["x/" + composed, "y/z"]) == Array(("x/" + composed).utf8))
        // A third form of a name that two have.
        let (one, two, three) = ("\u{1E69}", "s\u{323}\u{307}", "s\u{307}\u{323}")
        #expect(PictureNames([one, two]).find(three) == .several([0, 1]))
        let latin = String(pathBytes: [0x63, 0xE9])
        #expect(bytes(latin + ".png", [latin, "c\u{E9}"]) == Array(latin.utf8))
        #expect(PictureNames(["c\u{E9}"]).find(latin) == .none)
    }

    /// Every whole name means its own picture, with any extension and after any folder that is none of a name's.
    @Test func anyNames() {
        var random = SplitMix(seed: 31)
        let parts = ["a", "b", "\u{E9}", "e\u{301}", ".x", "-", " ", "a b", "\\", "\u{301}", "1.5", String(pathBytes: [0xFF]), String(repeating: "n", count: 251)]
        for _ in 0..<200 {
            let names = PictureNames((0..<12).map { _ in
                (0..<Int.random(in: 1...3, using: &random)).map { _ in parts.randomElement(using: &random) ?? "" }.joined(separator: "/")
            })
            for (place, own) in names.names.enumerated() {
                #expect(names.place(of: own) == place)
                for text in [own, own + ".jpg", own + ".PNG"] { #expect(names.find(text) == .one(place), "\(text) of \(names.names)") }
            }
        }
    }

    /// The closest entry counts; what may be several pictures' is nobody's; what another folder's is said.
    @Test func entriesOfPictures() {
        let pictures = PictureNames(["cat/1", "dog/1", "dog/2", "dog/3", "cow/4"])
        let entries = PictureEntries(["1", "dog/1.jpg", "2", "x/dog/2", "dog/2", "sheep/4", "none", "dog\\3.jpg", "dog/3"], of: pictures)
        #expect(entries.found[1...] == [.entry(1), .entry(4), .entry(8), .entry(5)])
        guard case .unclear(let reason) = entries.found[0] else { return #expect(Bool(false)) }
        #expect(reason.contains("“1”") && entries.foreign == [6])
        #expect(entries.elsewhere.map(\.entry) == [5] && entries.elsewhere.map(\.picture) == [4])
        // The same to the byte: the last.
        #expect(PictureEntries(["a", "a"], of: PictureNames(["a"])).found == [.entry(1)])
        // Two as close as each other.
        let twins = PictureEntries(["x/a", "y/a"], of: PictureNames(["a"])).found[0]
        guard case .unclear(let both) = twins else { return #expect(Bool(false)) }
        #expect(both.contains("“x/a” and “y/a”"))
    }
}
