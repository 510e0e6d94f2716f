import Attribution
import Checkpoints
import Files
import Testing
import TestSupport
import Tensors
import VisionTransformer

/// Stems under timm's own names; their numbers are `FamilyOracleTests`', a whole ResNetV2's those of the published hybrid.
@Suite struct HybridStemTests {
    /// The published hybrid's ViT as timm's `vit_base_r50_s16_224` is kept, with a last norm and a head that do nothing.
    private func renamed(without left: String? = nil) throws -> (path: String, folder: TemporaryFolder) {
        let published = try SafetensorsFile(path: Fixtures.path("published/hybrid/model.safetensors"))
        let start = "pretrained.model.", folder = try TemporaryFolder()
        var writer = SafetensorsWriter(), width = 0
        for info in published.tensors where info.name.hasPrefix(start) {
            let name = String(info.name.dropFirst(start.count))
            guard ["cls_token", "pos_embed", "patch_embed.", "blocks."].contains(where: { name.hasPrefix($0) }), name != left else { continue }
            writer.add(name, info.shape, try published.tensor(named: info.name).values)
            if name == "cls_token" { width = info.shape[2] }
        }
        writer.add("norm.weight", [width], Array(repeating: 1, count: width))
        writer.add("norm.bias", [width], Array(repeating: 0, count: width))
        writer.add("head.weight", [2, width], (0..<2 * width).map { Float($0 % 7) / 7 })
        writer.add("head.bias", [2], [0, 0])
        try folder.write(#"{"architecture": "vit_base_r50_s16_224", "model_args": {"num_heads": 3}}"#, "config.json")
        return (try folder.write(writer.file(), "model.safetensors"), folder)
    }

    @Test func aResidualStemIsThatOfThePublishedHybrid() throws {
        let folder = Fixtures.path("published/hybrid"), compute = OracleTests.Way.all[0].compute
        let (path, kept) = try renamed()
        defer { withExtendedLifetime(kept) {} }
        let published = try ModelLoader.load(path: folder)
        var own = try ModelLoader.load(path: path)
        // The published model's weights are standardized in a way of its own.
        #expect(own.parameters.stem?.isPublished == false && published.parameters.stem?.isPublished == true)
        own.parameters.stem?.isPublished = true
        #expect(own.configuration.family == .timm && own.configuration.patch == published.configuration.patch)
        // Of the model's own size: both have ways of their own to resample positions.
        let size = own.configuration.inputSize
        let pixels = Tensor(shape: [3, size.height, size.width], (0..<3 * size.height * size.width).map { Float($0 * 7919 % 1009) / 500 - 1 })
        guard own.configuration.heads == published.configuration.heads else {
            Issue.record("\(own.configuration.heads) heads, not \(published.configuration.heads)")
            return
        }
        // What comes out of a layer, where the pass kept it or makes it again.
        func streams(_ model: VisionTransformer) throws -> [[Float]] {
            let trace = try model.complete(try model.forward(pixels))
            return try (0..<trace.depth - 1).map { try model.stream(of: trace, layer: $0).values }
        }
        let expected = try streams(VisionTransformer(published.parameters, compute: compute))
        let found = try streams(VisionTransformer(own.parameters, compute: compute))
        #expect(expected.count == found.count)
        for (known, own) in zip(expected, found) { #expect(relativeDeviation(own, known) < 1e-6) }
    }

    @Test func whatIsMissingIsNamed() throws {
        let (path, kept) = try renamed(without: "patch_embed.backbone.stages.0.blocks.0.norm2.weight")
        defer { withExtendedLifetime(kept) {} }
        #expect(throws: FileError.self) { try ModelLoader.load(path: path) }
    }

    /// Gradients by pixels, or of such a stem's norms, are not formed: what wants them says so beforehand.
    @Test(arguments: ["hybrid_start", "hybrid_d", "hybrid_plain"])
    func trainingIsRefusedByName(_ name: String) throws {
        let loaded = try FamilyOracleTests.load(name)
        #expect(loaded.ignored.isEmpty && loaded.configuration.stemStride > 1)
        #expect(Set(MapMethods.all.map(\.identifier)).subtracting(MapMethods.usable(for: loaded.configuration).map(\.identifier))
            .isSuperset(of: ["input-gradient", "integrated-gradients", "smoothgrad"]))
        #expect(throws: FileError(.invalid, path: "m", "has a convolutional stem, which cannot be written under timm's names")) {
            try TimmWriter(loaded.parameters, path: "m")
        }
    }
}
