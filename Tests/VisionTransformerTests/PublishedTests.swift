import Attribution
import Checkpoints
import Images
import Testing
import TestSupport
import Tensors
import VisionTransformer

/// The published GETAM model and ACR's against their re-statement in PyTorch (Tests/Fixtures/make_published.py).
@Suite struct PublishedTests {
    typealias Way = OracleTests.Way

    struct Case: Sendable, CustomStringConvertible {
        let description: String
        let folder: String
    }

    static let tiny = ["vitb", "distilled", "hybrid", "acr"].map {
        Case(description: $0, folder: Fixtures.path("published/\($0)"))
    }
    /// Full-size models, where they have been made.
    static let full = ["vitb", "deit_distilled", "vitb_hybrid"].compactMap { name in
        Fixtures.shared("fixtures/published/\(name)").map { Case(description: "full-size \(name)", folder: $0) }
    }

    @Test(arguments: tiny, Way.all)
    func agreesWithAutograd(_ item: Case, _ way: Way) throws { try compare(item, way) }

    @Test(arguments: full)
    func fullSizeAgreesWithAutograd(_ item: Case) throws { try compare(item, Way.all[0]) }

    func compare(_ item: Case, _ way: Way) throws {
        let expected = try SafetensorsFile(path: "\(item.folder)/expected.safetensors")
        let loaded = try ModelLoader.load(path: item.folder)
        let model = VisionTransformer(loaded.parameters, compute: way.compute, savings: way.savings)
        let pixels = try expected.tensor(named: "pixels")
        let trace = try model.forward(pixels)
        #expect(relativeDeviation(trace.logits, try expected.tensor(named: "logits").values) < 2e-5)
        if expected.info(named: "segmentation") != nil {
            let logits = try SegmentationModel(model).logits(of: pixels)
            let segmentation = try expected.tensor(named: "segmentation")
            #expect(logits.shape == segmentation.shape)
            #expect(relativeDeviation(logits.values, segmentation.values) < 2e-5)
        } else {
            #expect(throws: ModelError.noDecoder) { try SegmentationModel(model) }
        }

        let classes = try expected.integers(named: "classes")
        let isWhole = expected.info(named: "gradient") != nil
        let gradients = try expected.tensor(named: isWhole ? "gradient" : "gradient_class_row")
        let attentions = try expected.tensor(named: isWhole ? "attention" : "attention_class_row")
        let (layers, heads, tokens) = (attentions.shape[0], attentions.shape[1], trace.tokens)
        #expect(layers == trace.depth && gradients.shape[0] == classes.count)
        let rows = isWhole ? tokens : 1
        let block = heads * rows * tokens
        let (gradientValues, attentionValues) = (gradients.values, attentions.values)
        var visits = 0
        for wanted in isWhole ? [QueryRows.classToken, .all] : [.classToken] {
            try model.attentionGradients(of: trace, classes: classes, downTo: 0, rows: wanted) { gradient in
                visits += 1
                var (found, due, attention, dueAttention): ([Float], [Float], [Float], [Float]) = ([], [], [], [])
                let start = (gradient.position * layers + gradient.layer) * block
                for head in 0..<heads {
                    for row in gradient.rows {
                        found += gradient.gradient(head: head, row: row)
                        let line = (head * rows + row) * tokens
                        due += gradientValues[start + line..<start + line + tokens]
                        let place = gradient.layer * block + line
                        attention += gradient.attention(head: head, row: row)
                        dueAttention += attentionValues[place..<place + tokens]
                    }
                }
                #expect(relativeDeviation(attention, dueAttention) < 2e-5, "attention of layer \(gradient.layer)")
                #expect(
                    relativeDeviation(found, due) < 2e-5,
                    "gradient of class \(gradient.classIndex) in layer \(gradient.layer), \(wanted) rows")
                if item.description != "acr", wanted == .all {
                    // Every token of the last block is read: no row of its gradient is missing.
                    #expect(gradient.rows == 0..<tokens)
                }
            }
        }
        #expect(visits == layers * classes.count * (isWhole ? 2 : 1))

