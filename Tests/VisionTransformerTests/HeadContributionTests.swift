import Attribution
import Checkpoints
import Tensors
import Testing
import TestSupport
import VisionTransformer

/// What heads and MLPs give a class, directly and by what is lost without them, against float64 autograd
/// (Tests/Fixtures/make_interventions.py).
@Suite struct HeadContributionTests {
    static let classes = [4, 1]

    private func table(_ quantity: any Quantity, _ subject: InterventionTests.Subject, _ trace: Trace) throws -> [QuantityTable] {
        #expect(quantity.obstacle(for: subject.model.configuration) == nil)
        var tables: [QuantityTable] = []
        let request = QuantityRequest(targets: Self.classes.map { .logit($0) }, layers: 0...trace.depth - 1)
        try quantity.values(of: trace, model: subject.model, request: request, isCancelled: { false }) { place, value in
            #expect(place == QuantityPlace(target: tables.count))
            if case .table(let table) = value { tables.append(table) }
        }
        #expect(tables.count == Self.classes.count)
        return tables
    }

    @Test(arguments: InterventionTests.models + InterventionTests.published, OracleTests.Way.all)
    func effectsAgree(_ name: String, _ way: OracleTests.Way) throws {
        let subject = try InterventionTests.Subject(name, way)
        let trace = try subject.model.forward(subject.pixels)
        for (kind, key) in [(HeadAblations.Kind.zero, "estimate"), (.mean, "estimate_mean")] {
            let estimate = try table(HeadEffect(by: kind), subject, trace).flatMap { $0.rows.joined() }
            #expect(relativeDeviation(estimate, try subject.values(key)) < 2e-5, "\(key)")
        }
        for (kind, key) in [(HeadAblations.Kind.zero, "effect"), (.mean, "effect_mean")] {
            let expected = try subject.expected.tensor(named: key)
            // Differences of logits, which round as these do.
            let scale = max(1, (trace.logits + expected.values).reduce(0) { max($0, abs($1)) })
            for layer in 0..<trace.depth {
                for head in 0..<subject.model.configuration.heads {
                    let found = try subject.model.headEffect(
                        of: trace, ablating: .init(layer: layer, head: head), by: kind, targets: Self.classes.map { .logit($0) })
                    for position in found.indices {
                        #expect(abs(found[position] - expected[position, layer, head]) < 2e-5 * scale, "\(key) \(layer).\(head)")
                    }
                }
            }
        }
    }

