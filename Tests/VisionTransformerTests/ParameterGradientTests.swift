import Checkpoints
import Tensors
import Testing
import TestSupport
import VisionTransformer

/// The gradients of every parameter against float64 autograd (Tests/Fixtures/make_gradients.py), by every way of computing.
@Suite struct ParameterGradientTests {
    static let models = [
        "pooled_no_class_token", "pooled_class_token", "registers_layerscale", "registers_embed_all", "nonsquare_timm",
        "f16_odd_heads", "hf_deit_distilled", "hf_v5_names", "hf_quick_gelu",
    ]
    /// By the fixture's name.
    static let families = [
        "torchvision_vit": "torchvision", "clip_openclip": "clip_openclip", "flax_pre_logits": "flax_pre_logits",
        "dinov2_meta_giant": "dinov2_meta_giant", "timm_extras": "timm_extras", "timm_packed": "timm_packed",
        "dinov3_meta": "dinov3_meta", "eva02_small": "eva02_small", "rope_ape": "rope_ape", "hf_dinov3_gated": "hf_dinov3_gated",
        "timm_map_registers": "timm_map_registers", "hf_siglip": "hf_siglip",
    ]

    /// Published models, whose decoders take no part.
    static let published = ["vitb", "distilled", "hybrid", "acr"].map { "published_\($0)" }

    /// What autograd said of one model.
    struct Expected {
        private let file: SafetensorsFile
        /// Of every parameter: the first elements of its parts, and its gradient.
        private let parameters: [(probes: [[Float]], gradient: [Float])]

        init(_ name: String) throws {
            let file = try SafetensorsFile(path: Fixtures.path("gradients/\(name).safetensors"))
            self.file = file
            parameters = try (0..<file.tensors.filter { $0.name.hasPrefix("gradient.") }.count).map { index in
                let probes = try file.tensor(named: "probe.\(index)")
                return (
                    (0..<probes.shape[0]).map { probes.rows($0..<$0 + 1).values },
                    try file.tensor(named: "gradient.\(index)").values)
            }
        }

        /// The scalar's derivatives at its sites.
        func cotangents() throws -> Cotangents {
            let logits = try file.tensor(named: "logits_cotangent")
            var result = Cotangents(logits: .values(logits.reshaped([1, logits.count])))
            if file.info(named: "attention_cotangent") != nil {
                let attention = try file.tensor(named: "attention_cotangent")
                result.attention[1] = attention.reshaped([1] + attention.shape)
            }
            return result
        }

        /// The gradient of a tensor, which may be put together of several parameters, or be a parameter's transpose; nil where
        /// some of it is none of the parameters'.
        func gradient(of tensor: Tensor) -> [Float]? {
            if let found = gradient(of: tensor.values) { return found }
            guard tensor.shape.count == 2 else { return nil }
            let (rows, columns) = (tensor.shape[0], tensor.shape[1])
            return gradient(of: Self.transposed(tensor.values, rows, columns)).map { Self.transposed($0, columns, rows) }
        }

        private func gradient(of values: [Float]) -> [Float]? {
            var result: [Float] = []
            while result.count < values.count {
                guard let part = part(values[result.count...]) else { return nil }
                result += part
            }
            return result
        }

        /// The gradient of the parameter, or of the part of one, whose elements come first.
        private func part(_ values: ArraySlice<Float>) -> ArraySlice<Float>? {
            for (probes, gradient) in parameters {
                let size = gradient.count / probes.count
                for (part, probe) in probes.enumerated() where values.starts(with: probe) {
                    if part == 0, values.count >= gradient.count { return gradient[...] }
                    if values.count >= size { return gradient[part * size..<(part + 1) * size] }
                }
            }
            return nil
        }

        private static func transposed(_ values: [Float], _ rows: Int, _ columns: Int) -> [Float] {
            (0..<values.count).map { values[$0 % rows * columns + $0 / rows] }
        }
    }

    static func gradients(
        _ model: VisionTransformer, _ pixels: Tensor, _ cotangents: Cotangents
    ) throws -> ParameterArena {
        let sums = ParameterArena(zerosLike: model.parameters)
        let trace = try model.forward(pixels, options: .training)
        try model.backward(trace, from: cotangents, wanting: BackwardWants(parameters: sums))
        return sums
    }

    static func load(_ name: String) throws -> (ParameterSet, pixels: Tensor) {
        if published.contains(name) {
            let folder = Fixtures.path("published/\(name.dropFirst("published_".count))")
            var parameters = try ModelLoader.load(path: folder).parameters
            parameters.decoder = nil
            return (parameters, try SafetensorsFile(path: "\(folder)/expected.safetensors").tensor(named: "pixels"))
        }
        let family = families[name]
        let loaded = try family.map { try FamilyOracleTests.load($0) } ?? ModelLoader.load(path: Fixtures.path("models/\(name)"))
        let folder = family.map { "families/\($0)" } ?? "models/\(name)"
        return (loaded.parameters, try SafetensorsFile(path: Fixtures.path("\(folder)/expected.safetensors")).tensor(named: "pixels"))
    }

