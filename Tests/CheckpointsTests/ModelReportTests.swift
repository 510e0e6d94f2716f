import Checkpoints
import Foundation
import Testing
import TestSupport

@Suite struct ModelReportTests {
    @Test func textNamesEverything() throws {
        let report = ModelReport(try ModelLoader.load(path: Fixtures.model("registers_layerscale")))
        let text = report.text
        for piece in [
            "timm: the file has blocks.0.attn.qkv.weight", "vit_tiny_patch16_224", "3 blocks", "32, MLP 128", "2 of 16",
            "8×8 pixels", "5×5 patches, input 40×40 pixels", "5: class, 4 registers, without position embedding",
            "class token, 5 classes, softmax", "GELU", "LayerScale", "0.485 0.456 0.406", "bicubic", "class 4  thing4",
            "nothing",
        ] { #expect(text.contains(piece), "\(piece)") }
        for piece in [
            "2 of 16 (config.json: model_args.num_heads)", "GELU (architecture vit_tiny_patch16_224)",
            "epsilon 1e-06 (architecture vit_tiny_patch16_224)", "softmax (config.json: global_pool)",
            "0.225 (config.json: pretrained_cfg.mean), bicubic (config.json: pretrained_cfg.interpolation)",
            "pixels (tensors: pos_embed)",
        ] { #expect(text.contains(piece), "\(piece)") }
        #expect(Set(report.sources.keys) == Set(Setting.allCases.map(\.rawValue)))
        for tensor in report.tensors { #expect(text.contains(tensor.name)) }
        #expect(text.contains("F32   [1, 25, 32]  3200 bytes"))
    }

    @Test func survivesJSON() throws {
        let report = ModelReport(try ModelLoader.load(path: Fixtures.model("hf_deit_distilled")))
        let data = try JSONEncoder().encode(report)
        #expect(try JSONDecoder().decode(ModelReport.self, from: data) == report)
    }

    /// What the text tower reads is not said to be ignored.
    @Test(arguments: ["texts/clip", "texts/siglip", "texts/open_clip"]) func aTextTowerIsRead(_ name: String) throws {
        let path = Fixtures.root + "/Tests/Fixtures/" + name, tower = try TextTowerLoader.load(path: path), model = try ModelLoader.load(path: path)
        #expect(ModelReport(model).ignored.count > 20)
        #expect(ModelReport(model, textTower: tower).ignored.isEmpty)
    }

    @Test func namesCannotDriveTheTerminal() throws {
        var writer = SafetensorsWriter.timm(prefix: "backbone.")
        writer.add("evil\\u001b[2J", [1], [1])
        let folder = try TemporaryFolder()
        try folder.write(writer.file(), "model.safetensors")
        let report = ModelReport(try ModelLoader.load(path: folder.path))
        #expect(report.ignored == ["evil\u{1B}[2J"] && !report.text.unicodeScalars.contains("\u{1B}"))
    }
}
