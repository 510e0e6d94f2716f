import Attribution
import Checkpoints
import Quality
import Tensors
import Testing
import TestSupport
import VisionTransformer

/// Cascading randomization, and the bootstrap.
@Suite struct SanityTests {
    private func names(_ parameters: ParameterSet) -> [String: [Float]] {
        Dictionary(parameters.namedTensors.map { ($0.name, $0.tensor.values) }, uniquingKeysWith: { first, _ in first })
    }

    @Test(arguments: ["bf16", "registers_layerscale", "hf_deit_distilled", "pooled_no_class_token"])
    func partsAreRandomizedFromTheHeadDown(_ name: String) throws {
        let parameters = try ModelLoader.load(path: Fixtures.path("models/\(name)")).parameters
        let cascade = ParameterCascade(parameters, seed: 3), depth = parameters.blocks.count
        #expect(cascade.steps.map(\.part) == ["head"] + (0..<depth).reversed().map { "block \($0)" } + ["embedding"])
        var before = names(parameters)
        for step in cascade.steps {
            let after = names(step.parameters)
            #expect(after.keys == before.keys)
            var changed: [String] = []
            for (name, values) in after where values != before[name] {
                // The same values in another order.
                #expect(values.sorted() == before[name]?.sorted(), "\(name)")
                changed.append(name)
            }
            let weights = changed.filter { $0.hasSuffix("weight") || ["prefix tokens", "position embedding"].contains($0) }
            #expect(!weights.isEmpty)
            if step.part.hasPrefix("block") { #expect(changed.allSatisfy { $0.hasPrefix(step.part + " ") }, "\(changed)") }
            before = after
        }
        // In the end everything that has two values is in another order.
        for (name, values) in names(parameters) where Set(values).count > 8 { #expect(before[name] != values, "\(name)") }
        let again = ParameterCascade(parameters, seed: 3), other = ParameterCascade(parameters, seed: 4)
        #expect(zip(again.steps, cascade.steps).allSatisfy { names($0.parameters) == names($1.parameters) })
        #expect(names(other.steps[0].parameters) != names(cascade.steps[0].parameters))
    }

    @Test func mapsThatDependOnTheModelChange() throws {
        let picture = try QualityFixture.picture("bf16"), model = picture.model
        let models = ParameterCascade(model.parameters, seed: 1).steps.map { VisionTransformer($0.parameters, compute: model.compute) }
        let layers = 2...3
        @Sendable func map(_ model: VisionTransformer) throws -> PatchMap {
            let trace = try model.forward(picture.pixels)
            return try #require(PatchMap.sum(model.layerMaps(of: trace, classes: [2], method: GETAM(), layers: layers)[0]))
        }
        let own = try map(model), check = SanityCheck(models: models) { model in try map(model) }
        let correlations = try check.correlations(of: own)
        #expect(correlations.count == models.count && correlations.allSatisfy { abs($0) <= 1 })
        #expect(try abs(#require(correlations.last)) < 0.6)
        let expected = try models.map { RankCorrelation.spearman(own.values, try map($0).values) }
        #expect(correlations == expected)
        let subject = QualitySubject(map: own, class: 2, picture: picture, sanity: check)
        let mean = try Sanity().value(of: subject)
        #expect(abs(mean - correlations.reduce(0, +) / Double(correlations.count)) < 1e-12 && mean < 0.9)
        // A map of the picture alone stays.
        let still = SanityCheck(models: models) { _ in own }
        #expect(try Sanity().value(of: QualitySubject(map: own, class: 2, picture: picture, sanity: still)) > 1 - 1e-12)
        #expect(throws: QualityError.self) { try Sanity().value(of: QualitySubject(map: own, class: 2, picture: picture)) }
    }

    @Test func theBootstrapIsThatOfTheMean() throws {
        var random = SplitMix(seed: 9)
        let values = (0..<400).map { _ in [Double.random(in: 0...1, using: &random)] }
        let interval = try #require(BootstrapInterval(values, seed: 0))
        let mean = values.reduce(0) { $0 + $1[0] } / 400
        let deviation = (values.reduce(0) { $0 + ($1[0] - mean) * ($1[0] - mean) } / 400).squareRoot()
        #expect(abs(interval.mean - mean) < 1e-12 && interval.count == 400)
        // Of many values the mean is normal: 1.96 deviations to either side.
        #expect(abs(interval.low - (mean - 1.96 * deviation / 20)) < 0.15 * deviation / 20)
        #expect(abs(interval.high - (mean + 1.96 * deviation / 20)) < 0.15 * deviation / 20)
        #expect(BootstrapInterval(values, seed: 0) == interval && BootstrapInterval(values, seed: 1) != interval)
        // Values of one picture go together: twice the same says nothing new.
        let doubled = try #require(BootstrapInterval(values.map { $0 + $0 }, seed: 0))
        #expect(abs(doubled.low - interval.low) < 1e-12 && doubled.count == 800)
        let same = try #require(BootstrapInterval([[0.5], [0.5, 0.5], []], seed: 0))
        #expect(same.mean == 0.5 && same.low == 0.5 && same.high == 0.5)
        #expect(BootstrapInterval([[], []], seed: 0) == nil && BootstrapInterval([], seed: 0) == nil)
    }
}
