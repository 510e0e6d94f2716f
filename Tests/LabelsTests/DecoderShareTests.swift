import Attribution
@testable import Checkpoints
import Glibc
import Images
import Labels
import Tensors
import TestSupport
import Testing
import VisionTransformer

/// A decoder's answer among the class maps.
@Suite struct DecoderShareTests {
    private static func parameters(_ change: (inout ParameterSet.LightDecoder) -> Void = { _ in }) throws -> ParameterSet {
        var parameters = try ModelLoader.load(path: Fixtures.path("models/registers_layerscale")).parameters
        var collector = TensorCollector(try SafetensorsFile(path: Fixtures.path("decoders/light.safetensors")), prefix: "", style: .torch)
        let read = collector.lightDecoder(width: parameters.configuration.width, depth: parameters.configuration.depth)
        var decoder = try #require(read)
        change(&decoder)
        parameters.lightDecoder = decoder
        let count = decoder.labels - 1
        parameters.head = .init(
            weight: Tensor(shape: [count, parameters.configuration.width], (0..<count * parameters.configuration.width).map { sinf(Float($0)) / 4 }),
            bias: Tensor(shape: [count]))
        parameters.configuration.classCount = count
        return parameters
    }

    private static func pipeline(_ preset: Preset, _ parameters: ParameterSet? = nil) throws -> LabelPipeline {
        let compute = Compute(product: MatrixProduct(), pool: ThreadPool(threads: 1))
        return try LabelPipeline(model: VisionTransformer(parameters ?? Self.parameters(), compute: compute), preset: preset)
    }

    private static func preset(_ share: Double, flip: Bool = false) -> Preset {
        Preset(name: "x", resize: .square, flip: flip, decoder: share, upsampling: .centers, normalization: .minimumMaximum)
    }

    private static let picture = RGBImage(
        width: 47, height: 33, samples: (0..<47 * 33 * 3).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 9) })

    @Test func isEachClassAgainstTheBackground() throws {
        let pipeline = try Self.pipeline(Self.preset(1, flip: true))
        let views = try pipeline.views(width: 47, height: 33)
        #expect(views.count == 2)
        for view in views {
            let trace = try pipeline.trace(Self.picture, view)
            let maps = try pipeline.decoderMaps(view, of: Self.picture, trace: trace, classes: [2, 0])
            // Another pass of its own gives the same.
            #expect(try maps == pipeline.decoderMaps(view, of: Self.picture, classes: [2, 0]))
            // Soft-max over all labels first, in double precision.
            let shown = view.isMirrored ? Self.picture.mirrored : Self.picture
            let answer = try SegmentationModel(pipeline.model).answer(to: shown.modelInput(view.size, pipeline.model.configuration.preprocessing)).map
            for (map, index) in zip(maps, [2, 0]) {
                #expect(map.rows == answer.height && map.columns == answer.width)
                for place in 0..<answer.positions {
                    let logits = (0..<answer.channels).map { Double(answer.values.base[place * answer.channels + $0]) }
                    let sum = logits.reduce(0) { $0 + exp($1) }
                    let p = logits.map { exp($0) / sum }, column = place % map.columns
                    let found = map.values[place - column + (view.isMirrored ? map.columns - 1 - column : column)]
                    #expect(abs(Double(found) - p[index + 1] / (p[index + 1] + p[0])) < 1e-6)
                }
            }
        }
    }

    @Test(arguments: [false, true])
    func theShareIsLinear(_ flip: Bool) throws {
        let classes = [0, 2]
        func maps(_ share: Double) throws -> [Float] {
            try Self.pipeline(Self.preset(share, flip: flip)).classMaps(Self.picture, classes: classes).values
        }
        let none = try maps(0), all = try maps(1), some = try maps(0.3)
        #expect(none.count == 2 * 47 * 33 && none != all && all.allSatisfy { $0 > 0 && $0 < 1 })
        for index in none.indices { #expect(abs(some[index] - (0.7 * none[index] + 0.3 * all[index])) < 1e-6) }
        // The mean of the views, not their sum.
        if flip {
            let pipeline = try Self.pipeline(Self.preset(1, flip: true))
            let views = try pipeline.views(width: 47, height: 33).map { view in
                LabelMaker.upsampled(
                    try pipeline.decoderMaps(view, of: Self.picture, classes: classes), classes: classes, width: 47, height: 33, .centers)
            }
            for index in all.indices { #expect(abs(all[index] - (views[0].values[index] + views[1].values[index]) / 2) < 1e-6) }
        }
    }

    /// One that has learned nothing moves no border.
    @Test func anUntrainedDecoderChangesNoLabel() throws {
        let parameters = try Self.parameters { decoder in
            decoder.classifier = .init(weight: Tensor(shape: decoder.classifier.weight.shape), bias: Tensor(shape: [decoder.labels]))
        }
        func label(_ share: Double) throws -> [UInt8] {
            var preset = Self.preset(share)
            preset.completion = LabelCompletion(background: .level(0.5), completionCut: nil, openingSize: 0)
            return try Self.pipeline(preset, parameters).labels(Self.picture, classes: [0, 1, 2], labels: [1, 2, 3]).labels.labels.indices
        }
        #expect(try label(0.5) == label(0) && Set(label(0)).count > 2)
    }

    @Test func aModelWithoutDecoderIsRefused() throws {
        var parameters = try Self.parameters()
        #expect(Preset.usual(for: parameters) == .joint)
        parameters.lightDecoder = nil
        #expect(Preset.usual(for: parameters) == .getam)
        let line = complaint { _ = try Self.pipeline(.joint, parameters) }
        #expect(line.contains("no segmentation decoder"))
        #expect(throws: LabelError.self) { try Self.preset(1.1).validate() }
    }

    @Test func takesRoomForTwoSetsOfMaps() throws {
        func bytes(_ share: Double) throws -> Int {
            try Self.pipeline(Self.preset(share)).memory(width: 2000, height: 1500, classes: 40).picture
        }
        #expect(try bytes(0.5) > bytes(0) && bytes(1) == bytes(0))
    }
}
