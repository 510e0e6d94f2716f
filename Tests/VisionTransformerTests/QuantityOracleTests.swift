import Attribution
import Checkpoints
import Testing
import TestSupport
import Tensors
import VisionTransformer

/// Every quantity against float64 PyTorch (Tests/Fixtures/make_quantities.py): every head, several queries, layers and targets, by
/// every way of computing, of traces with and without what the pass leaves out.
@Suite struct QuantityOracleTests {
    /// A model, and where it lies.
    struct Subject: Sendable, CustomStringConvertible {
        let description: String
        var folder = "models"
        var hasHead = true
        /// Whether single tokens have logits.
        var hasLens = true

        func parameters() throws -> ParameterSet {
            folder == "families" ? try FamilyOracleTests.load(description).parameters
                : try ModelLoader.load(path: Fixtures.path("\(folder)/\(description)")).parameters
        }

        func prepared(_ way: OracleTests.Way) throws -> (VisionTransformer, Trace, SafetensorsFile) {
            let model = VisionTransformer(try parameters(), compute: way.compute, savings: way.savings)
            let expected = Fixtures.path("\(folder)/\(description)/expected.safetensors")
            let pixels = try SafetensorsFile(path: expected).tensor(named: "pixels")
            return (model, try model.forward(pixels), try SafetensorsFile(path: Fixtures.path("quantities/\(description).safetensors")))
        }
    }

    /// Registers and LayerScale; heads that pool; no square; no head; two class tokens; qk-norm and a gate; a head that reads class
    /// token and patches; cosines of a projection; a head that reads a map of tokens, a stem of convolutions, no norm before the head.
    static let subjects =
        ["registers_layerscale", "pooled_class_token", "pooled_no_class_token", "nonsquare_native", "hf_deit_distilled"]
        .map { Subject(description: $0) } + [Subject(description: "dino_keys", hasHead: false, hasLens: false)]
        + ["timm_extras", "hf_dinov2_registers", "hf_clip"].map { Subject(description: $0, folder: "families") }
        + ["vitb", "hybrid", "acr"].map { Subject(description: $0, folder: "published", hasLens: $0 == "acr") }

    static let targets: [ClassTarget] = [.logit(4), .logit(1), .difference(4, 1), .contrast(4), .contrast(2)]

    /// The values asked for, by place.
    private func values(
        _ identifier: String, _ trace: Trace, _ model: VisionTransformer, _ request: QuantityRequest
    ) throws -> [QuantityPlace: QuantityValue] {
        let quantity = try #require(Quantities.named(identifier))
        #expect(quantity.obstacle(for: model.configuration) == nil)
        var found: [QuantityPlace: QuantityValue] = [:]
        var layers: [Int] = []
        try quantity.values(of: trace, model: model, request: request, isCancelled: { false }) { place, value in
            #expect(found.updateValue(value, forKey: place) == nil, "\(identifier) gave \(place) twice")
            if let layer = place.layer, layers.last != layer { layers.append(layer) }
        }
        #expect(layers.isEmpty || layers == request.layers.reversed(), "the last layer first")
        return found
    }

    private func queries(_ expected: SafetensorsFile, _ trace: Trace) throws -> [QueryToken] {
        try expected.integers(named: "queries").map {
            $0 < 0 ? .picture : $0 < trace.prefixTokens ? .prefix($0) : .patch($0 - trace.prefixTokens)
        }
    }

    /// Compares all maps with `[targets, layers, queries, 1 + heads, patches]`, whose first head is the mean; without an axis of the
    /// quantity its extent is 1. Deviations are shares of the largest value of a target and layer, or of their `scales`; where logits
    /// are subtracted, of the largest of all targets.
    private func compare(
        _ identifier: String, _ trace: Trace, _ model: VisionTransformer, _ expected: Tensor, queries: [QueryToken], targets: [ClassTarget] = [],
        start: Int = 0, scales: [Float]? = nil
    ) throws {
        let axes = try #require(Quantities.named(identifier)).axes
        let depth = trace.depth, heads = axes.contains(.head) ? model.configuration.heads + 1 : 1
        let size = trace.grid.height * trace.grid.width, rows = max(targets.count, 1)
        #expect(expected.count == rows * depth * queries.count * heads * size)
        let all = expected.values
        for (number, query) in queries.enumerated() {
            var found = try values(
                identifier, trace, model, QuantityRequest(targets: targets, layers: 0...depth - 1, query: query, start: start))
            if heads > 1 {
                found.merge(try values(
                    identifier, trace, model,
                    QuantityRequest(targets: targets, layers: 0...depth - 1, heads: .each, query: query, start: start))) { $1 }
            }
            #expect(found.count == rows * depth * heads)
            for target in 0..<rows {
                for layer in 0..<depth {
                    let block = queries.count * heads * size
                    let terms = targets.isEmpty || target < 2 ? target...target : 0...rows - 1
                    let scale = scales?[target * depth + layer] ?? terms.reduce(Float(0)) { largest, term in
                        let first = (term * depth + layer) * block
                        return all[first..<first + block].reduce(largest) { max($0, abs($1)) }
                    }
                    for head in 0..<heads {
                        let place = QuantityPlace(target: target, layer: layer, head: head == 0 ? nil : head - 1)
                        guard case .map(let map)? = found[place] else {
                            Issue.record("\(identifier): no map at \(place)")
                            continue
                        }
                        let first = (((target * depth + layer) * queries.count + number) * heads + head) * size
                        #expect(map.rows == trace.grid.height && map.columns == trace.grid.width)
                        let difference = zip(map.values, all[first..<first + size]).reduce(Float(0)) {
                            $1.0.isFinite ? max($0, abs($1.0 - $1.1)) : .infinity
                        }
                        #expect(difference <= 2e-5 * scale, "\(identifier) at \(place), \(query), of \(scale)")
                    }
                }
            }
        }
    }

