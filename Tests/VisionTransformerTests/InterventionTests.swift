import Attribution
import Checkpoints
import Tensors
import Testing
import TestSupport
import VisionTransformer

/// Passes with ablated heads and dropped patches against float64 autograd (Tests/Fixtures/make_interventions.py).
@Suite struct InterventionTests {
    static let models = ["bf16", "registers_layerscale", "pooled_class_token", "pooled_no_class_token", "hf_deit_distilled"]
    static let published = ["published_acr", "published_hybrid"]
    static let explained = 4

    /// A model, its picture, and what is expected of it.
    struct Subject {
        let model: VisionTransformer
        let pixels: Tensor
        let expected: SafetensorsFile

        init(_ name: String, _ way: OracleTests.Way = OracleTests.Way.all[0]) throws {
            let (parameters, pixels) = try ParameterGradientTests.load(name)
            model = VisionTransformer(parameters, compute: way.compute, savings: way.savings)
            self.pixels = pixels
            expected = try SafetensorsFile(path: Fixtures.path("interventions/\(name).safetensors"))
        }

        func has(_ tensor: String) -> Bool { expected.info(named: tensor) != nil }
        func values(_ tensor: String) throws -> [Float] { try expected.tensor(named: tensor).values }

        /// The heads that the oracle ablated.
        func ablations(_ kinds: [HeadAblations.Kind]) throws -> HeadAblations {
            var result = HeadAblations.none
            for kind in kinds {
                let places = try expected.integers(named: "heads_\(kind.rawValue)")
                for index in stride(from: 0, to: places.count, by: 2) { result[places[index], places[index + 1]] = kind }
            }
            return result
        }

        func forward(_ ablations: HeadAblations, keeps: Bool = false) throws -> Trace {
            try model.forward(pixels, options: ForwardOptions(keepsForParameters: keeps, ablations: ablations))
        }

        /// ∂ logit / ∂ attention, the layers asked for, lowest first: the rows visited of every head.
        func gradients(_ trace: Trace, downTo lowest: Int = 0, rows: QueryRows) throws -> [(rows: Range<Int>, values: [Float])] {
            var result: [(Range<Int>, [Float])] = []
            try model.attentionGradients(of: trace, classes: [explained], downTo: lowest, rows: rows) { gradient in
                let values = (0..<gradient.heads).flatMap { head in
                    gradient.rows.flatMap { Array(gradient.gradient(head: head, row: $0)) }
                }
                result.insert((gradient.rows, values), at: 0)
            }
            return result
        }
    }

    @Test(arguments: models + published, OracleTests.Way.all)
    func ablatedPassesAgreeWithAutograd(_ name: String, _ way: OracleTests.Way) throws {
        let subject = try Subject(name, way)
        for (kinds, key) in [([.zero], "zero"), ([.mean], "mean"), ([.zero, .mean], "both")] as [([HeadAblations.Kind], String)] {
            let trace = try subject.forward(try subject.ablations(kinds))
            #expect(relativeDeviation(trace.logits, try subject.values("logits_\(key)")) < 2e-5, "\(key)")
        }
        let depth = subject.model.configuration.depth, heads = subject.model.configuration.heads
        let trace = try subject.forward(try subject.ablations([.zero, .mean]))
        let whole = try subject.expected.tensor(named: "gradient_both"), tokens = trace.tokens
        func expectedRows(_ layer: Int, _ rows: Range<Int>) -> [Float] {
            (0..<heads).flatMap { head in rows.flatMap { row in (0..<tokens).map { whole[layer, head, row, $0] } } }
        }
        for (layer, found) in try subject.gradients(trace, rows: .all).enumerated() {
            #expect(found.rows == 0..<tokens)
            #expect(relativeDeviation(found.values, expectedRows(layer, found.rows)) < 2e-5, "layer \(layer)")
        }
        // The savings of a pass that is narrowed to the class token's row end at different layers.
        for lowest in 0..<depth where trace.prefixTokens > 0 {
            for (offset, found) in try subject.gradients(trace, downTo: lowest, rows: .classToken).enumerated() {
                #expect(relativeDeviation(found.values, expectedRows(lowest + offset, 0..<1)) < 2e-5, "layer \(lowest + offset)")
            }
        }
        guard subject.has("gradient_row_zero") else { return }
        let zeroed = try subject.forward(try subject.ablations([.zero])), rows = try subject.expected.tensor(named: "gradient_row_zero")
        for lowest in 0..<depth {
            for (offset, found) in try subject.gradients(zeroed, downTo: lowest, rows: .classToken).enumerated() {
                let expected = rows.rows(lowest + offset..<lowest + offset + 1).values
                #expect(relativeDeviation(found.values, expected) < 2e-5, "zeros, layer \(lowest + offset)")
            }
        }
    }

