import Images
import Testing

/// Text in pictures against FreeType's (`Tests/Fixtures/make_lettering.py`).
@Suite struct LetteringTests {
    struct Line: Sendable, CustomTestStringConvertible {
        let file: String
        let size: Double
        let text: String
        /// As FreeType has it, in pixels.
        let width: Double
        var testDescription: String { text }
    }

    static let lines = [
        Line(file: "0", size: 13, text: "layer 11 · fused 6–11", width: 121.6592),
        Line(file: "1", size: 30, text: "Schnäuzer ÅłŞế naïve, 2.04e-06 to 0.132 (%)", width: 584.5020),
        Line(file: "2", size: 47, text: "Ελληνικά русский @&§Q8", width: 556.0137),
    ]

    private func white(_ width: Int, _ height: Int) -> RGBImage {
        RGBImage(width: width, height: height, samples: [UInt8](repeating: 255, count: width * height * 3))
    }

    private func ink(_ picture: RGBImage) -> Int { picture.samples.reduce(0) { $0 + 255 - Int($1) } / 3 }

    @Test(arguments: lines)
    func asFreeTypeDrawsThem(_ line: Line) throws {
        let expected = try ImageFile.read(path: Fixtures.path("../lettering/\(line.file).png"))
        var picture = white(expected.width, expected.height)
        Lettering.draw(line.text, into: &picture, x: 4.25, y: line.size, size: line.size)
        let differences = zip(picture.samples, expected.samples).map { abs(Int($0) - Int($1)) }
        // FreeType's curves are right to a quarter of its own pixels, four levels here. Where outlines of one letter overlap in a
        // pixel at an edge, what they cover is added up.
        let largest = differences.max() ?? 0, large = differences.count { $0 > 5 }
        #expect(largest <= 12 && large * 500 < differences.count, "\(largest), \(large) of \(differences.count)")
        #expect(Double(differences.reduce(0, +)) / Double(max(ink(expected) * 3, 1)) < 0.004)
        #expect(abs(Lettering.width(of: line.text) * line.size - line.width) < line.size * 0.0005 * Double(line.text.count))
    }

    @Test(arguments: lines)
    func upwardIsTheSameTurned(_ line: Line) {
        let width = 640, height = 72
        var across = white(width, height), up = white(height, width)
        Lettering.draw(line.text, into: &across, x: 3, y: 50, size: line.size)
        Lettering.draw(line.text, into: &up, x: 50, y: Double(width - 3), size: line.size, isUpward: true)
        var largest = 0
        for y in 0..<height {
            for x in 0..<width {
                largest = max(largest, abs(Int(across.samples[(y * width + x) * 3]) - Int(up.samples[((width - 1 - x) * height + y) * 3])))
            }
        }
        #expect(largest <= 1)
        #expect(ink(across) > 10_000)
    }

    /// Boxes for letters that are not there; nothing for what takes no room; nothing outside.
    @Test func whatThereIsNoLetterFor() {
        func drawn(_ text: String, x: Double = 5, y: Double = 20) -> RGBImage {
            var picture = white(80, 30)
            Lettering.draw(text, into: &picture, x: x, y: y, size: 20)
            return picture
        }
        #expect(drawn("図") == drawn("🐈") && ink(drawn("図")) > 1000)
        #expect(drawn("a\u{200B}b\u{FE0F}\u{AD}") == drawn("ab"))
        #expect(Lettering.width(of: "a\u{200B}b\u{FE0F}\u{AD}") == Lettering.width(of: "ab"))
        #expect(drawn("") == white(80, 30) && drawn("   ") == white(80, 30))
        for (x, y) in [(-400.0, 20.0), (5, -300), (5, 400), (90, 20)] { #expect(drawn("Wide", x: x, y: y) == white(80, 30)) }
        #expect(ink(drawn("Wide", x: -12, y: 4)) > 0)
        // Marks stand on the letter before them.
        #expect(Lettering.width(of: "e\u{301}") == Lettering.width(of: "e"))
    }

    /// Every letter of the scripts that class names are written in.
    @Test func latinLettersAreThere() {
        let box = Lettering.width(of: "図")
        var picture = white(40, 40)
        Lettering.draw("図", into: &picture, x: 5, y: 30, size: 30)
        let boxed = picture
        let scripts: [ClosedRange<UInt32>] = [
            0x21...0x7E, 0xA1...0xAC, 0xAE...0x17F, 0x1EA0...0x1EF9, 0x391...0x3A1, 0x3B1...0x3C9, 0x410...0x44F,
        ]
        for letter in scripts.joined().compactMap(Unicode.Scalar.init) {
            picture = white(40, 40)
            Lettering.draw(String(letter), into: &picture, x: 5, y: 30, size: 30)
            #expect(picture != boxed && picture != white(40, 40), "\(letter) \(letter.value)")
            #expect(Lettering.width(of: String(letter)) > 0.1 && Lettering.width(of: String(letter)) < 1.5)
        }
        #expect(box > 0.3)
    }
}
