import Foundation
import Images
import TestSupport
import Testing

/// Pictures that cannot be used: one line, and the status that says why.
@Suite struct BadPictureTests {
    private let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    /// All three commands that read pictures answer alike.
    private func expect(_ path: String, _ status: Int32, _ words: [String]) throws {
        for command in [["classify"], ["map"], ["map", "-o", folder.path + "/never.npy"], ["explore"], []] {
            let outcome = try Program.run(command + [path], addressSpace: 400_000)
            #expect(outcome.status == status && outcome.isOneLine, "\(command) \(path): \(outcome.status) \(outcome.error)")
            #expect(outcome.error.contains(path), "\(outcome.error)")
            if command.first != nil, command.first != "explore" {
                for word in words { #expect(outcome.error.contains(word), "\(outcome.error)") }
            }
        }
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/never.npy"))
    }

    @Test func missing() throws {
        try expect(folder.path + "/none.png", 66, ["no such file"])
        try expect(folder.path + "/none/none.png", 66, ["no such file"])
        // A link to nothing.
        try FileManager.default.createSymbolicLink(atPath: folder.path + "/link.png", withDestinationPath: "gone.png")
        try expect(folder.path + "/link.png", 66, ["no such file"])
    }

    @Test func folders() throws {
        // A folder without pictures.
        try folder.write("text", "notes.txt")
        for command in [[], ["explore"], ["classify"], ["map"]] {
            let outcome = try Program.run(command + [folder.path])
            #expect(outcome.status == 66 && outcome.isOneLine && outcome.error.contains("no pictures"))
        }
    }

    @Test func emptyAndForeignFiles() throws {
        try expect(try folder.write("", "empty.png"), 65, ["is empty"])
        try expect(try folder.write("a text under a picture's name\n", "text.png"), 65, ["not a picture"])
        try expect(try folder.write([0x89], "start.png"), 65, ["ends early"])
        try expect(Fixtures.model("bf16/model.safetensors"), 65, ["not a picture"])
    }

    @Test func truncated() throws {
        let picture = try ImageFile.read(path: Fixtures.cat)
        let png = try PNGEncoder.encode(picture)
        let jpeg = try [UInt8](Data(contentsOf: URL(filePath: Fixtures.cat)))
        for (name, bytes) in [("cut.png", png), ("cut.jpg", jpeg)] {
            for length in [bytes.count / 2, bytes.count * 9 / 10] {
                try expect(try folder.write(Array(bytes.prefix(length)), name), 65, ["ends early"])
            }
        }
    }

    /// Refused by the header alone: quickly, and without memory for the pixels.
    @Test(arguments: ["hostile/huge.png", "hostile/huge.jpg"])
    func hugeHeaders(_ name: String) throws {
        try expect(Fixtures.path("images/" + name), 65, ["pixels, more than"])
    }

    @Test(arguments: ["crc.png", "headless.png", "taller.png", "taller.jpg", "zero.png", "zero.jpg"])
    func damaged(_ name: String) throws {
        try expect(Fixtures.path("images/hostile/" + name), 65, [])
    }

    /// It says it is larger than it is: with little memory it is not begun.
    @Test func larger() throws {
        let path = Fixtures.path("images/hostile/lying.png")
        for command in ["classify", "map"] {
            let outcome = try Program.run([command, path], addressSpace: 400_000)
            #expect(outcome.status == 71 && outcome.isOneLine && outcome.error.contains(path), "\(outcome.error)")
            let whole = try Program.run([command, path])
            #expect(whole.status == 65 && whole.isOneLine && whole.error.contains(path), "\(whole.error)")
        }
    }

    @Test func specialFiles() throws {
        let path = folder.path + "/fifo.png"
        try #require(mkfifo(path, 0o600) == 0)
        try expect(path, 65, ["not a regular file"])
        try expect("/dev/null", 65, ["not a regular file"])
    }

    @Test func controlCharactersInNames() throws {
        for command in [["classify"], []] {
            let outcome = try Program.run(command + ["no\u{1B}[31m\nfile\r.png"])
            #expect(outcome.status == 66 && outcome.isOneLine, "\(outcome.error.debugDescription)")
        }
    }

    /// In a list, the picture that is shown counts.
    @Test func oneOfSeveral() throws {
        let bad = Fixtures.path("images/hostile/text.png")
        let first = try Program.run([bad, Fixtures.cat])
        #expect(first.status == 65 && first.isOneLine)
        let second = try Program.run([Fixtures.cat, bad])
        #expect(second.status == 0 && second.text.contains("1/2"))
        let missing = try Program.run([Fixtures.cat, folder.path + "/none.png"])
        #expect(missing.status == 66 && missing.isOneLine)
    }

    // MARK: Odd, but good

    @Test(arguments: [(1, 1), (1, 3000), (3000, 1), (2, 3)])
    func oddSizes(width: Int, height: Int) throws {
        let bytes = try PNGEncoder.encode(RGBImage(width: width, height: height, samples: [UInt8](repeating: 90, count: width * height * 3)))
        let path = try folder.write(bytes, "odd.png")
        for command in [["classify"], ["map"], [], ["map", "-o", folder.path + "/map.png"], ["map", "-o", folder.path + "/map.npy"]] {
            let outcome = try Program.run(command + [path], addressSpace: 600_000)
            #expect(outcome.status == 0 && outcome.error.isEmpty, "\(command): \(outcome.error)")
        }
        let map = try ImageFile.read(path: folder.path + "/map.png")
        #expect(map.width == width && map.height == height)
        let array = try NumPyArray(path: folder.path + "/map.npy")
        #expect(array.values.allSatisfy { $0.isFinite && $0 >= 0 })
    }

    @Test(arguments: [
        "jpeg/cmyk.jpg", "jpeg/ycck.jpg", "jpeg/gray.jpg", "jpeg/progressive.jpg", "jpeg/orientation6.jpg", "png/gray1.png",
        "png/gray16.png", "png/rgba16i.png", "png/palettealpha8.png", "png/dot.png", "portable/plain.pbm", "portable/raw16.pgm",
        "portable/raw.ppm",
    ])
    func kindsOfPictures(_ name: String) throws {
        let outcome = try Program.run(["classify", Fixtures.path("images/" + name)])
        #expect(outcome.status == 0 && outcome.error.isEmpty && outcome.lines.count == 5, "\(outcome.error)")
    }

    /// An input for which no memory would do is refused before any is taken.
    @Test(arguments: [["classify"], ["map"], []])
    func inputsBeyondMemory(_ command: [String]) throws {
        for options in [["--size", "16384"], ["--size", "16384", "--resize", "square"]] {
            let outcome = try Program.run(command + [Fixtures.cat] + options, addressSpace: 400_000)
            #expect(outcome.status == 65 && outcome.isOneLine && outcome.error.contains("--size"), "\(outcome.status) \(outcome.error)")
        }
    }
}