        let maps = try expected.tensor(named: "getam")
        for lowest in isWhole ? Array(0..<layers) : [0] {
            let found = try model.layerMaps(of: trace, classes: classes, method: GETAM(), layers: lowest...layers - 1)
            for position in classes.indices {
                for (offset, map) in found[position].enumerated() {
                    let size = map.values.count
                    let start = (position * layers + lowest + offset) * size
                    #expect(maps.shape == [classes.count, layers, map.rows, map.columns])
                    #expect(
                        relativeDeviation(map.values, maps.values[start..<start + size]) < 2e-5,
                        "map of class \(classes[position]) in layer \(lowest + offset), pass down to \(lowest)")
                }
            }
        }
    }

    @Test(arguments: ["vitb", "distilled", "hybrid", "acr"])
    func says(_ name: String) throws {
        let loaded = try ModelLoader.load(path: Fixtures.path("published/\(name)"))
        let configuration = loaded.configuration
        #expect(configuration.family == .published)
        #expect(configuration.head == (name == "acr" ? .classToken : .projectedMap))
        #expect(configuration.hasDistillationToken == (name == "distilled"))
        #expect(configuration.patch == .init(height: 16, width: 16) && configuration.grid == .init(height: 3, width: 3))
        #expect(configuration.classCount == 5 && configuration.depth == 4 && configuration.heads == 3)
        #expect(configuration.inputStep.width == (name == "acr" ? 16 : 32))
        let fit = try ResizeMode.fit.inputSize(width: 100, height: 70, for: configuration)
        #expect(fit.width % configuration.inputStep.width == 0 && fit.height % configuration.inputStep.height == 0)
        // What takes no part in the computation is counted as ignored, everything else as a parameter.
        let elements = loaded.tensors.filter { !loaded.ignored.contains($0.name) }
            .reduce(0) { $0 + $1.shape.reduce(1, *) }
        #expect(loaded.parameters.parameterCount == elements)
        #expect(loaded.ignored.contains("pretrained.model.norm.weight"))
    }

    @Test func wrongInputSize() throws {
        let model = VisionTransformer(
            try ModelLoader.load(path: Fixtures.path("published/vitb")).parameters, compute: Way.all[0].compute)
        // Half a pair of patches: the class path can, the decoder cannot.
        let pixels = Tensor(shape: [3, 48, 64])
        #expect(try model.forward(pixels).logits.count == 5)
        #expect(throws: ModelError.self) { try SegmentationModel(model).logits(of: pixels) }
    }

    @Test func squashedAsByOpenCV() throws {
        let expected = try SafetensorsFile(path: Fixtures.path("published/vitb/expected.safetensors"))
        let picture = try Self.picture(expected)
        for side in [64, 96] {
            let square = picture.resizedBetweenNeighbors(width: side, height: side)
            #expect(square.samples.map(Int.init) == (try expected.integers(named: "square_\(side)")))
        }
    }

    @Test(arguments: ["vitb", "distilled", "hybrid"])
    func scalesAveraged(_ name: String) throws {
        let expected = try SafetensorsFile(path: Fixtures.path("published/\(name)/expected.safetensors"))
        let model = try SegmentationModel(
            VisionTransformer(
                try ModelLoader.load(path: Fixtures.path("published/\(name)")).parameters, compute: Way.all[0].compute))
        let picture = try Self.picture(expected)
        let maps = try MultiScaleSegmentation(sides: [64, 96]).probabilities(of: picture, by: model)
        let probabilities = try expected.tensor(named: "probabilities")
        #expect([maps.classes.count, maps.height, maps.width] == probabilities.shape)
        #expect(maps.classes == Array(0..<6) && model.labelNames.count == 6 && model.labelNames[0] == "background")
        #expect(relativeDeviation(maps.values, probabilities.values) < 2e-5)
        let pixels = maps.height * maps.width
        for (pixel, label) in maps.largest.enumerated() {
            #expect((0..<6).allSatisfy { maps.values[$0 * pixels + pixel] <= maps.values[label * pixels + pixel] })
        }
        for sides in [[], [0], [80]] {
            #expect(throws: ModelError.self) {
                try MultiScaleSegmentation(sides: sides).probabilities(of: picture, by: model)
            }
        }
    }

    static func picture(_ expected: SafetensorsFile) throws -> RGBImage {
        let shape = try #require(expected.info(named: "picture")).shape
        return RGBImage(
            width: shape[1], height: shape[0],
            samples: try expected.integers(named: "picture").map { UInt8(truncatingIfNeeded: $0) })
    }
}
