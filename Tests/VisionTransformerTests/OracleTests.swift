import Attribution
import Checkpoints
import Images
import Testing
import TestSupport
import Tensors
import VisionTransformer

/// Every fixture's model against float64 autograd (Tests/Fixtures/README.md), by every way of computing it.
@Suite struct OracleTests {
    /// One way to run a model.
    struct Way: Sendable, CustomStringConvertible {
        let description: String
        let savings: ExactSavings
        let compute: Compute

        static let all: [Way] = {
            let library = MatrixProduct.load(
                path: MatrixProduct.load(path: nil, coreTypeIsSet: false).library, coreTypeIsSet: false)
            let one = ThreadPool(threads: 1), three = ThreadPool(threads: 3)
            return [
                Way(description: "library, savings", savings: .all, compute: Compute(product: library, pool: three)),
                Way(description: "library, plain", savings: [], compute: Compute(product: library, pool: one)),
                Way(description: "built-in, savings", savings: .all, compute: Compute(product: MatrixProduct(), pool: three)),
                Way(
                    description: "portable, plain", savings: [],
                    compute: Compute(product: MatrixProduct(builtIn: .portable), pool: one, features: .portable)),
                Way(
                    description: "AVX2, savings", savings: .all,
                    compute: Compute(product: MatrixProduct(builtIn: .avx2), pool: one, features: .avx2)),
            ]
        }()
    }

    /// A model and what is expected of it.
    struct Case: Sendable, CustomStringConvertible {
        let description: String
        let folder: String
        var expected = "expected"
        /// Takes the pixels from the picture instead of the fixture.
        var readsPicture = false
        var suffix = ""
    }

    static let own = [
        "pooled_no_class_token", "pooled_class_token", "registers_layerscale", "registers_embed_all", "nonsquare_timm",
        "nonsquare_native", "nonsquare_hf", "bf16", "f16_odd_heads", "hf_deit_distilled", "hf_v5_names", "hf_quick_gelu",
        "fit_resize",
    ]

    static let cases: [Case] =
        own.map { Case(description: $0, folder: Fixtures.path("models/\($0)")) }
        + ["nonsquare_timm", "nonsquare_hf"].map {
            Case(description: "\($0), as many patches", folder: Fixtures.path("models/\($0)"), expected: "expected_same_count")
        }
        + ["cls", "distilled", "hf"].compactMap { name in
            Fixtures.shared("fixtures/\(name)").map { Case(description: name, folder: $0, readsPicture: true) }
        }

    @Test(arguments: cases, Way.all)
    func agreesWithAutograd(_ item: Case, _ way: Way) throws {
        let expected = try SafetensorsFile(path: "\(item.folder)/\(item.expected).safetensors")
        let model = VisionTransformer(
            try ModelLoader.load(path: item.folder).parameters, compute: way.compute, savings: way.savings)
        let pixels: Tensor
        if item.readsPicture {
            let configuration = model.configuration
            pixels = try ImageFile.read(path: "\(item.folder)/image.png")
                .modelInput(configuration.inputSize, configuration.preprocessing)
        } else {
            pixels = try expected.tensor(named: "pixels")
        }
        try compare(model, pixels, expected)
        if item.description == "fit_resize" {
            try compare(model, try expected.tensor(named: "pixels_square"), expected, suffix: "_square")
        }
    }

