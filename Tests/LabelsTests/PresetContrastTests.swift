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

    /// The soft-max is over the picture's classes and the background's words; over all classes where those would be fewer than two.
    @Test func mapsAreThoseOfTheProbability() throws {
        let picture = try ImageFile.read(path: Fixtures.path("models/bf16/image.png"))
        var preset = Preset(name: "score", method: "token-gradcam", layers: .last(1), resize: .square, normalization: .minimumMaximum)
        preset.score = .softMax
        let compute = Compute(product: MatrixProduct(), pool: ThreadPool(threads: 2))
        let parameters = try ModelLoader.load(path: Fixtures.path("models/bf16")).parameters
        let pipeline = try LabelPipeline(model: VisionTransformer(parameters, compute: compute), preset: preset)
        #expect(pipeline.targets([2, 1]) == [.softMax(2, among: [1, 2]), .softMax(1, among: [1, 2])])
        #expect(pipeline.targets([2]) == [.softMax(2, among: [])] && pipeline.targets([2], of: [0, 2]) == [.softMax(2, among: [0, 2])])
        let view = try pipeline.views(width: picture.width, height: picture.height)[0], trace = try pipeline.trace(picture, view)
        let both = try pipeline.patchMaps(trace, view, classes: [2, 1]), other = try pipeline.patchMaps(trace, view, classes: [2, 0])
        #expect(both[0] != other[0] && both[0].values.contains { $0 > 0 })
        // A single logit is told from nothing.
        var one = parameters
        one.configuration.classCount = 1
        one.configuration.classNames = Array(one.configuration.classNames.prefix(1))
        one.head = one.head.map { .init(weight: $0.weight.rows(0..<1), bias: $0.bias.map { Tensor(shape: [1], [$0[0]]) }) }
        #expect(try LabelPipeline(model: VisionTransformer(one, compute: compute), preset: preset).targets([0]) == [.logit(0)])
        preset.method = "patch-cam"
        #expect(throws: LabelError.self) { try LabelPipeline(model: VisionTransformer(parameters, compute: compute), preset: preset) }
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
