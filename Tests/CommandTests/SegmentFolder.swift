import Checkpoints
import Foundation
import Images
import TestSupport
import Testing

/// A data set of small pictures and a small published model, and the runs over it.
struct SegmentFolder {
    let folder: TemporaryFolder
    static let names = ["crop", "mirrored", "whole"]
    static let model = Fixtures.path("published/vitb")

    /// The fixture's picture, a part of it, and it mirrored.
    init() throws {
        folder = try TemporaryFolder()
        for name in ["images", "model"] {
            try FileManager.default.createDirectory(atPath: path(name), withIntermediateDirectories: true)
        }
        let expected = try SafetensorsFile(path: "\(Self.model)/expected.safetensors")
        let shape = try #require(expected.info(named: "picture")).shape
        let samples = try expected.integers(named: "picture").map { UInt8(truncatingIfNeeded: $0) }
        let (height, width) = (shape[0], shape[1])
        func picture(_ name: String, width newWidth: Int, height newHeight: Int, _ from: (Int, Int) -> Int) throws {
            var part: [UInt8] = []
            for y in 0..<newHeight {
                for x in 0..<newWidth { part += samples[3 * from(x, y)..<3 * from(x, y) + 3] }
            }
            try folder.write(
                PNGEncoder.encode(RGBImage(width: newWidth, height: newHeight, samples: part)), "images/\(name).png")
        }
        try picture("whole", width: width, height: height) { $1 * width + $0 }
        try picture("mirrored", width: width, height: height) { $1 * width + width - 1 - $0 }
        try picture("crop", width: width - 7, height: height - 5) { ($1 + 2) * width + $0 + 3 }
        try write("# all\nwhole\n\nmirrored.png\nimages/crop\n", "list.txt")
        // The same model but for the last bit of its last weight.
        try FileManager.default.copyItem(atPath: Self.model + "/config.json", toPath: path("model/config.json"))
        var weights = try Data(contentsOf: URL(filePath: Self.model + "/model.safetensors"))
        weights[weights.count - 4] ^= 1
        try weights.write(to: URL(filePath: path("model/model.safetensors")))
    }

    func path(_ name: String) -> String { folder.path + "/" + name }
    @discardableResult func write(_ text: String, _ name: String) throws -> String { try folder.write(text, name) }

    /// The arguments of a run that writes to the folder `output`.
    func arguments(_ output: String, _ more: [String] = [], model: String = Self.model, scales: String = "64") -> [String] {
        ["segment", "-m", model, "--scales", scales, "--images", path("images"), "--list", path("list.txt"), "-o", path(output)] + more
    }

    func run(
        _ output: String, _ more: [String] = [], model: String = Self.model, scales: String = "64",
        environment: [String: String] = [:]
    ) throws -> Outcome {
        try Program.run(arguments(output, more, model: model, scales: scales), environment: environment)
    }

    func entries(_ name: String) throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: path(name)).sorted() }

    func bytes(_ name: String) throws -> Data { try Data(contentsOf: URL(filePath: path(name))) }

    /// The bytes of every file of a folder.
    func contents(_ name: String) throws -> [String: Data] {
        Dictionary(uniqueKeysWithValues: try entries(name).map { ($0, try bytes("\(name)/\($0)")) })
    }

    func inode(_ name: String) throws -> UInt64? {
        try FileManager.default.attributesOfItem(atPath: path(name))[.systemFileNumber] as? UInt64
    }
}
