import Files
import Foundation
import Images
import TestSupport
import Testing

/// What runs take of memory, and what is said where there is too little.
@Suite(.serialized) struct MemoryTests {
    private let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    /// KiB in which the program, its model and its passes find room; with ``bound`` in addition nothing may fail.
    private static let program = 420_000

    private func write(_ name: String, _ width: Int, _ height: Int, _ sample: (Int) -> UInt8) throws {
        try FileManager.default.createDirectory(atPath: folder.path + "/images", withIntermediateDirectories: true)
        try folder.write(Array("P6 \(width) \(height) 255\n".utf8) + (0..<width * height * 3).map(sample), "images/\(name).ppm")
    }

    private func label(_ more: [String] = [], addressSpace: Int? = nil, output: String = "out") throws -> Outcome {
        try Program.run(
            ["label", "--images", folder.path + "/images", "--predict", "0", "-o", folder.path + "/" + output, "--jobs", "1"] + more,
            addressSpace: addressSpace)
    }

    /// Six classes, 0.75 megapixels: under a gigabyte, whatever is in the picture and however long it is.
    @Test(.enabled(if: Program.isOptimized), arguments: [(1000, 750), (37_500, 20)])
    func noiseKeepsToABound(_ width: Int, _ height: Int) throws {
        var random = SplitMix(seed: 5)
        try write("noise", width, height) { _ in UInt8(truncatingIfNeeded: random.next()) }
        let outcome = try label(addressSpace: Self.program + 700_000)
        #expect(outcome.status == 0 && outcome.error.contains("refined more coarsely"), "\(outcome.error)")
        let labels = try ImageFile.readIndices(path: folder.path + "/out/noise.png")
        #expect(labels.width == width && labels.height == height)
    }

    @Test(.enabled(if: Program.isOptimized))
    func largePicturesKeepToABound() throws {
        try write("ramp", 3000, 1400) { UInt8($0 / 3 % 3000 * 255 / 3000) }
        for preset in ["getam", "acr", "pooled-head"] {
            // Six maps of 4.2 megapixels are 101 MB.
            let outcome = try label(["--preset", preset], addressSpace: Self.program + 900_000)
            #expect(outcome.status == 0, "\(preset): \(outcome.error)")
            #expect(outcome.error.contains("more coarsely") == (preset == "getam"), "\(preset): \(outcome.error)")
        }
    }

    /// Too little for the program's work: one line a picture and the status, at whichever point it is found out.
    @Test(arguments: [250_000, 300_000, 350_000, 400_000])
    func tooLittleIsSaid(_ addressSpace: Int) throws {
        try FileManager.default.createDirectory(atPath: folder.path + "/images", withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: Fixtures.cat, toPath: folder.path + "/images/cat.jpg")
        for command in [
            ["label", "--images", folder.path + "/images", "--predict", "0.5", "-o", folder.path + "/out"],
            ["classify", Fixtures.cat, "--size", "1600"], ["map", Fixtures.cat, "--size", "1600", "-o", folder.path + "/map.npy"],
            [Fixtures.cat, "--size", "1600"],
        ] {
            let outcome = try Program.run(command, addressSpace: addressSpace)
            #expect([71, 65].contains(outcome.status) && outcome.output.isEmpty, "\(command[0]): \(outcome.status) \(outcome.error)")
            #expect(outcome.errorLines.allSatisfy { $0.hasPrefix("getam: ") } && outcome.error.contains("memory"), "\(outcome.error)")
            if command[0] == "label" { #expect(outcome.status == 71 && outcome.errorLines.count <= 3, "\(outcome.error)") }
        }
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/map.npy"))
        let left = (try? FileManager.default.contentsOfDirectory(atPath: folder.path + "/out")) ?? []
        #expect(left.isEmpty, "\(left)")
    }

    /// A picture beyond the memory at hand fails alone.
    @Test func oneTooLargeFailsAlone() throws {
        try FileManager.default.createDirectory(atPath: folder.path + "/images", withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: Fixtures.cat, toPath: folder.path + "/images/cat.jpg")
        // Black, and not on the disk: a hole in the file.
        let header = Array("P5 14000 14000 255\n".utf8)
        let huge = try folder.write(header, "images/huge.pgm")
        #expect(truncate(huge, header.count + 14_000 * 14_000) == 0)
        let outcome = try label(addressSpace: Self.program + 600_000)
        #expect(outcome.status == 65 && outcome.error.contains("1 of 2 pictures labeled"), "\(outcome.status) \(outcome.error)")
        #expect(outcome.errorLines.contains { $0.hasPrefix("getam: huge: takes ") && $0.contains("of memory") }, "\(outcome.error)")
        #expect(FileManager.default.fileExists(atPath: folder.path + "/out/cat.png"))
        for command in ["classify", "map"] {
            let alone = try Program.run([command, folder.path + "/images/huge.pgm"], addressSpace: Self.program)
            #expect(alone.status == 71 && alone.isOneLine && alone.error.contains("of memory"), "\(alone.status) \(alone.error)")
        }
    }

    /// Fewer jobs where memory does not suffice for all, said; and the same files.
    @Test func fewerJobsMakeTheSameFiles() throws {
        let batch = try BatchFolder()
        let free = try batch.run("free", ["--jobs", "3"])
        #expect(free.status == 0 && !free.error.contains("memory"), "\(free.error)")
        let tight = try Program.run(batch.arguments("tight", ["--jobs", "3"]), addressSpace: 1_000_000)
        #expect(tight.status == 0 && tight.error.contains("memory: "), "\(tight.error)")
        #expect(try batch.contents("free") == batch.contents("tight"))
    }
}