    @Test(arguments: models + families.keys.sorted() + published, OracleTests.Way.all)
    func agreesWithAutograd(_ name: String, _ way: OracleTests.Way) throws {
        let (parameters, pixels) = try Self.load(name)
        let model = VisionTransformer(parameters, compute: way.compute, savings: way.savings)
        let expected = try Expected(name)
        let sums = try Self.gradients(model, pixels, expected.cotangents())
        for ((label, tensor), (_, sum)) in zip(parameters.namedTensors, sums.parameters.namedTensors) {
            var gradient = expected.gradient(of: tensor)
            if label == "head weight", model.configuration.head == .zeroShot {
                // A text's logit is s·(f·t)/|f|.
                let features = try model.forward(pixels).features, scale = try #require(parameters.logitScale)
                let length = features.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
                guard case .values(let byLogit) = try expected.cotangents().logits else { return }
                gradient = byLogit.values.flatMap { c in features.map { Float(Double(c * scale * $0) / length) } }
            }
            guard let gradient else {
                Issue.record("\(label) has no counterpart")
                continue
            }
            // A keys' bias has no gradient but rounding.
            let scale = max(gradient.reduce(0) { max($0, abs($1)) }, 1e-3)
            let worst = zip(sum.values, gradient).reduce(0) { max($0, abs($1.0 - $1.1)) }
            #expect(worst <= 2e-5 * scale, "\(label): off by \(worst) of \(scale)")
        }
    }

    /// A gradient at the tokens between two blocks, given back as a cotangent, yields what a pass through all yields below.
    @Test(arguments: ["registers_layerscale", "hf_quick_gelu"])
    func tokenGradientsAreCotangents(_ name: String) throws {
        let (parameters, pixels) = try Self.load(name)
        let model = VisionTransformer(parameters, compute: Compute(product: MatrixProduct(), pool: ThreadPool(threads: 2)))
        let whole = ParameterArena(zerosLike: model.parameters), part = ParameterArena(zerosLike: model.parameters)
        let trace = try model.forward(pixels, options: .training)
        let logits = Cotangents(logits: .classes([1]))
        var between: [Float] = []
        try model.backward(trace, from: logits, wanting: BackwardWants(tokens: [1], parameters: whole), visitTokens: {
            #expect($0.layer == 1 && $0.position == 0)
            between = Array($0.values)
        })
        let given = Tensor(shape: [1, trace.tokens, model.configuration.width], between)
        try model.backward(trace, from: Cotangents(tokens: [1: given]), wanting: BackwardWants(parameters: part))
        for ((label, a), (_, b)) in zip(whole.parameters.namedTensors, part.parameters.namedTensors) {
            let isBelow = !["block 2", "norm ", "head", "pooled"].contains { label.hasPrefix($0) }
            if isBelow { #expect(relativeDeviation(b.values, a.values) < 1e-6, "\(label)") }
            else { #expect(b.values.allSatisfy { $0 == 0 }, "\(label)") }
        }
        // Asked for alone, the same without the parameters.
        try model.backward(trace, from: logits, wanting: BackwardWants(tokens: [1]), visitTokens: {
            #expect(relativeDeviation(Array($0.values), between) < 1e-6)
        })
    }

    /// Stochastic depth: a factor of a branch scales its part of the gradient as autograd's chain rule says, by differences.
    @Test func branchFactorsAgreeWithDifferences() throws {
        let (parameters, pixels) = try Self.load("registers_layerscale")
        let compute = Compute(product: MatrixProduct(), pool: ThreadPool(threads: 1))
        let factors: [ForwardOptions.BranchFactors] = [.init(attention: 0, feedForward: 1.25), .init(attention: 1.5, feedForward: 0), .init(attention: 1, feedForward: 2)]
        func logit(_ moved: ParameterSet) throws -> Float {
            try VisionTransformer(moved, compute: compute)
                .forward(pixels, options: ForwardOptions(branchFactors: factors)).logits[2]
        }
        let model = VisionTransformer(parameters, compute: compute)
        let sums = ParameterArena(zerosLike: parameters)
        let trace = try model.forward(pixels, options: ForwardOptions(keepsForParameters: true, branchFactors: factors))
        try model.backward(trace, from: Cotangents(logits: .classes([2])), wanting: BackwardWants(parameters: sums))
        // In the direction of the gradient the logit grows by its square.
        let names = ["block 0 contract weight", "block 1 projection weight", "block 1 scale1", "block 2 expand bias", "block 0 scale2"]
        for name in names {
            let gradient = sums.parameters.namedTensors.first { $0.name == name }?.tensor.values ?? []
            let square = gradient.reduce(0.0) { $0 + Double($1) * Double($1) }
            #expect(square > 0, "\(name)")
            let step = 0.005 / square.squareRoot()
            func moved(_ sign: Double) -> ParameterSet {
                var moved = parameters
                moved.forEachTensor { label, tensor in
                    guard label == name else { return }
                    tensor = Tensor(shape: tensor.shape, zip(tensor.values, gradient).map { $0 + Float(sign * step * Double($1)) })
                }
                return moved
            }
            let rise = Double(try logit(moved(1)) - logit(moved(-1))) / (2 * step)
            #expect(abs(rise - square) < 5e-3 * square, "\(name): \(rise) and \(square)")
        }
        for name in ["block 0 projection weight", "block 1 contract weight", "block 0 query weight"] {
            let gradient = sums.parameters.namedTensors.first { $0.name == name }?.tensor.values ?? [1]
            #expect(gradient.allSatisfy { $0 == 0 }, "\(name) takes no part")
        }
    }
}