    @Test(arguments: subjects, OracleTests.Way.all)
    func mapsWithoutAClass(_ subject: Subject, _ way: OracleTests.Way) throws {
        let (model, trace, expected) = try subject.prepared(way)
        let queries = try queries(expected, trace)
        let whole = try model.complete(trace)
        #expect(whole.isComplete && trace.isComplete == false)
        #expect(try model.complete(whole) === whole)
        for trace in [trace, whole] {
            for identifier in ["attention", "attention-received", "key-similarity", "token-similarity"] {
                try compare(identifier, trace, model, try expected.tensor(named: identifier), queries: queries)
            }
            for identifier in ["token-norm", "eigencam"] {
                try compare(identifier, trace, model, try expected.tensor(named: identifier), queries: [.picture])
            }
            let rollout = try expected.tensor(named: "rollout")
            for start in 0..<2 {
                try compare("rollout", trace, model, rollout.rows(start..<start + 1), queries: queries, start: start)
            }
        }
    }

    @Test(arguments: subjects.filter(\.hasHead), OracleTests.Way.all)
    func mapsOfTargets(_ subject: Subject, _ way: OracleTests.Way) throws {
        let (model, trace, expected) = try subject.prepared(way)
        let queries = try queries(expected, trace)
        for trace in [trace, try model.complete(trace)] {
            for identifier in ["getam", "grad-attention", "grad", "grad-squared"] where expected.info(named: identifier) != nil {
                try compare(identifier, trace, model, try expected.tensor(named: identifier), queries: queries, targets: Self.targets)
            }
            // Terms of both signs cancel: of the largest.
            for identifier in ["cdam", "token-gradcam", "hirescam", "layercam", "gradcam++", "xgradcam", "attention-gradcam"] {
                try compare(
                    identifier, trace, model, try expected.tensor(named: identifier),
                    queries: identifier == "attention-gradcam" ? queries : [.picture], targets: Self.targets,
                    scales: try expected.tensor(named: "\(identifier).term").values)
            }
            for identifier in ["lens", "patch-cam", "legrad"] where expected.info(named: identifier) != nil {
                try compare(identifier, trace, model, try expected.tensor(named: identifier), queries: [.picture], targets: Self.targets)
            }
            for identifier in ["agcam", "head-weighted", "ts-cam"] where expected.info(named: identifier) != nil {
                try compare(identifier, trace, model, try expected.tensor(named: identifier), queries: queries, targets: Self.targets)
            }
            for identifier in ["gae", "gradient-rollout"] {
                let flow = try expected.tensor(named: identifier)
                for start in 0..<2 {
                    try compare(
                        identifier, trace, model, flow.rows(start..<start + 1), queries: queries, targets: Self.targets, start: start)
                }
            }
        }
    }

    /// Those of thousands of passes, or of the way down to the picture, of some models.
    @Test(arguments: subjects.filter { ["registers_layerscale", "pooled_no_class_token", "hf_deit_distilled", "timm_extras", "hf_clip", "vitb"].contains($0.description) })
    func mapsOfPictures(_ subject: Subject) throws {
        let (model, trace, expected) = try subject.prepared(OracleTests.Way.all[2])
        let (grid, depth) = (trace.grid, trace.depth), size = grid.height * grid.width
        for method in MapMethods.all.compactMap({ $0 as? any PictureMethod }) {
            let reference = try expected.tensor(named: method.identifier), values = reference.values
            let terms = try? expected.tensor(named: "\(method.identifier).term").values
            var told: [Int] = []
            var found: [QuantityPlace: PatchMap] = [:]
            let request = QuantityRequest(targets: Self.targets, layers: 0...depth - 1)
            try method.values(of: trace, model: model, request: request, isCancelled: { false }, progress: { told += [$0]; #expect($0 <= $1) }) {
                found[$0] = $1.map
            }
            #expect(told == told.sorted())
            #expect(reference.shape == [Self.targets.count, size] && found.count == Self.targets.count * depth)
            for target in Self.targets.indices {
                let due = values[target * size..<(target + 1) * size]
                let map = try #require(found[QuantityPlace(target: target, layer: 0)])
                #expect(found[QuantityPlace(target: target, layer: depth - 1)] == map)
                // Logits are subtracted in some targets: of the largest of all.
                let scale = max(values.reduce(0) { max($0, abs($1)) }, terms?[target] ?? 0)
                let difference = zip(map.values, due).reduce(Float(0)) { $1.0.isFinite ? max($0, abs($1.0 - $1.1)) : .infinity }
                #expect(difference <= 2e-5 * scale, "\(method.identifier), target \(target), of \(scale)")
            }
        }
    }

    @Test func aPictureMethodStopsWhereItIsTold() throws {
        let (model, trace, _) = try Self.subjects[0].prepared(OracleTests.Way.all[0])
        for method in MapMethods.all.compactMap({ $0 as? any PictureMethod }) where method.identifier != "input-gradient" {
            var asked = 0
            #expect(throws: CancellationError.self) {
                try method.values(
                    of: trace, model: model, request: QuantityRequest(targets: [.logit(1)], layers: 0...2),
                    isCancelled: { asked += 1; return asked > 2 }, each: { _, _ in Issue.record("no map of a part") })
            }
            #expect(asked == 3)
        }
    }

