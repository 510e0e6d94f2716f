import Files
import Foundation
import Images
import Testing

@Suite struct HostileInputTests {
    @Test(arguments: [
        ("hostile/empty.png", "is empty"),
        ("hostile/text.png", "not a picture this program reads (PNG, JPEG, PPM, PGM)"),
        ("hostile/huge.png", "is 100000×100000 pixels, more than 65535 on a side"),
        ("hostile/huge.jpg", "is 65000×65000 pixels, more than 200 megapixels"),
        ("hostile/lying.png", "ends early"),
        ("hostile/taller.png", "is damaged: Not enough image data"),
        ("hostile/zero.png", "is 0×10 pixels, an empty picture"),
        ("hostile/zero.jpg", "is damaged: "),
        ("hostile/crc.png", "is damaged: IDAT: "),
        ("hostile/headless.png", "is damaged: its first chunk is not IHDR"),
        ("hostile/taller.jpg", "ends early"),
        ("hostile/filled.jpg", "ends early"),
        ("missing.png", "no such file or directory"),
        ("hostile", "is a folder"),
    ])
    func isRefusedInOneLine(_ name: String, _ words: String) throws {
        let error = try #require(failure { _ = try ImageFile.read(path: Fixtures.path(name)) })
        #expect(error.reason.hasPrefix(words), "\(error)")
        #expect(error.path == Fixtures.path(name) && !error.description.contains("\n"))
        #expect(error.kind == (name.hasPrefix("missing") ? .missing : .invalid))
        let second = failure { _ = try ImageFile.readIndices(path: Fixtures.path(name)) }
        #expect(second != nil)
    }

    @Test(arguments: [
        "png/rgb8.png", "png/palettealpha8i.png", "png/rgba16i.png", "png/notes.png", "png/orientation6_after.png",
        "jpeg/baseline420.jpg",
        "jpeg/progressive.jpg", "jpeg/cmyk.jpg", "jpeg/optimized_restart.jpg", "portable/raw.ppm", "portable/raw.pbm",
    ])
    func everyTruncationIsRefused(_ name: String) throws {
        let bytes = try Fixtures.bytes(name)
        for count in 0..<bytes.count {
            let error = try #require(failure { _ = try decode(Array(bytes[..<count])) }, "\(count) bytes")
            #expect(error.kind == .invalid)
            if count > 16, !name.hasPrefix("portable") {
                #expect(error.reason.hasPrefix("ends early"), "\(count) bytes: \(error)")
            }
        }
    }

    /// Plain numbers may be cut without harm in their last digits; nothing may trap.
    @Test(arguments: ["portable/plain.pgm", "portable/plain_max6.ppm", "portable/plain.pbm"])
    func plainTruncationsEnd(_ name: String) throws {
        let bytes = try Fixtures.bytes(name)
        for count in 0..<bytes.count - 3 {
            #expect(failure { _ = try decode(Array(bytes[..<count])) } != nil, "\(count) bytes")
        }
    }

    /// Every byte changed in turn, to four values: decoding ends, in a picture or in an error.
    @Test(arguments: [
        "png/palette4i.png", "png/gray2key.png", "png/notes.png", "png/orientation6.png", "png/orientation5_after.png", "jpeg/orientation6.jpg", "jpeg/progressive.jpg",
        "jpeg/ycck.jpg", "portable/plain_max6.ppm", "portable/raw.pbm", "portable/raw16.pgm",
    ])
    func everyChangedByteEnds(_ name: String) throws {
        let limits = ImageLimits(maxPixels: 1_000_000)
        var bytes = try Fixtures.bytes(name)
        var read = 0
        for index in bytes.indices {
            let kept = bytes[index]
            for value in [0, 0xFF, kept ^ 1, kept ^ 0x80] {
                bytes[index] = value
                if failure({ _ = try decode(bytes, limits: limits) }) == nil { read += 1 }
            }
            bytes[index] = kept
        }
        #expect(read > 0)
    }

    @Test(arguments: [
        ("P6\n0 5\n255\n", "is 0×5 pixels"),
        ("P6\n100000 100000\n255\n", "is 100000×100000 pixels"),
        ("P6\n60000 60000\n255\n", "is 60000×60000 pixels"),
        ("P6\n99999999999999999999 1\n255\n", "is damaged: its width"),
        ("P6\n-4 4\n255\n", "is damaged: its width"),
        ("P5\n2 2\n0\nabcd", "is damaged: a maximum of 0"),
        ("P5\n2 2\n65536\nabcdefgh", "is damaged: a maximum of 65536"),
        ("P5\n2 2\n255\nabc", "ends early: 3 bytes"),
        ("P5\n2 2\n256\nabcdefg", "ends early: 7 bytes"),
        ("P5\n2 2\n255", "ends early"),
        ("P5 # only a comment", "ends early"),
        ("P2 2 1 255 1", "ends early"),
        ("P2 2 1 255 1 x", "is damaged: its sample"),
        ("P1 2 1 0 2", "is damaged: a pixel"),
        ("P4 9 2\nabc", "ends early: 3 bytes"),
        ("P7\nWIDTH 1\n", "not a picture"),
        ("P6", "not a picture"),
        ("\u{1}", "not a picture"),
    ])
    func portableHeaderIsChecked(_ content: String, _ words: String) throws {
        let error = try #require(failure { _ = try decode(Array(content.utf8)) })
        #expect(error.reason.hasPrefix(words), "\(error)")
    }

    @Test func limitsAreTheCallers() throws {
        let bytes = try Fixtures.bytes("png/rgb8.png")
        #expect(try decode(bytes, limits: ImageLimits(maxPixels: 19 * 13, maxSide: 19)).width == 19)
        #expect(failure { _ = try decode(bytes, limits: ImageLimits(maxPixels: 19 * 13 - 1)) } != nil)
        #expect(failure { _ = try decode(bytes, limits: ImageLimits(maxSide: 18)) } != nil)
    }
}
