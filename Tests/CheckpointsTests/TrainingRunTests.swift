import Checkpoints
import Files
import Foundation
import Tensors
import TestSupport
import Testing

/// A run's folder as readers find it.
@Suite struct TrainingRunTests {
    private let folder: TemporaryFolder
    init() throws {
        folder = try TemporaryFolder()
        for name in ["run/weights", "run/state", "pictures"] {
            try FileManager.default.createDirectory(atPath: folder.path + "/" + name, withIntermediateDirectories: true)
        }
    }

    private var run: TrainingRun? { TrainingRun(path: folder.path + "/run/") }

    /// A tiny model whose header tells a step.
    private func weights(_ step: Int?) throws -> [UInt8] {
        var encoder = SafetensorsEncoder(metadata: step.map { ["step": "\($0)", "format": "pt"] } ?? [:])
        encoder.add("a", shape: [2], [Tensor(shape: [2], [1, 2])])
        return encoder.bytes
    }

    @Test func aRunIsKnownByItsRecipe() throws {
        #expect(run == nil)
        for text in ["", "[]", "{}", #"{"version":1}"#, #"{"steps":10}"#, "{\"flour\": \"500 g\"}"] {
            try folder.write(text, "run/recipe.json")
            #expect(run == nil, "\(text)")
        }
        try folder.write(#"{"version":1,"steps":10}"#, "run/recipe.json")
        let run = try #require(run)
        #expect(run.path == folder.path + "/run" && run.name == "run")
        #expect(run.newest == nil && run.kept == [] && run.probes == [] && run.log == nil)
        #expect(TrainingRun(path: folder.path + "/run/recipe.json") == nil && TrainingRun(path: folder.path + "/nothing") == nil)
    }

    @Test func checkpointsStandInTheirOrder() throws {
        try folder.write(#"{"version":1,"steps":10}"#, "run/recipe.json")
        try folder.write(weights(120), "run/model.safetensors")
        for name in ["step-000000100", "step-000000020", "step-1234567890", "step-x", "step--1", "notes"] {
            try folder.write(weights(1), "run/weights/\(name).safetensors")
        }
        let run = try #require(run)
        #expect(run.kept.map(\.step) == [20, 100, 1_234_567_890])
        #expect(run.kept.first?.path == folder.path + "/run/weights/step-000000020.safetensors")
        #expect(run.newest == .init(path: folder.path + "/run/model.safetensors", step: 120) && run.newest?.title == "step 120")
        try folder.write(weights(nil), "run/model.safetensors")
        #expect(run.newest?.step == nil && run.newest?.title == "model.safetensors")
        try folder.write("no model", "run/model.safetensors")
        #expect(run.newest?.step == nil)
    }

    @Test func whatIsWrittenAnewIsSeen() throws {
        try folder.write(#"{"version":1,"steps":10}"#, "run/recipe.json")
        try folder.write(weights(1), "run/model.safetensors")
        let run = try #require(run)
        let before = run.state
        #expect(before == run.opened && !run.state.hasNewer(than: before))
        // Of the same size, in the same moment.
        try folder.write(weights(2), "run/model.safetensors")
        #expect(run.state != before && run.state.hasNewer(than: before))
        let kept = run.state
        // Folders have the clock's coarse time.
        Thread.sleep(forTimeInterval: 0.02)
        try folder.write(weights(2), "run/weights/step-000000002.safetensors")
        #expect(run.state != kept && !run.state.hasNewer(than: kept))
        try FileManager.default.removeItem(atPath: folder.path + "/run/model.safetensors")
        #expect(!run.state.hasNewer(than: kept))
    }

    @Test func probesAreFoundFromTheFolder() throws {
        try folder.write(#"{"version":1,"steps":10}"#, "run/recipe.json")
        try folder.write("x", "pictures/a b.png")
        try folder.write("../pictures/a b.png\n../pictures/gone.png\n", "run/probes.txt")
        #expect(try #require(run).probes == [folder.path + "/run/../pictures/a b.png"])
    }

    @Test func theLogIsReadByItsColumns() throws {
        try folder.write(#"{"version":1,"steps":10}"#, "run/recipe.json")
        try folder.write("step,loss,skipped\n1,0.5,\n2,nan,\"a,b\"\n3,0.25,\n4,0.1", "run/log.csv")
        let log = try #require(run?.log)
        #expect(log.columns == ["step", "loss", "skipped"] && log.rows.count == 3)
        #expect(log.rows.map { $0[0] } == [1, 2, 3] && log.rows[0][1] == 0.5 && log.rows[1][1]?.isNaN == true && log.rows[1][2] == nil)
    }

    /// Weights that a run has kept are read with the run's configuration, wherever one stands.
    @Test func keptWeightsHaveTheRunsConfiguration() throws {
        try folder.write(#"{"version":1,"steps":10}"#, "run/recipe.json")
        try folder.write("{\"num_heads\":2}", "run/config.json")
        let path = try folder.write(SafetensorsWriter.timm().file(), "run/weights/step-000000005.safetensors")
        #expect(try ModelLoader.load(path: path).configuration.heads == 2)
        #expect(try ModelLoader.load(path: path).files == [path, folder.path + "/run/weights/../config.json"])
        #expect(TrainingRun.owner(ofWeights: path)?.name == "run")
        // One beside the file goes before it; other files have no run.
        try folder.write("{\"num_heads\":4}", "run/weights/config.json")
        #expect(try ModelLoader.load(path: path).configuration.heads == 4)
        #expect(TrainingRun.owner(ofWeights: folder.path + "/run/state/step-000000005.safetensors") == nil)
        #expect(TrainingRun.owner(ofWeights: folder.path + "/run/weights/best.safetensors") == nil)
    }
}
