import Labels
import Testing

@Suite struct NameTextTests {
    private func split(_ line: String, _ pictures: [String] = []) -> [String] {
        let known = PictureNames(pictures)
        let (name, rest) = NameText.picture(in: line, isPicture: known.contains)
        return [name, String(rest)]
    }

    /// What was read so before names could hold blanks is read so still.
    @Test(arguments: [
        ("a cat", "a", "cat"), ("a", "a", ""), ("a.jpg cat, potted plant", "a.jpg", "cat, potted plant"),
        ("dir/a.jpg\tcat", "dir/a.jpg", "cat"), ("a cat,\tdog", "a", "cat,\tdog"), ("a \t cat", "a", "cat"),
        ("a cat\t, dog", "a", "cat\t, dog"), ("v1.5 cat", "v1.5", "cat"), ("\"a cat", "\"a", "cat"), ("'70s cat", "'70s", "cat"),
        ("\"a\"b cat", "\"a\"b", "cat"), ("dir\\a.jpg cat", "dir\\a.jpg", "cat"), ("a.jpg /masks/a.png", "a.jpg", "/masks/a.png"),
    ])
    func plainLines(_ line: String, _ name: String, _ rest: String) {
        #expect(split(line) == [name, rest])
        // Knowing the picture changes nothing.
        #expect(split(line, [name]) == [name, rest])
        #expect(split(line, [name, "another", "some other.jpg"]) == [name, rest])
    }

    @Test(arguments: [
        ("\"my cat.jpg\" cat,dog", "my cat.jpg", "cat,dog"), ("'my cat.jpg' cat", "my cat.jpg", "cat"), ("\"my cat\"", "my cat", ""),
        ("\"it's \\\"me\\\".png\"\tcat", "it's \"me\".png", "cat"), ("'it''s' cat", "it's", "cat"), ("\"a \"\"b\"\"\" cat", "a \"b\"", "cat"),
        ("\"dir\\my cat.jpg\" cat", "dir\\my cat.jpg", "cat"), ("\"a\\\\b c\" cat", "a\\b c", "cat"),
        ("my cat.jpg\tcat, dog", "my cat.jpg", "cat, dog"), ("my cat\tcat", "my cat", "cat"), ("my\\ cat.jpg cat", "my cat.jpg", "cat"),
        ("my\\ old\\ cat cat", "my old cat", "cat"), ("my cat.jpg cat", "my cat.jpg", "cat"), ("my old cat.JPEG", "my old cat.JPEG", ""),
    ])
    func namesWithBlanks(_ line: String, _ name: String, _ rest: String) {
        #expect(split(line) == [name, rest])
    }

    @Test func knownPictures() {
        #expect(split("my cat cat,dog", ["my cat"]) == ["my cat", "cat,dog"])
        #expect(split("my cat.jpg cat", ["my cat", "my"]) == ["my cat.jpg", "cat"])
        // Without an extension the first word wins where it is a picture.
        #expect(split("my cat", ["my cat", "my"]) == ["my", "cat"])
        #expect(split("a b c.png d.png cat", ["a b c", "a b c.png d"]) == ["a b c.png d.png", "cat"])
        #expect(split("photos/my cat.jpg cat", ["my cat"]) == ["photos/my cat.jpg", "cat"])
        #expect(split("my photos/cat.jpg cat", ["cat"]) == ["my photos/cat.jpg", "cat"])
        // A second path is no part of a name, though its last part is a picture's.
        #expect(split("photos/a.jpg masks/a.png", ["a"]) == ["photos/a.jpg", "masks/a.png"])
        #expect(split("b /masks/a.png", ["a"]) == ["b", "/masks/a.png"])
        #expect(split("b.jpg masks/a.png", ["a"]) == ["b.jpg", "masks/a.png"])
        #expect(split("cats, all cat", ["cats, all"]) == ["cats, all", "cat"])
        #expect(split("cats, all.jpg cat", ["cats, all"]) == ["cats, all.jpg", "cat"])
    }

    private let known = CommaNames(["cow, brown", "tench, Tinca tinca", "tench, Tinca tinca, old", "cat"])

    @Test(arguments: [
        ("cat,dog", ["cat", "dog"]), (" cat , potted plant ", ["cat", "potted plant"]), ("cow, brown", ["cow, brown"]),
        ("cow,brown,cat", ["cow, brown", "cat"]), ("Cow,  Brown", ["cow, brown"]), ("cow, black", ["cow", "black"]), ("cow", ["cow"]),
        ("cat, cow, brown, dog", ["cat", "cow, brown", "dog"]), ("\"cow, black\",cat", ["cow, black", "cat"]),
        ("'cow, black' , cat", ["cow, black", "cat"]), ("tench, Tinca tinca, cat", ["tench, Tinca tinca", "cat"]),
        ("tench, tinca tinca, old", ["tench, Tinca tinca, old"]), ("\"tench\", Tinca tinca", ["tench", "Tinca tinca"]),
        ("dog's, '70s car", ["dog's", "'70s car"]), ("\"say \"\"a, b\"\"\"", ["say \"a, b\""]), ("\"a, b", ["\"a", "b"]), ("'a' b, c", ["'a' b", "c"]),
    ])
    func lists(_ text: String, _ names: [String]) { #expect(NameText.list(text, known: known) == names) }

    @Test(arguments: ["", " ", ",", "cat,", ",cat", "cat,,dog", "cat, ,dog", "\"\"", "cat,''"])
    func emptyNames(_ text: String) { #expect(NameText.list(text, known: known) == nil) }

    /// Every name can be written so that it is read again.
    @Test func quotesHoldEveryName() {
        var random = SystemRandomNumberGenerator()
        let letters = Array("ab ,'\"\\#\té")
        for _ in 0..<2000 {
            let name = "x" + String((0..<Int.random(in: 0...8, using: &random)).map { _ in letters.randomElement(using: &random) ?? "a" }) + "y"
            for mark in ["\"", "'"] {
                var quoted = mark
                for letter in name { quoted += "\(letter)" == mark || letter == "\\" ? "\\\(letter)" : "\(letter)" }
                quoted += mark
                #expect(NameText.list(quoted + ", cat", known: known) == [name, "cat"], "\(quoted)")
                #expect(split(quoted + " cat") == [name, "cat"], "\(quoted)")
                #expect(NameText.unquoted(quoted) == name)
            }
        }
    }
}
