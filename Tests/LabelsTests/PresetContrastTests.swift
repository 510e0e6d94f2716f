import Attribution
import Checkpoints
import Images
import Labels
import Tensors
import Testing
import TestSupport
import VisionTransformer

/// Classes set against others before their maps are made.
@Suite struct PresetContrastTests {
    private func pipeline(_ contrast: Preset.Contrast?) throws -> LabelPipeline {
        var preset = Preset(name: "contrast", resize: .square, normalization: .minimumMaximum)
        preset.contrast = contrast
        return try LabelPipeline(
            model: VisionTransformer(
                try ModelLoader.load(path: Fixtures.path("models/bf16")).parameters, compute: Compute(product: MatrixProduct(), pool: ThreadPool(threads: 2))),
            preset: preset)
    }

    @Test func mapsAreThoseOfTheContrast() throws {
        let picture = try ImageFile.read(path: Fixtures.path("models/bf16/image.png"))
        for (contrast, targets) in [
            (nil, [.logit(2), .logit(1)]), (.nearest, [.contrast(2), .contrast(1)]), (.named("thing1"), [.difference(2, 1), .logit(1)]),
        ] as [(Preset.Contrast?, [ClassTarget])] {
            let pipeline = try pipeline(contrast), view = try pipeline.views(width: picture.width, height: picture.height)[0]
            let trace = try pipeline.trace(picture, view)
            #expect(pipeline.targets([2, 1]) == targets)
            var layers = [[PatchMap]](repeating: [], count: 2)
            try GETAM().values(
                of: trace, model: pipeline.model, request: QuantityRequest(targets: targets, layers: pipeline.layers, start: pipeline.layers.lowerBound),
                isCancelled: { false }
            ) { place, value in if case .map(let map) = value { layers[place.target].insert(map, at: 0) } }
            let expected = layers.map { LayerFusion(layers: pipeline.layers).fused(Dictionary(uniqueKeysWithValues: zip(pipeline.layers, $0))) }
            #expect(try pipeline.patchMaps(trace, view, classes: [2, 1]) == expected.compactMap(\.self))
        }
    }

    @Test func itStandsInFilesAndUnknownOnesAreTold() throws {
        for contrast in [Preset.Contrast.nearest, .named("thing1")] {
            var preset = Preset.getam
            preset.contrast = contrast
            #expect(try Preset.decode(preset.json, path: "p.json") == preset)
        }
        #expect(throws: LabelError.self) { try pipeline(.named("nothing")) }
    }
}
