import Files
import Glibc
import Images
import Testing

@Suite struct EncodingTests {
    private let notes: [PNGEncoder.Text] = [
        ("Title", "plain"), ("Café", "caf\u{E9} £\nsecond line"), ("Wide", "Übersicht 図 🐈"), ("Empty", ""),
    ]

    private func ramp(_ count: Int, step: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 * step) } }

    /// Bit depth and color type as the file's header states them.
    private func kind(_ bytes: [UInt8]) -> [UInt8] { Array(bytes[24...25]) }

    private func texts(_ bytes: [UInt8]) throws -> [String: String] {
        try bytes.withUnsafeBytes { try PNGText.read($0, path: "encoded") }
    }

    @Test(arguments: [(1, 1), (7, 5), (64, 33)])
    func rgbComesBack(_ width: Int, _ height: Int) throws {
        let image = RGBImage(width: width, height: height, samples: ramp(width * height * 3, step: 37))
        let bytes = try PNGEncoder.encode(image, text: notes)
        #expect(kind(bytes) == [8, 2])
        #expect(try decode(bytes) == image)
        #expect(try texts(bytes) == Dictionary(notes.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 }))
        #expect(try PNGEncoder.encode(image, text: notes) == bytes)
    }

    @Test func grayComesBack() throws {
        let image = GrayImage(width: 9, height: 4, samples: ramp(36, step: 7))
        let bytes = try PNGEncoder.encode(image, text: notes)
        #expect(kind(bytes) == [8, 0])
        #expect(try decode(bytes).samples == image.samples.flatMap { [$0, $0, $0] })
        #expect(try texts(bytes).count == notes.count)
    }

    @Test(arguments: [PNGEncoder.MaskDepth.one, .eight])
    func maskComesBack(_ depth: PNGEncoder.MaskDepth) throws {
        let mask = (0..<11 * 6).map { $0 % 5 == 0 || $0 % 7 == 2 }
        let bytes = try PNGEncoder.encode(mask: mask, width: 11, height: 6, depth: depth, text: notes)
        #expect(kind(bytes) == [depth == .one ? 1 : 8, 0])
        #expect(try decode(bytes).samples == mask.flatMap { [UInt8](repeating: $0 ? 255 : 0, count: 3) })
    }

    @Test func indicesComeBack() throws {
        let image = IndexedImage(width: 16, height: 16, indices: ramp(256, step: 1))
        let bytes = try PNGEncoder.encode(image, text: notes)
        #expect(kind(bytes) == [8, 3])
        let file = "\(temporaryFolder())/getam-indices-\(UInt64.random(in: 0 ... .max)).png"
        try AtomicFile.write(bytes, to: file)
        defer { unlink(file) }
        #expect(try ImageFile.readIndices(path: file) == image)
        #expect(try PNGText.read(file)["Wide"] == "Übersicht 図 🐈")
        #expect(try decode(bytes).samples == VOCPalette.colors.flatMap { [$0.red, $0.green, $0.blue] })
    }

    @Test func whatCannotBeWrittenIsRefused() {
        let dot = GrayImage(width: 1, height: 1, samples: [0])
        for key in ["", " lead", "trail ", "two  spaces", "図", "line\nbreak", String(repeating: "k", count: 80)] {
            #expect(throws: PNGEncodingError.self, "'\(key)'") { try PNGEncoder.encode(dot, text: [(key, "x")]) }
        }
        #expect(throws: PNGEncodingError.self) { try PNGEncoder.encode(dot, text: [("Key", "a\0b")]) }
        #expect(throws: PNGEncodingError.self) { try PNGEncoder.encode(RGBImage(width: 0, height: 3, samples: [])) }
        let short = IndexedImage(width: 1, height: 1, indices: [2], palette: [.init(gray: 0), .init(gray: 1)])
        #expect(throws: PNGEncodingError.self) { try PNGEncoder.encode(short) }
    }

    /// Notes of every chunk kind, written by Pillow, one of them after the pixels.
    @Test func foreignNotesAreRead() throws {
        let notes = try PNGText.read(Fixtures.path("png/notes.png"))
        #expect(notes == [
            "Title": "plain café", "Packed": String(repeating: "again and ", count: 30),
            "Wide": "Übersicht 図 🐈", "Wide packed": String(repeating: "図", count: 50), "Last": "after the pixels",
        ])
        #expect(failure { _ = try PNGText.read(Fixtures.path("jpeg/gray.jpg")) }?.reason == "is not a PNG")
        let bytes = try Fixtures.bytes("png/notes.png")
        for count in 0..<bytes.count {
            #expect(failure { _ = try texts(Array(bytes[..<count])) } != nil, "\(count) bytes")
        }
    }

    private func temporaryFolder() -> String { getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp" }
}
