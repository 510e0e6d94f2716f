import Foundation
import Images
import TestSupport
import Testing

/// `getam train --recipe published`: what it needs, and what it leaves.
@Suite struct PublishedRunTests {
    private let data: TrainFolder
    static let model = Fixtures.path("published_training")
    private static let published = [
        "--recipe", "published", "-m", model, "--set", "size=64", "--set", "batch=3", "--set", "keepEvery=2",
    ]

    init() throws {
        data = try TrainFolder()
        try FileManager.default.createDirectory(atPath: path("salient"), withIntermediateDirectories: true)
        for name in TrainFolder.names {
            let samples = (0..<40 * 32).map { UInt8((8..<30).contains($0 % 40) ? 255 : 0) }.flatMap { [$0, $0, $0] }
            try data.folder.write(PNGEncoder.encode(RGBImage(width: 40, height: 32, samples: samples)), "salient/\(name).png")
        }
    }

    private func path(_ name: String) -> String { data.path(name) }

    private func run(_ output: String, _ more: [String]) throws -> Outcome { try data.run(output, Self.published + more) }

    @Test func saliencyMapsAreAskedFor() throws {
        let outcome = try run("run", [])
        #expect(outcome.status == 64 && outcome.error.contains("--saliency") && outcome.error.contains("published"), "\(outcome.error)")
        #expect(!FileManager.default.fileExists(atPath: path("run")))
        let missing = try run("run", ["--saliency", path("nope")])
        #expect(missing.status == 66, "\(missing.error)")
        try FileManager.default.createDirectory(atPath: path("empty"), withIntermediateDirectories: true)
        let empty = try run("run", ["--saliency", path("empty")])
        #expect(empty.status == 66 && empty.error.contains("none of the 8 pictures has a saliency map"), "\(empty.error)")
        let among = try run("salient", ["--saliency", path("salient")])
        #expect(among.status == 64 && among.error.contains("would lie among"), "\(among.error)")
        #expect(!FileManager.default.fileExists(atPath: path("run")))
    }

    @Test func aRunSegments() throws {
        try FileManager.default.removeItem(atPath: path("salient/p7.png"))
        let outcome = try run("run", ["--saliency", path("salient")])
        #expect(outcome.status == 0 && outcome.output.isEmpty, "\(outcome.error)")
        #expect(outcome.error.contains("1 picture is left out for want of a saliency map"), "\(outcome.error)")
        #expect(try data.table("run/log.csv").first == [
            "step", "loss", "softMargin", "segmentation", "saliency", "energy", "gradientNorm", "learningRate", "skipped",
        ])
        // Half of the six steps are the class head's.
        #expect(try data.table("run/log.csv").dropFirst().map { $0[3] == "0.0" } == [true, true, true, false, false, false])
        #expect(!FileManager.default.fileExists(atPath: path("run/labels")))
        #expect(try Program.run(["segment", "-m", path("run"), "--images", path("images"), "-o", path("masks")]).status == 0)
        #expect(try FileManager.default.contentsOfDirectory(atPath: path("masks")).count == 8)
        // It goes on as any run does, and its export has the norms' counters.
        let longer = try run("run", ["--saliency", path("salient"), "--resume"])
        #expect(longer.status == 0 && longer.error.contains("the run is over"), "\(longer.error)")
        #expect(try Program.run(["export", "-m", path("run"), "-o", path("given")]).status == 0)
        let given = FileManager.default.contents(atPath: path("given/model.safetensors")) ?? Data()
        #expect(given.range(of: Data("scratch.output_conv.1.num_batches_tracked".utf8)) != nil)
    }

    /// A preset whose layers the model lacks, a side that the decoder cannot take, a model that has no place for it.
    @Test(arguments: [
        (["-m", Fixtures.path("published/vitb")], 65, "layers"), (["--set", "size=48"], 64, "multiple of 32"),
        (["-m", TrainFolder.model], 64, "decoder.kind"), (["-m", Fixtures.path("published/acr")], 64, "decoder"),
        (["--set", "labels.source=bank"], 64, "labels.source"), (["--set", "labels.preset=acr"], 64, "labels.preset"),
    ])
    func whatDoesNotFitIsNamed(_ more: [String], _ status: Int32, _ words: String) throws {
        let outcome = try run("run", ["--saliency", path("salient")] + more)
        #expect(outcome.status == status && outcome.error.contains(words), "\(outcome.error)")
        #expect(!FileManager.default.fileExists(atPath: path("run")))
    }

    /// A recipe without saliency leaves the maps alone and says so; the light decoder takes the new losses too.
    @Test func aLightDecoderTakesThem() throws {
        let light = ["--set", "size=48", "--set", "decoder.channels=16", "--set", "segmentationStart=2", "--set", "labels.source=step"]
        let plain = try data.run("plain", light + ["--set", "labels.preset=acr", "--set", "losses.energy=1e-6", "--saliency", path("salient")])
        #expect(plain.status == 0 && plain.error.contains("reads no saliency maps"), "\(plain.error)")
        #expect(try data.table("plain/log.csv").first?.contains("energy") == true)
    }
}
