import Files
import Foundation
import Images
import TestSupport

/// A tiny model, eight pictures of noise and their labels, and the runs over them: seconds for dozens of runs.
struct TrainFolder {
    let folder: TemporaryFolder
    static let classes = ["red", "green", "blue"]
    static let names = (0..<8).map { "p\($0)" }
    /// Classes thing0 to thing4, 48×48 pixels, patches of 8.
    static let model = Fixtures.model("hf_deit_distilled")

    init() throws {
        folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: path("images"), withIntermediateDirectories: true)
        var random = SplitMix(seed: 7)
        for (place, name) in Self.names.enumerated() {
            let samples = (0..<40 * 32 * 3).map { UInt8(truncatingIfNeeded: Int(random.next() % 100) + ($0 % 3 == place % 3 ? 120 : 20)) }
            try folder.write(PNGEncoder.encode(RGBImage(width: 40, height: 32, samples: samples)), "images/\(name).png")
        }
        try write(Self.names.enumerated().map { "\($1) \(Self.classes[$0 % 3])\n" }.joined(), "labels.txt")
        try write(Self.classes.joined(separator: "\n") + "\n", "classes.txt")
        try write("p6\np7\n", "val.txt")
    }

    func path(_ name: String) -> String { folder.path + "/" + name }
    @discardableResult func write(_ text: String, _ name: String) throws -> String { try folder.write(text, name) }

    /// The arguments of a short run that writes to the folder `output`; of options that stand there twice, models too, the last counts.
    func arguments(_ output: String, _ more: [String] = []) -> [String] {
        let place = more.lastIndex(of: "-m"), model = place.flatMap { more.indices.contains($0 + 1) ? more[$0 + 1] : nil } ?? Self.model
        let more = more.enumerated().filter { more[$0.offset] != "-m" && ($0.offset == 0 || more[$0.offset - 1] != "-m") }.map(\.element)
        return ["train", "-m", model] + (more.contains("--recipe") ? [] : ["--recipe", "plain"]) + ["--images", path("images"), "--labels", path("labels.txt"), "--class-list", path("classes.txt"),
            "--set", "batch=4", "--set", "steps=6", "--set", "optimizer=adamw", "--set", "learningRate=1e-3", "-o", path(output)] + more
    }

    func run(_ output: String, _ more: [String] = []) throws -> Outcome { try Program.run(arguments(output, more)) }

    /// The bytes of every file of a run by its path in it; those of validation left out.
    func files(_ run: String) throws -> [String: Data] {
        let names = try FileManager.default.subpathsOfDirectory(atPath: path(run)).filter { $0 != "validation.csv" }
        return Dictionary(uniqueKeysWithValues: names.compactMap { name in
            FileManager.default.contents(atPath: path("\(run)/\(name)")).map { (name, $0) }
        })
    }

    /// The lines of a file, fields apart.
    func table(_ name: String) throws -> [[String]] {
        try String(contentsOfFile: path(name), encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            .map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
    }
}
