import Checkpoints
import Foundation
import Images
import TestSupport
import Testing

/// Models without a head, and the methods that need none.
@Suite struct HeadlessTests {
    private let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    private let picture = Fixtures.model("dino_keys/image.png")
    private let model = Fixtures.model("dino_keys")

    private func array(_ arguments: [String]) throws -> NumPyArray {
        let path = folder.path + "/map.npy"
        let outcome = try Program.run(["map", "-o", path] + arguments)
        // What had to be assumed of the fixture is said; nothing else.
        #expect(outcome.status == 0 && outcome.output.isEmpty, "\(outcome.error)")
        #expect(outcome.errorLines.allSatisfy { $0.hasPrefix("getam: ") && $0.contains("no head") }, "\(outcome.error)")
        return try NumPyArray(path: path)
    }

    private func oracle(_ name: String, _ tensor: String) throws -> [Float] {
        try SafetensorsFile(path: Fixtures.path("classfree/\(name).safetensors")).tensor(named: tensor).values
    }

    /// 6 × 6 patches, 3 layers.
    @Test func mapsAreTheOracles() throws {
        let own = [picture, "-m", model, "--method"]
        for (method, tensor) in [("attention", "attention"), ("token-saliency", "token_saliency")] {
            let expected = try oracle("dino_keys", tensor)
            let apart = try array(own + [method, "--per-layer", "--layers", "0-2"])
            #expect(apart.shape == [1, 3, 6, 6] && relativeDeviation(apart.values, expected) < 2e-5)
            let fused = try array(own + [method])
            let wanted = method == "attention" ? (36..<72).map { expected[$0] + expected[$0 + 36] } : Array(expected[72...])
            #expect(fused.shape == [1, 6, 6] && relativeDeviation(fused.values, wanted) < 2e-5, "\(method)")
        }
        // [start, layer, rows, columns]; all layers unless said otherwise.
        let rollout = try oracle("dino_keys", "rollout")
        #expect(relativeDeviation(try array(own + ["rollout"]).values, rollout[72..<108]) < 2e-5)
        #expect(relativeDeviation(try array(own + ["rollout", "--per-layer"]).values, rollout[..<108]) < 2e-5)
        #expect(relativeDeviation(try array(own + ["rollout", "--layers", "1-2"]).values, rollout[108 + 72..<216]) < 2e-5)
        #expect(relativeDeviation(try array(own + ["rollout", "--layers", "1"]).values, rollout[108 + 36..<108 + 72]) < 2e-5)
    }

    @Test func oneMapForAllClassesWithAHead() throws {
        let name = "registers_layerscale"
        let arguments = [Fixtures.model("\(name)/image.png"), "-m", Fixtures.model(name), "--method", "rollout"]
        let found = try array(arguments)
        #expect(found.shape == [1, 5, 5])
        #expect(relativeDeviation(found.values, try oracle(name, "rollout")[50..<75]) < 2e-5)
        let refused = try Program.run(["map"] + arguments + ["-c", "4"])
        #expect(refused.status == 64 && refused.output.isEmpty)
        #expect(refused.error.contains("--method rollout gives one map for all classes: leave --class out"))
    }

    @Test func picturesAndText() throws {
        let path = folder.path + "/map.png"
        let outcome = try Program.run(["map", picture, "-m", model, "--method", "attention", "--per-layer", "--layers", "0-2", "-o", path])
        #expect(outcome.status == 0 && outcome.output.isEmpty)
        let image = try ImageFile.read(path: path)
        #expect(image.width == 3 * 48 && image.height == 48)
        let text = try Program.run(["map", picture, "-m", model, "--method", "token-saliency"])
        #expect(text.status == 0 && text.lines[0].hasPrefix("fused 1-2  token-saliency  0 to "))
    }

    @Test(arguments: ["getam", "grad-attention", "grad", "grad-squared"])
    func methodsOfClassesSayWhyNot(_ method: String) throws {
        let maps = "attention, rollout, token-saliency, eigencam"
        let all = maps + ", attention-received, token-norm, key-similarity, token-similarity, pca, entropy, distance, prefix-mass"
        for (command, choices) in [(["map", picture], all), (["figure", picture, "-o", folder.path + "/f.svg"], all), (["explore", picture], maps)] {
            let outcome = try Program.run(command + ["-m", model, "--method", method])
            #expect(outcome.status == 64 && outcome.isOneLine, "\(outcome.error)")
            #expect(outcome.error.hasSuffix(
                "the model has no classification head, so --method \(method) has no class to explain; give it a head with --head, "
                    + "or choose one that needs none: \(choices)\n"))
        }
        // What is named does work.
        for other in all.split(separator: ", ") {
            #expect(try Program.run(["map", picture, "-m", model, "--method", String(other)]).status == 0, "\(other)")
        }
    }

    @Test func otherCommandsSayWhyNot() throws {
        let usual = try Program.run(["map", picture, "-m", model])
        #expect(usual.status == 64 && usual.isOneLine && usual.error.contains("--method getam has no class"))
        let classified = try Program.run(["classify", picture, "-m", model])
        #expect(classified.status == 64 && classified.isOneLine && classified.error.contains("give it one with --head"))
        let unknown = try Program.run(["map", picture, "-m", model, "--method", "attention", "-c", "cat"])
        #expect(unknown.status == 64 && unknown.error.contains("leave --class out"))
    }

    @Test func inspectSaysWhatWorks() throws {
        let text = try Program.run(["inspect", model])
        #expect(text.lines.contains("methods        attention, rollout, token-saliency, eigencam (no class, so no others; --head gives it a head)"))
        let json = try Program.run(["inspect", "--json", model])
        let report = try #require(JSONSerialization.jsonObject(with: Data(json.output)) as? [String: Any])
        #expect(report["methods"] as? [String] == ["attention", "rollout", "token-saliency", "eigencam"])
        let whole = try Program.run(["inspect", "--json"])
        let other = try #require(JSONSerialization.jsonObject(with: Data(whole.output)) as? [String: Any])
        #expect((other["methods"] as? [String])?.first == "getam" && (other["methods"] as? [String])?.count == 28)
    }

    /// The explorer opens on the first method that needs no class.
    @Test func explorerShowsAttention() throws {
        let outcome = try Program.run(
            ["explore", picture, "-m", model], environment: ["COLUMNS": "100", "LINES": "30"])
        #expect(outcome.status == 0, "\(outcome.error)")
        #expect(outcome.lines.last?.contains("fused 1-2  any class  attention") == true, "\(outcome.lines.last ?? "")")
        #expect(outcome.text.contains("none: the model has no head;") && outcome.text.contains("--head gives it one"))
        let rollout = try Program.run(["explore", picture, "-m", model, "--method", "rollout", "--start-layer", "2"])
        #expect(rollout.status == 0 && rollout.lines.last?.contains("fused 2-2  any class  rollout") == true)
    }
}