    @Test(arguments: models + published, [OracleTests.Way.all[0], OracleTests.Way.all[3]])
    func parametersGradientsAgreeWithAutograd(_ name: String, _ way: OracleTests.Way) throws {
        let subject = try Subject(name, way)
        let trace = try subject.forward(try subject.ablations([.zero, .mean]), keeps: true)
        let sums = ParameterArena(zerosLike: subject.model.parameters)
        try subject.model.backward(
            trace, from: Cotangents(logits: .classes([Self.explained])), wanting: BackwardWants(parameters: sums))
        for (layer, block) in sums.parameters.blocks.enumerated() {
            #expect(relativeDeviation(block.projection.weight.values, try subject.values("projection.\(layer)")) < 2e-5, "\(layer)")
            guard subject.has("query_key_value.\(layer)") else { continue }
            let found = [block.query, block.key, block.value].flatMap(\.weight.values)
            #expect(relativeDeviation(found, try subject.values("query_key_value.\(layer)")) < 2e-5, "\(layer)")
        }
    }

    /// A pass that starts in the middle of another gives what a whole one gives, maps included, with and without streams kept.
    @Test(arguments: models + published)
    func passesAreTakenUpWhereTheyDiffer(_ name: String) throws {
        let subject = try Subject(name), model = subject.model, depth = model.configuration.depth
        for options in [ForwardOptions.maps, ForwardOptions(taps: Set(0..<depth)), .training] {
            var trace = try model.forward(subject.pixels, options: options)
            for layer in [depth - 1, 1, 0, depth - 2] {
                for kind in HeadAblations.Kind.allCases + [nil] {
                    var ablations = trace.ablations
                    ablations[layer, 0] = kind
                    trace = try model.forward(trace, ablating: ablations)
                    var whole = options
                    whole.ablations = ablations
                    let expected = try model.forward(subject.pixels, options: whole)
                    #expect(trace.ablations == ablations && trace.depth == depth)
                    #expect(relativeDeviation(trace.logits, expected.logits) < 1e-5)
                    let pairs = zip(try subject.gradients(trace, rows: .all), try subject.gradients(expected, rows: .all))
                    for (found, reference) in pairs where found.rows == reference.rows {
                        #expect(relativeDeviation(found.values, reference.values) < 2e-5, "layer \(layer), \(String(describing: kind))")
                    }
                }
            }
        }
    }

    /// What comes before the first difference is not computed again, and without one nothing is.
    @Test func passesTakenUpCostWhatIsLeft() throws {
        let (parameters, pixels) = try ParameterGradientTests.load("bf16"), meter = ProductMeter()
        let model = VisionTransformer(
            parameters, compute: Compute(product: MatrixProduct().metered(by: meter), pool: ThreadPool(threads: 1)))
        let trace = try model.forward(pixels)
        let whole = meter.total.operations
        func cost(_ layer: Int) throws -> Double {
            meter.reset()
            _ = try model.forward(trace, ablating: HeadAblations([.init(layer: layer, head: 0): .zero]))
            return meter.total.operations / whole
        }
        #expect(try cost(0) == 1 && cost(1) < 0.75 && cost(2) < 0.5 && cost(3) < 0.25)
        meter.reset()
        #expect(try model.forward(trace, ablating: .none) === trace && meter.total.operations == 0)
    }

    @Test(arguments: models + ["published_acr"], OracleTests.Way.all)
    func droppedPatchesAgree(_ name: String, _ way: OracleTests.Way) throws {
        let subject = try Subject(name, way), region = Set(try subject.expected.integers(named: "patches"))
        let found = try subject.model.perturbation(of: subject.pixels, region: region)
        #expect(relativeDeviation(found.removed.logits, try subject.values("logits_removed")) < 2e-5)
        #expect(relativeDeviation(found.kept.logits, try subject.values("logits_kept")) < 2e-5)
        #expect(found.removed.probabilities == subject.model.configuration.probability(found.removed.logits))
        let both = try subject.model.perturbation(
            of: subject.pixels, region: region, heads: try subject.ablations([.zero, .mean]))
        #expect(relativeDeviation(both.kept.logits, try subject.values("logits_kept_both")) < 2e-5)
        guard subject.has("logits_prefix") else { return }
        let none = try subject.model.logits(of: subject.pixels, under: Intervention(patches: []))
        #expect(relativeDeviation(none, try subject.values("logits_prefix")) < 2e-5)
    }

