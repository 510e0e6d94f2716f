import Files
import Images
import Testing

@Suite struct DecodingTests {
    @Test(arguments: try Fixtures.pictures("png/"))
    func pngEqualsPillow(_ picture: Fixtures.Picture) throws {
        let image = try ImageFile.read(path: Fixtures.path(picture.name))
        #expect(image == picture.expected)
    }

    /// libjpeg's versions round differently in a few places, so equality is not asked for.
    @Test(arguments: try Fixtures.pictures("jpeg/"))
    func jpegIsWithinRoundingOfPillow(_ picture: Fixtures.Picture) throws {
        let image = try ImageFile.read(path: Fixtures.path(picture.name))
        try #require(image.width == picture.expected.width && image.height == picture.expected.height)
        let (largest, mean) = difference(image, picture.expected)
        #expect(largest <= 4 && mean <= 0.5, "largest \(largest), mean \(mean)")
    }

    @Test(arguments: try Fixtures.pictures("portable/"))
    func portableEqualsPillow(_ picture: Fixtures.Picture) throws {
        let image = try ImageFile.read(path: Fixtures.path(picture.name))
        try #require(image.width == picture.expected.width && image.height == picture.expected.height)
        // Above 255 levels Pillow may round halves the other way.
        let isDeep = picture.name.contains("16") || picture.name.contains("1000")
        #expect(difference(image, picture.expected).largest <= (isDeep ? 1 : 0))
    }

    @Test(arguments: try Fixtures.pictures(""))
    func sizeComesFromTheHeader(_ picture: Fixtures.Picture) throws {
        let size = try ImageFile.size(path: Fixtures.path(picture.name))
        #expect(size == (picture.expected.width, picture.expected.height))
    }

    /// The eight orientations are eight different pictures, so a mix-up above could not pass.
    @Test(arguments: ["jpeg", "png"])
    func orientationsDiffer(_ format: String) throws {
        let pictures = try Fixtures.pictures("\(format)/orientation").filter { !$0.name.contains("_") }.prefix(8)
        #expect(pictures.count == 8)
        for (index, one) in pictures.enumerated() {
            for other in pictures.dropFirst(index + 1) where one.expected.width == other.expected.width {
                #expect(difference(one.expected, other.expected).mean > 10)
            }
        }
    }

    @Test(arguments: ["1", "2", "4", "8", "1i", "2i", "4i", "8i"], ["palette", "gray"])
    func indicesAreKept(depth: String, kind: String) throws {
        let name = "png/\(kind)\(depth)"
        let image = try ImageFile.readIndices(path: Fixtures.path(name + ".png"))
        #expect(image.indices == (try Fixtures.bytes(name + ".idx")))
        let rgb = try ImageFile.read(path: Fixtures.path(name + ".png"))
        #expect(image.indices.flatMap { [image.palette[Int($0)]] } == colors(of: rgb))
    }

    @Test(arguments: ["png/rgb8.png", "png/rgba8.png", "png/rgb16.png", "png/grayalpha16.png", "jpeg/gray.jpg", "portable/raw.pgm"])
    func colorsAreNoIndices(_ name: String) throws {
        let error = try #require(failure { _ = try ImageFile.readIndices(path: Fixtures.path(name)) })
        #expect(error.kind == .invalid && error.reason.contains("palette or"), "\(error)")
    }

    @Test func picturesAreKnownByExtension() {
        for name in ["a.png", "b/c.JPG", "x.y.jpeg", "/p.ppm", "q.PgM", "m.pbm"] { #expect(ImageFile.isPicture(name)) }
        for name in ["png", ".png", "a.txt", "a.png/", "a.png.txt", "a.", "", "dir.png/file"] {
            #expect(!ImageFile.isPicture(name))
        }
    }

    @Test func contentDecidesNotTheName() throws {
        // A raw PPM's bytes are read as such whatever they are called.
        #expect(try decode(Array("P3 2 1 255 1 2 3 4 5 6".utf8)).samples == [1, 2, 3, 4, 5, 6])
        #expect(try decode(Array("P1 3 1 0 1#x\n0".utf8)).samples == [255, 255, 255, 0, 0, 0, 255, 255, 255])
        #expect(try decode(Array("P1 3 1 010".utf8)).samples == [255, 255, 255, 0, 0, 0, 255, 255, 255])
    }

    private func colors(of image: RGBImage) -> [RGBColor] {
        stride(from: 0, to: image.samples.count, by: 3).map {
            RGBColor(red: image.samples[$0], green: image.samples[$0 + 1], blue: image.samples[$0 + 2])
        }
    }
}
