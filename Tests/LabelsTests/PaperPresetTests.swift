import Checkpoints
import Images
import Labels
import Tensors
import Testing
import TestSupport
import VisionTransformer

/// Presets that stand for papers, on models of every kind of head.
@Suite struct PaperPresetTests {
    @Test(arguments: ["bf16", "pooled_class_token", "pooled_no_class_token", "hf_deit_distilled", "registers_layerscale", "nonsquare_native"])
    func theyLabelWithAnyHead(_ name: String) throws {
        let model = VisionTransformer(
            try ModelLoader.load(path: Fixtures.path("models/\(name)")).parameters, compute: Compute(product: MatrixProduct(), pool: ThreadPool(threads: 2)))
        let picture = try ImageFile.read(path: Fixtures.path("models/\(name)/image.png"))
        for preset in Preset.ofPapers {
            let labels = try LabelPipeline(model: model, preset: preset).labels(picture, classes: [2, 0], labels: [3, 1]).labels.labels
            #expect(labels.width == picture.width && labels.height == picture.height && labels.indices.allSatisfy { [0, 1, 3, 255].contains($0) }, "\(preset.name)")
        }
    }

    @Test func theyAreBuiltInAndSurviveAFile() throws {
        #expect(Set(Preset.builtIn.map(\.name)).count == Preset.builtIn.count && Preset.ofPapers.count == 17)
        for preset in Preset.builtIn {
            #expect(Preset.named(preset.name) == preset)
            #expect(try Preset.decode(preset.json, path: "p.json") == preset && Preset.decode(preset.line, path: "p.json") == preset)
            #expect(!preset.line.contains("\n"))
        }
    }
}