    /// Nothing taken out is the plain pass, bit for bit.
    @Test(arguments: models + published)
    func nothingTakenOutChangesNothing(_ name: String) throws {
        let subject = try Subject(name), trace = try subject.model.forward(subject.pixels)
        let all = Set(0..<trace.tokens - trace.prefixTokens)
        #expect(try subject.model.logits(of: subject.pixels, under: .none) == trace.logits)
        #expect(try subject.model.logits(of: subject.pixels, under: Intervention(patches: all)) == trace.logits)
        #expect(try subject.forward(.none).logits == trace.logits)
    }

    @Test func whatCannotBeTakenOutIsRefused() throws {
        let plain = try Subject("bf16"), pooled = try Subject("pooled_class_token"), map = try Subject("published_hybrid")
        #expect(throws: ModelError.layerOutOfRange(4, depth: 4)) { try plain.forward(HeadAblations([.init(layer: 4, head: 0): .zero])) }
        #expect(throws: ModelError.headOutOfRange(3, count: 3)) { try plain.forward(HeadAblations([.init(layer: 0, head: 3): .mean])) }
        #expect(throws: ModelError.headOutOfRange(-1, count: 3)) {
            try plain.model.forward(try plain.forward(.none), ablating: HeadAblations([.init(layer: 2, head: -1): .mean]))
        }
        #expect(throws: ModelError.layerOutOfRange(-2, depth: 4)) {
            try plain.model.forward(try plain.forward(.none), ablating: HeadAblations([.init(layer: -2, head: 0): .mean]))
        }
        func refusal(_ subject: Subject, _ patches: Set<Int>) -> String? {
            do {
                _ = try subject.model.logits(of: subject.pixels, under: Intervention(patches: patches))
                return nil
            } catch { return "\(error)" }
        }
        #expect(refusal(plain, [36])?.contains("0 to 35") == true)
        #expect(refusal(plain, [-1]) != nil)
        #expect(refusal(pooled, [])?.contains("one at least must stay") == true)
        #expect(refusal(map, [0])?.contains("map of all patches") == true)
    }

    @Test func ablationsAreRead() {
        let good: [(String, Int, Int, HeadAblations.Kind)] = [
            ("0.0", 0, 0, .zero), ("11.3", 11, 3, .zero), ("2.5:mean", 2, 5, .mean), ("2.5:zero", 2, 5, .zero),
        ]
        for (text, layer, head, kind) in good {
            let read = HeadAblation(text)
            #expect(read?.head == .init(layer: layer, head: head) && read?.kind == kind, "\(text)")
            #expect(read.flatMap { HeadAblation($0.description) } == read)
        }
        for text in ["", ".", "1", "1.", ".1", "1.2.3", "1.2:", "1.2:half", "1.2:mean:mean", "-1.2", "1.-2", "+1.2", "1 .2", "a.b", "99999999999999999999.1"] {
            #expect(HeadAblation(text) == nil, "\(text)")
        }
        let several = HeadAblations([HeadAblation("1.2"), HeadAblation("0.1"), HeadAblation("1.2:mean")].compactMap(\.self))
        #expect(several[1, 2] == .mean && several[0, 1] == .zero && several[0, 0] == nil)
        #expect(several.heads == [.init(layer: 0, head: 1), .init(layer: 1, head: 2)])
    }

    @Test func boxesAreRead() throws {
        let grid = ModelConfiguration.Size(height: 3, width: 4)
        #expect(try PatchBox("1,0-2,1")?.patches(in: grid) == [1, 2, 5, 6])
        #expect(PatchBox("2,1-1,0") == PatchBox("1,0-2,1") && PatchBox("2,0-1,1") == PatchBox("1,0-2,1"))
        #expect(try PatchBox("3,2")?.patches(in: grid) == [11])
        #expect(PatchBox("3,2")?.description == "3,2" && PatchBox("2,1-1,0")?.description == "1,0-2,1")
        for text in ["", ",", "1", "1,", ",1", "1,2,3", "1,2-", "-1,2", "1,2-3", "1,2-3,4-5,6", "1,2-3,-4", "a,b", " 1,2", "1;2", "99999999999999999999,0"] {
            #expect(PatchBox(text) == nil, "\(text)")
        }
        for text in ["4,0", "0,3", "0,0-4,2", "0,0-3,3", "0,0-9223372036854775807,0"] {
            let box = try #require(PatchBox(text))
            #expect(throws: ModelError.self, "\(text)") { try box.patches(in: grid) }
            #expect(!box.description.isEmpty)
        }
    }
}