    func compare(
        _ model: VisionTransformer, _ pixels: Tensor, _ expected: SafetensorsFile, suffix: String = ""
    ) throws {
        let trace = try model.forward(pixels)
        #expect(relativeDeviation(trace.logits, try expected.tensor(named: "logits\(suffix)").values) < 1e-5)
        let classes = try expected.integers(named: "classes")
        let maps = try expected.tensor(named: "getam\(suffix)")
        let rows = expected.info(named: "gradient_class_row\(suffix)") == nil
            ? nil : (try expected.tensor(named: "gradient_class_row"), try expected.tensor(named: "attention_class_row"))
        var visited: [[Int]] = []
        try model.attentionGradients(of: trace, classes: classes, downTo: 0) { gradient in
            visited.append([gradient.layer, gradient.position])
            guard let (gradients, attentions) = rows else { return }
            // The maxima of a layer's class row, over its heads, are the scale.
            let attention = (0..<gradient.heads).flatMap { gradient.attention(head: $0, row: 0) }
            #expect(relativeDeviation(attention, attentions.rows(gradient.layer..<gradient.layer + 1).values) < 2e-5)
            let found = (0..<gradient.heads).flatMap { gradient.gradient(head: $0, row: 0) }
            let perClass = gradients.rows(gradient.position..<gradient.position + 1).reshaped(Array(gradients.shape.dropFirst()))
            #expect(
                relativeDeviation(found, perClass.rows(gradient.layer..<gradient.layer + 1).values) < 2e-5,
                "gradient of class \(gradient.classIndex) in layer \(gradient.layer)")
        }
        #expect(visited == (0..<trace.depth).reversed().flatMap { layer in classes.indices.map { [layer, $0] } })
        for lowest in 0..<trace.depth {
            let layered = try model.layerMaps(of: trace, classes: classes, method: GETAM(), layers: lowest...trace.depth - 1)
            for (position, perLayer) in layered.enumerated() {
                for (offset, map) in perLayer.enumerated() {
                    let reference = maps.rows(position..<position + 1).reshaped(Array(maps.shape.dropFirst()))
                        .rows(lowest + offset..<lowest + offset + 1)
                    #expect(map.rows == reference.shape[1] && map.columns == reference.shape[2])
                    #expect(
                        relativeDeviation(map.values, reference.values) < 2e-5,
                        "map of class \(classes[position]) in layer \(lowest + offset), pass down to \(lowest)")
                }
            }
        }
    }

    /// Every query row, where the fixture has whole matrices.
    @Test(arguments: ["pooled_class_token", "registers_layerscale"], Way.all)
    func wholeGradientAgrees(_ name: String, _ way: Way) throws {
        let folder = Fixtures.path("models/\(name)")
        let expected = try SafetensorsFile(path: "\(folder)/expected.safetensors")
        let model = VisionTransformer(
            try ModelLoader.load(path: folder).parameters, compute: way.compute, savings: way.savings)
        let trace = try model.forward(try expected.tensor(named: "pixels"))
        let gradients = try expected.tensor(named: "gradient"), attentions = try expected.tensor(named: "attention")
        let (layers, heads, tokens) = (gradients.shape[1], gradients.shape[2], gradients.shape[3])
        let (gradientValues, attentionValues) = (gradients.values, attentions.values)
        try model.attentionGradients(
            of: trace, classes: try expected.integers(named: "classes"), downTo: 0, rows: .all
        ) { gradient in
            var found = [Float](repeating: 0, count: heads * tokens * tokens)
            for head in 0..<heads {
                for row in gradient.rows {
                    let start = (head * tokens + row) * tokens
                    found.replaceSubrange(start..<start + tokens, with: gradient.gradient(head: head, row: row))
                    let place = (gradient.layer * heads + head) * tokens * tokens + row * tokens
                    #expect(
                        relativeDeviation(gradient.attention(head: head, row: row), attentionValues[place..<place + tokens]) < 2e-5)
                }
            }
            let block = heads * tokens * tokens
            let start = (gradient.position * layers + gradient.layer) * block
            #expect(relativeDeviation(found, gradientValues[start..<start + block]) < 2e-5, "layer \(gradient.layer)")
        }
    }

    @Test(arguments: ["dino_keys", "headless_no_class_token"], Way.all)
    func featuresWithoutHead(_ name: String, _ way: Way) throws {
        let folder = Fixtures.path("models/\(name)")
        let expected = try SafetensorsFile(path: "\(folder)/expected.safetensors")
        let model = VisionTransformer(
            try ModelLoader.load(path: folder).parameters, compute: way.compute, savings: way.savings)
        let trace = try model.forward(try expected.tensor(named: "pixels"))
        #expect(trace.logits.isEmpty)
        #expect(relativeDeviation(trace.features, try expected.tensor(named: "features").values) < 1e-5)
        #expect(throws: ModelError.noHead) {
            try model.attentionGradients(of: trace, classes: [0], downTo: 0) { _ in }
        }
    }
}