    /// What a table says beside its cells: with them it adds up to the logit, also of some layers alone and of other scalars.
    private func checkSums(_ subject: InterventionTests.Subject, _ trace: Trace) throws {
        let logits = trace.logits
        let targets: [(ClassTarget, String, Float?)] = [
            (.logit(4), "logit", logits[4]), (.difference(4, 1), "difference of logits", logits[4] - logits[1]), (.contrast(4), "contrast", nil),
        ]
        for layers in [0...trace.depth - 1, 1...1] {
            let request = QuantityRequest(targets: targets.map(\.0), layers: layers)
            try LogitAttribution().values(of: trace, model: subject.model, request: request, isCancelled: { false }) { place, value in
                guard case .table(let table) = value, let sum = table.sums.first else {
                    Issue.record("no sum")
                    return
                }
                let (_, name, whole) = targets[place.target]
                #expect(table.sums.count == 1 && sum.whole.name == name)
                #expect(sum.parts.map(\.name) == ["embedding", "biases"] + (layers.count == trace.depth ? [] : ["other layers"]))
                let cells = table.rows.joined().filter { !$0.isNaN }, all = cells + sum.parts.map(\.value)
                let scale = all.reduce(1) { max($0, abs($1)) }
                #expect(abs(all.reduce(0, +) - sum.total) < 2e-5 * scale && abs(sum.total - sum.whole.value) < 2e-5 * scale)
                if let whole { #expect(abs(sum.whole.value - whole) <= 1e-6 * scale) }
                #expect(sum.lines.suffix(2).map(\.name) == ["sum", name])
            }
        }
    }

    @Test(arguments: InterventionTests.models, OracleTests.Way.all)
    func partsAgree(_ name: String, _ way: OracleTests.Way) throws {
        let subject = try InterventionTests.Subject(name, way), heads = subject.model.configuration.heads
        // What a pass keeps for other ends must not change what is found in it.
        for options in [ForwardOptions.maps, ForwardOptions(keepsForParameters: true, keepsAllTokens: true)] {
            let trace = try subject.model.forward(subject.pixels, options: options)
            let parts = try LogitAttribution().parts(of: trace, model: subject.model, targets: Self.classes.map { .logit($0) })
            let largest = parts.map { part in
                (part.heads.joined() + part.attentionBias + part.feedForward + [part.embedding, part.bias]).reduce(0) { max($0, abs($1)) }
            }.reduce(0, max)
            func check(_ found: [Float], _ key: String) throws {
                let expected = try subject.values(key)
                #expect(found.count == expected.count)
                #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 2e-5 * largest }, "\(key)")
            }
            try check(parts.flatMap { $0.heads.joined() }, "heads")
            try check(parts.flatMap(\.attentionBias), "attention_bias")
            try check(parts.flatMap(\.feedForward), "feed_forward")
            try check(parts.map(\.embedding), "embedding")
            try check(parts.map(\.bias), "bias")
            for (table, part) in zip(try table(LogitAttribution(), subject, trace), parts) {
                #expect(table.columns == (0..<heads).map { "head \($0)" } + ["attention bias", "MLP"])
                #expect(table.rows == part.heads.indices.map { part.heads[$0] + [part.attentionBias[$0], part.feedForward[$0]] })
            }
            try checkSums(subject, trace)
        }
    }

    /// Every kind of head, gates, norms before the blocks and of queries and keys, ablated heads: the parts are the logit.
    @Test(arguments: [
        "registers_embed_all", "nonsquare_timm", "f16_odd_heads", "hf_v5_names", "hf_quick_gelu", "clip_openclip",
        "dinov2_meta_giant", "timm_extras", "timm_packed", "published_acr",
    ] + InterventionTests.models, OracleTests.Way.all)
    func partsSumToTheLogit(_ name: String, _ way: OracleTests.Way) throws {
        let (parameters, pixels) = try ParameterGradientTests.load(name)
        try checkSum(VisionTransformer(parameters, compute: way.compute, savings: way.savings), pixels)
    }

    @Test(arguments: [
        "deit3", "dino_training", "dinov2_training", "hf_clip", "hf_clip_projection", "hf_dinov2_registers", "named_siglip_gap", "clipa",
        "hf_pixio", "hf_blip",
    ])
    func partsSumToTheLogitInOtherFamilies(_ name: String) throws {
        let loaded = try FamilyOracleTests.load(name)
        let pixels = try SafetensorsFile(path: Fixtures.path("families/\(name)/expected.safetensors")).tensor(named: "pixels")
        try checkSum(VisionTransformer(loaded.parameters, compute: OracleTests.Way.all[0].compute), pixels)
    }

    private func checkSum(_ model: VisionTransformer, _ pixels: Tensor) throws {
        var ablations = HeadAblations.none
        ablations[1, 0] = .mean
        ablations[0, 1] = .zero
        for ablations in [HeadAblations.none, ablations] {
            let trace = try model.forward(pixels, options: ForwardOptions(
                branchFactors: (0..<model.configuration.depth).map { .init(attention: 1 + Float($0) / 4, feedForward: 0.5) },
                ablations: ablations))
            let targets: [ClassTarget] = trace.logits.indices.map { .logit($0) } + [.difference(3, 1), .contrast(2)]
            let parts = try LogitAttribution().parts(of: trace, model: model, targets: targets)
            #expect(parts.count == targets.count)
            for (part, target) in zip(parts, targets) {
                let terms = part.heads.joined() + part.attentionBias + part.feedForward + [part.embedding, part.bias]
                let largest = terms.reduce(0) { max($0, abs($1)) }
                let expected: Float
                switch target {
                case .logit(let index): expected = trace.logits[index]
                case .difference(let a, let b): expected = trace.logits[a] - trace.logits[b]
                case .contrast, .softMax: continue
                }
                #expect(abs(part.sum - expected) < 2e-5 * max(largest, abs(expected)), "\(target): \(part.sum), not \(expected)")
                // Not one part that holds all.
                #expect(largest < 20 * abs(expected) + 20)
            }
        }
    }

    @Test func headsThatAreNoSumAreRefused() throws {
        let map = try InterventionTests.Subject("published_hybrid")
        let trace = try map.model.forward(map.pixels)
        #expect(LogitAttribution().obstacle(for: map.model.configuration) != nil)
        #expect(throws: ModelError.self) { try LogitAttribution().parts(of: trace, model: map.model, targets: [.logit(0)]) }
        for name in ["flax_pre_logits", "torchvision_vit"] {
            let (parameters, pixels) = try ParameterGradientTests.load(name)
            let curved = VisionTransformer(parameters, compute: OracleTests.Way.all[0].compute)
            let pass = try curved.forward(pixels)
            #expect(throws: ModelError.self) { try LogitAttribution().parts(of: pass, model: curved, targets: [.logit(0)]) }
        }
        let bare = VisionTransformer(
            try ModelLoader.load(path: Fixtures.path("models/dino_keys")).parameters, compute: OracleTests.Way.all[0].compute)
        #expect(LogitAttribution().obstacle(for: bare.configuration) != nil && HeadEffect().obstacle(for: bare.configuration) != nil)
        let features = try bare.forward(try SafetensorsFile(path: Fixtures.path("models/dino_keys/expected.safetensors")).tensor(named: "pixels"))
        #expect(throws: ModelError.noHead) { try LogitAttribution().parts(of: features, model: bare, targets: [.logit(0)]) }
        #expect(throws: ModelError.noHead) { try bare.logits(of: features.pixels, under: .none) }
    }
}
