import Files
import Images
import Testing

/// Label maps as other programs save them, against the arrays that make_images.py made them of.
@Suite struct MaskTests {
    @Test(arguments: [
        "gray16", "gray16_interlaced", "gray16_all", "colors", "colors_interlaced", "colors_all", "colors_opaque", "gray_opaque",
        "gray_threefold", "turned",
    ])
    func numbersAreRead(_ name: String) throws {
        let map = try ImageFile.readIndices(path: Fixtures.path("masks/\(name).png"))
        #expect(map.indices == (try Fixtures.bytes("masks/\(name).idx")))
        // An orientation is not applied to a mask, as it is to a picture.
        #expect(map.width == (name.hasSuffix("all") ? 16 : 14))
        if name == "turned" { #expect(try ImageFile.read(path: Fixtures.path("masks/turned.png")).width == 9) }
        if name.hasPrefix("colors") { #expect(map.palette == VOCPalette.colors) }
    }

    @Test(arguments: [
        ("gray16_large", "holds numbers up to 40000, 3 pixels above 255"),
        ("colors_foreign", "holds colors that VOC's palette lacks, 4 pixels in all: (200, 10, 10) in 3 pixels, (12, 34, 56) in 1 pixels"),
        ("colors_clear", "holds colors, 2 pixels of them transparent"),
    ])
    func othersAreRefused(_ name: String, _ words: String) throws {
        let error = try #require(failure { _ = try ImageFile.readIndices(path: Fixtures.path("masks/\(name).png")) })
        #expect(error.kind == .invalid && error.reason.hasPrefix(words), "\(error)")
    }

    /// Every byte changed in turn: reading ends, in a map or in one line.
    @Test(arguments: ["gray16_interlaced", "colors_opaque", "colors_interlaced", "turned"])
    func everyChangedByteEnds(_ name: String) throws {
        var bytes = try Fixtures.bytes("masks/\(name).png")
        let limits = ImageLimits(maxPixels: 1_000_000)
        var read = 0
        for index in bytes.indices {
            let kept = bytes[index]
            for value in [0, 0xFF, kept ^ 1, kept ^ 0x80] {
                bytes[index] = value
                let error = failure {
                    _ = try bytes.withUnsafeBytes { try ImageFile.decodeIndices($0, path: "mask", limits: limits) }
                }
                if error == nil { read += 1 } else { #expect(error?.description.contains("\n") == false) }
            }
            bytes[index] = kept
        }
        #expect(read > 0)
    }
}