    /// No gradient goes through a stem of convolutions; what changes the picture does without.
    @Test func aStemRefusesGradientsOfThePicture() throws {
        let subject = try #require(Self.subjects.first { $0.description == "hybrid" })
        let (model, trace, _) = try subject.prepared(OracleTests.Way.all[0])
        let request = QuantityRequest(targets: [.logit(1)], layers: 3...3)
        for identifier in ["input-gradient", "integrated-gradients", "smoothgrad"] {
            let method = try #require(MapMethods.named(identifier))
            #expect(throws: ModelError.self) {
                try method.values(of: trace, model: model, request: request, isCancelled: { false }) { _, _ in }
            }
        }
        var maps = 0
        try Occlusion().values(of: trace, model: model, request: request, isCancelled: { false }) { _, _ in maps += 1 }
        #expect(maps == 1)
    }

    @Test(arguments: subjects, OracleTests.Way.all)
    func tablesClassesAndColors(_ subject: Subject, _ way: OracleTests.Way) throws {
        let (model, trace, expected) = try subject.prepared(way)
        let depth = trace.depth, heads = model.configuration.heads
        let size = trace.grid.height * trace.grid.width
        for (identifier, unit) in [("entropy", "nats"), ("distance", "pixels"), ("prefix-mass", "")] {
            if identifier == "prefix-mass", trace.prefixTokens == 0 {
                #expect(PrefixAttention().obstacle(for: model.configuration) != nil)
                continue
            }
            guard case .table(let table)? = try values(identifier, trace, model, QuantityRequest(layers: 0...depth - 1))[QuantityPlace()]
            else { throw ModelError.notFinite }
            #expect(table.columns == (0..<heads).map { "head \($0)" } && table.unit == unit && table.rows.count == depth)
            let reference = try expected.tensor(named: identifier).values
            for (layer, row) in table.rows.enumerated() {
                #expect(relativeDeviation(row, reference[layer * heads..<(layer + 1) * heads]) < 2e-5, "\(identifier) in layer \(layer)")
            }
            // Layers that are not asked for have no numbers.
            guard case .table(let last)? = try values(identifier, trace, model, QuantityRequest(layers: depth - 1...depth - 1))[QuantityPlace()]
            else { throw ModelError.notFinite }
            #expect(last.rows.last == table.rows.last && last.rows.dropLast().allSatisfy { $0.allSatisfy(\.isNaN) })
        }
        let colors = try expected.tensor(named: "pca").values
        for (place, value) in try values("pca", trace, model, QuantityRequest(layers: 0...depth - 1)) {
            guard case .colors(let found) = value, let layer = place.layer else { throw ModelError.notFinite }
            // A color is a whole number, so that one between two may fall to either.
            for (sample, reference) in zip(found.samples, colors[layer * size * 3..<(layer + 1) * size * 3]) {
                #expect(abs(Float(sample) - reference) < 0.51, "layer \(layer)")
            }
        }
        for identifier in ["lens", "lens-class", "lens-curve", "patch-cam", "ts-cam"] {
            #expect((Quantities.named(identifier)?.obstacle(for: model.configuration) == nil) == subject.hasLens, "\(identifier)")
        }
        guard subject.hasLens else { return }
        let classes = try expected.tensor(named: "lens-class").values
        for (place, value) in try values("lens-class", trace, model, QuantityRequest(layers: 0...depth - 1)) {
            guard case .classes(let found) = value, let layer = place.layer else { throw ModelError.notFinite }
            #expect(found.classes.map(Float.init) == Array(classes[layer * size..<(layer + 1) * size]), "layer \(layer)")
        }
        let curves = try expected.tensor(named: "lens-curve").values
        for (place, value) in try values("lens-curve", trace, model, QuantityRequest(targets: Self.targets, layers: 0...depth - 1)) {
            guard case .table(let found) = value else { throw ModelError.notFinite }
            #expect(found.columns == ["logit"])
            #expect(relativeDeviation(found.rows.map { $0[0] }, curves[place.target * depth..<(place.target + 1) * depth]) < 2e-5)
        }
    }
}
