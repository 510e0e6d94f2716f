import Checkpoints
import Files
import Foundation
import Images
import TestSupport
import Testing

@Suite struct SegmentTests {
    static let model = Fixtures.path("published/vitb")

    /// The fixture's picture as a file.
    private func picture(in folder: TemporaryFolder, _ name: String = "picture.png") throws -> (path: String, RGBImage) {
        let expected = try SafetensorsFile(path: "\(Self.model)/expected.safetensors")
        let shape = try #require(expected.info(named: "picture")).shape
        let image = RGBImage(
            width: shape[1], height: shape[0],
            samples: try expected.integers(named: "picture").map { UInt8(truncatingIfNeeded: $0) })
        return (try folder.write(PNGEncoder.encode(image), name), image)
    }

    @Test func probabilitiesAreTheOracles() throws {
        let folder = try TemporaryFolder()
        let (path, image) = try picture(in: folder)
        let expected = try SafetensorsFile(path: "\(Self.model)/expected.safetensors").tensor(named: "probabilities")
        let arguments = ["segment", "-m", Self.model, "--scales", "64,96", path]
        let outcome = try Program.run(arguments + ["-o", folder.path + "/p.npy"])
        #expect(outcome.status == 0 && outcome.output.isEmpty, "\(outcome.error)")
        let array = try NumPyArray(path: folder.path + "/p.npy")
        #expect(array.shape == expected.shape)
        #expect(relativeDeviation(array.values, expected.values) < 2e-5)

        #expect(try Program.run(arguments + ["-o", folder.path + "/p.png"]).status == 0)
        let labels = try ImageFile.readIndices(path: folder.path + "/p.png")
        #expect(labels.width == image.width && labels.height == image.height && labels.palette.count == 256)
        let pixels = image.width * image.height
        for (pixel, label) in labels.indices.enumerated() {
            let values = (0..<expected.shape[0]).map { array.values[$0 * pixels + pixel] }
            #expect(values[Int(label)] == values.max())
        }
        // The field changes something, and only near its iterations' end does it settle on labels of its own.
        #expect(try Program.run(arguments + ["--crf", "-o", folder.path + "/crf.npy"]).status == 0)
        let refined = try NumPyArray(path: folder.path + "/crf.npy")
        #expect(refined.shape == array.shape && relativeDeviation(refined.values, array.values) > 1e-3)
    }

    /// The bundled model has a decoder, and is the one where none is named.
    @Test func theBundledModelSegments() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/cat.png"
        let outcome = try Program.run(["segment", Fixtures.cat, "-o", path])
        #expect(outcome.status == 0 && outcome.error.isEmpty, "\(outcome.error)")
        let labels = try ImageFile.readIndices(path: path)
        let share = Double(labels.indices.count { $0 == 1 }) / Double(labels.indices.count)
        #expect(share > 0.2 && share < 0.4 && labels.indices.allSatisfy { $0 <= 1 }, "\(share)")
        let bare = try Program.run(["segment", Fixtures.cat, "--no-crf", "--no-flip", "-o", folder.path + "/bare.png"])
        #expect(bare.status == 0)
        #expect(try ImageFile.readIndices(path: folder.path + "/bare.png").indices != labels.indices)
    }

    @Test func whatCannotBeDoneIsSaidInOneLine() throws {
        let folder = try TemporaryFolder()
        let (path, _) = try picture(in: folder)
        let twin = try picture(in: folder, "other.png").path
        let out = folder.path + "/out.png"
        let cases: [(arguments: [String], status: Int32, words: String)] = [
            (["-m", Fixtures.path("published/acr"), path, "-o", out], 64, "no segmentation decoder"),
            (["-m", Self.model, "--scales", "80", path, "-o", out], 64, "multiples of 32"),
            (["-m", Self.model, "--scales", "8192", path, "-o", out], 65, "--scales"),
            (["-m", Self.model, path, "-o", path + "/x/y"], 73, "folder"),
            (["-m", Self.model, path, "-o", path], 64, "written over"),
            (["-m", Self.model, path, twin, "-o", folder.path], 64, "written over"),
            (["-m", Self.model, path, twin, "-o", try folder.write("", "file")], 73, "is no folder"),
            (["-m", Self.model, path, "-o", folder.path + "/none/out.png"], 73, "none/out.png"),
            (["-m", Self.model, folder.path + "/nowhere.png", "-o", out], 66, "nowhere.png"),
        ]
        for (arguments, status, words) in cases {
            let outcome = try Program.run(["segment"] + arguments)
            #expect(outcome.status == status && outcome.isOneLine && outcome.error.contains(words), "\(outcome.error)")
        }
        #expect(!AtomicFile.exists(out))
        // A model with a decoder has its own head.
        let head = try Program.run(["segment", "-m", Self.model, "--head", "head.npy", path, "-o", out])
        #expect(head.status == 64 && head.error.contains("--head"), "\(head.error)")
    }
}
