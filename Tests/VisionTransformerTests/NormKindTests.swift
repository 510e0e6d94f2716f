import Checkpoints
import Tensors
import Testing
import TestSupport
import VisionTransformer

/// RMS norms, and what else is about norms, where autograd's fixtures say nothing: gradients of parameters and pixels, by differences.
@Suite struct NormKindTests {
    static let parts = [
        "aimv2": [
            "patch embedding weight", "patch embedding bias", "patch norm weight", "position embedding", "block 0 norm1 weight",
            "block 0 query weight", "block 0 projection weight", "block 1 norm2 weight", "block 1 expand weight", "norm weight",
        ],
        "norms_behind_mean": [
            "position embedding", "block 0 norm1 weight", "block 0 query weight", "block 0 projection weight", "block 0 projection bias",
            "block 1 norm2 bias", "block 1 expand weight", "block 1 contract weight", "pooled norm weight",
        ],
        "norms_behind_class": ["prefix tokens", "block 0 value weight", "block 0 norm2 weight", "block 1 norm1 weight"],
        "clipa": ["prefix tokens", "position embedding", "block 1 query weight", "pooled norm weight", "projection weight"],
        "hf_mlcd": ["prefix tokens", "norm before weight", "block 0 query weight", "block 1 key weight", "block 1 key bias"],
        "hf_pixio": ["prefix tokens", "position embedding", "block 1 value weight", "norm weight", "head bias"],
        "hf_blip": ["prefix tokens", "block 1 value bias", "norm weight", "norm bias", "pooled norm weight", "projection weight"],
        "naflex_radio": ["prefix tokens", "position embedding", "block 0 query weight", "block 1 contract bias"],
        "qwen_merged": [
            "position embedding", "block 0 key weight", "block 1 contract weight", "norm weight", "norm bias", "merger expand weight",
            "merger expand bias", "merger contract weight", "merger contract bias", "head weight",
        ],
        "deepseek_aligned": [
            "patch embedding bias", "block 0 norm1 weight", "block 1 expand weight", "norm weight", "merger expand weight",
            "merger expand bias", "merger contract weight", "head bias",
        ],
        "hf_aimv2": ["patch norm weight", "block 1 contract weight", "pool latent", "pool key weight", "pool projection bias"],
    ]

    private let compute = Compute(product: MatrixProduct(), pool: ThreadPool(threads: 2))

    /// In the direction of its gradient a logit grows by the gradient's square.
    private func check(_ gradient: [Float], _ name: String, logit: (Double) throws -> Float) rethrows {
        let square = gradient.reduce(0.0) { $0 + Double($1) * Double($1) }
        #expect(square > 0, "\(name)")
        let step = 0.004 / square.squareRoot()
        let rise = Double(try logit(step) - logit(-step)) / (2 * step)
        #expect(abs(rise - square) < 5e-3 * square, "\(name): \(rise) and \(square)")
    }

    private func moved(_ tensor: Tensor, by step: Double, along gradient: [Float]) -> Tensor {
        Tensor(shape: tensor.shape, zip(tensor.values, gradient).map { $0 + Float(step * Double($1)) })
    }

    @Test(arguments: parts.keys.sorted()) func gradientsAgreeWithDifferences(_ name: String) throws {
        let parameters = try FamilyOracleTests.load(name).parameters, model = VisionTransformer(parameters, compute: compute)
        let pixels = try SafetensorsFile(path: Fixtures.path("families/\(name)/expected.safetensors")).tensor(named: "pixels")
        let sums = ParameterArena(zerosLike: parameters), logits = Cotangents(logits: .classes([2]))
        try model.backward(try model.forward(pixels, options: .training), from: logits, wanting: BackwardWants(parameters: sums))
        for part in try #require(Self.parts[name]) {
            let gradient = try #require(sums.parameters.namedTensors.first { $0.name == part }?.tensor.values)
            try check(gradient, part) { step in
                var changed = parameters
                changed.forEachTensor { if $0 == part { $1 = moved($1, by: step, along: gradient) } }
                return try VisionTransformer(changed, compute: compute).forward(pixels).logits[2]
            }
        }
        let gradient = try model.pixelGradient(of: model.forward(pixels), from: logits)
        try check(gradient.values, "pixels") { try model.forward(moved(pixels, by: $0, along: gradient.values)).logits[2] }
    }

    /// Gemma's norms before and behind its layers are for the way back to pictures alone.
    @Test(arguments: ["gemma_classifier", "gemma_encoder"]) func pixelGradientsOfGemma(_ name: String) throws {
        let parameters = try FamilyOracleTests.load(name).parameters, model = VisionTransformer(parameters, compute: compute)
        let pixels = try SafetensorsFile(path: Fixtures.path("families/\(name)/expected.safetensors")).tensor(named: "pixels")
        let logits = Cotangents(logits: .classes([2])), gradient = try model.pixelGradient(of: model.forward(pixels), from: logits)
        try check(gradient.values, "pixels") { try model.forward(moved(pixels, by: $0, along: gradient.values)).logits[2] }
        let sums = ParameterArena(zerosLike: parameters), trace = try model.forward(pixels, options: .training)
        let refusal = #expect(throws: ModelError.self) {
            try model.backward(trace, from: logits, wanting: BackwardWants(parameters: sums))
        }
        #expect(refusal.map { "\($0)" }?.contains("norms before and behind its layers") == true)
    }

    /// DeepSeek's norm between the pool and the head has no weights: no gradient reaches what is none.
    @Test func aNormWithoutWeightsIsNoParameter() throws {
        let bare = try FamilyOracleTests.load("aimv2").parameters, width = bare.configuration.width
        let pixels = try SafetensorsFile(path: Fixtures.path("families/aimv2/expected.safetensors")).tensor(named: "pixels")
        var parameters = bare
        parameters.pooledNorm = .plain(width, .rootMeanSquare)
        let model = VisionTransformer(parameters, compute: compute), trace = try model.forward(pixels, options: .training)
        let mean = try VisionTransformer(bare, compute: compute).forward(pixels).features.map(Double.init)
        let root = (mean.reduce(0) { $0 + $1 * $1 } / Double(width) + Double(bare.configuration.normEpsilon)).squareRoot()
        let head = try #require(bare.head), weights = head.weight.values, biases = try #require(head.bias).values
        let expected = biases.indices.map { row in
            Float(mean.indices.reduce(Double(biases[row])) { $0 + mean[$1] / root * Double(weights[row * width + $1]) })
        }
        #expect(relativeDeviation(trace.logits, expected) < 2e-5)
        #expect(parameters.parameterCount == bare.parameterCount)
        let sums = ParameterArena(zerosLike: parameters), logits = Cotangents(logits: .classes([2]))
        try model.backward(trace, from: logits, wanting: BackwardWants(parameters: sums))
        #expect(try #require(sums.parameters.pooledNorm).weight.values.allSatisfy { $0 == 1 })
        let gradient = try model.pixelGradient(of: trace, from: logits)
        try check(gradient.values, "pixels") { try model.forward(moved(pixels, by: $0, along: gradient.values)).logits[2] }
    }
}
