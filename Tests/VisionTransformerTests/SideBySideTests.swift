import Attribution
import Checkpoints
import Foundation
import Tensors
import Testing
import TestSupport
import VisionTransformer

/// Attention beside the MLP, several attentions side by side, the difference of two soft-maxes, keys and values that heads share: what
/// autograd's fixtures (`attention_beside`, `attentions_beside`) say nothing of.
@Suite struct SideBySideTests {
    static let fixtures = ["attention_beside", "attentions_beside"]
    private let compute = Compute(product: MatrixProduct(), pool: ThreadPool(threads: 2))

    private func model(_ name: String) throws -> (model: VisionTransformer, pixels: Tensor) {
        let pixels = try SafetensorsFile(path: Fixtures.path("families/\(name)/expected.safetensors")).tensor(named: "pixels")
        return (VisionTransformer(try FamilyOracleTests.load(name).parameters, compute: compute), pixels)
    }

    private func deviation(_ a: [Float], _ b: [Float]) -> Float {
        zip(a, b).map { abs($0 - $1) }.max()! / b.map(abs).max()!
    }

    @Test func configurationsSayWhatBlocksHave() throws {
        let difference = try FamilyOracleTests.load("attention_beside"), several = try FamilyOracleTests.load("attentions_beside")
        #expect(difference.configuration.isParallel && difference.configuration.isDifferential && difference.configuration.heads == 3)
        #expect(several.configuration.attentions == 2 && several.configuration.heads == 4 && several.configuration.headWidth == 4)
        #expect(ModelReport(difference).text.contains(", side by side with the MLP, each the difference of two soft-maxes"))
        #expect(ModelReport(several).text.contains("those of 2 attentions side by side"))
    }

    /// Every parameter of the file counts once, whatever was made of it.
    @Test(arguments: fixtures) func parametersAreTheFiles(_ name: String) throws {
        let loaded = try FamilyOracleTests.load(name)
        #expect(loaded.parameters.parameterCount == loaded.tensors.reduce(0) { $0 + $1.shape.reduce(1, *) })
    }

    @Test(arguments: fixtures) func partsAddUpToALogit(_ name: String) throws {
        let (model, pixels) = try model(name)
        for ablations in [HeadAblations.none, HeadAblations([.init(layer: 0, head: 1): .mean, .init(layer: 1, head: 0): .zero])] {
            let trace = try model.forward(pixels, options: ForwardOptions(ablations: ablations))
            let parts = try model.directContributions(of: trace, to: .classes([0, 3]))
            #expect(deviation(parts.map(\.sum), [trace.logits[0], trace.logits[3]]) < 2e-5)
            #expect(parts[0].heads.allSatisfy { $0.count == model.configuration.heads })
        }
    }

    /// A head that gives zeros is one whose part of the projection is zero; what is shared with the pass before changes nothing.
    @Test(arguments: fixtures) func headsAreTakenOut(_ name: String) throws {
        let (model, pixels) = try model(name)
        let trace = try model.forward(pixels), configuration = model.configuration
        for layer in 0..<configuration.depth {
            let head = configuration.heads - 1, ablations = HeadAblations([.init(layer: layer, head: head): .zero])
            var parameters = model.parameters
            let weight = parameters.blocks[layer].projection.weight, columns = weight.shape[1]
            parameters.blocks[layer].projection.weight = Tensor(shape: weight.shape, weight.values.enumerated().map { index, value in
                index % columns / configuration.headWidth == head ? 0 : value
            })
            let expected = try VisionTransformer(parameters, compute: compute).forward(pixels).logits
            let whole = try model.forward(pixels, options: ForwardOptions(ablations: ablations))
            #expect(deviation(whole.logits, expected) < 2e-5)
            #expect(deviation(try model.forward(trace, ablating: ablations).logits, expected) < 2e-5)
            #expect(try model.logits(of: pixels, under: Intervention(heads: ablations)) == whole.logits)
        }
    }

    /// In the direction of its gradient a logit grows by the gradient's square.
    @Test(arguments: fixtures) func gradientsReachThePixels(_ name: String) throws {
        let (model, pixels) = try model(name)
        for ablations in [HeadAblations.none, HeadAblations([.init(layer: 1, head: 1): .mean])] {
            let options = ForwardOptions(ablations: ablations)
            let gradient = try model.pixelGradient(of: model.forward(pixels, options: options), from: Cotangents(logits: .classes([2])))
            let square = gradient.values.reduce(0.0) { $0 + Double($1) * Double($1) }, step = 0.004 / square.squareRoot()
            func logit(_ sign: Double) throws -> Double {
                let moved = zip(pixels.values, gradient.values).map { $0 + Float(sign * step * Double($1)) }
                return Double(try model.forward(Tensor(shape: pixels.shape, moved), options: options).logits[2])
            }
            let rise = (try logit(1) - logit(-1)) / (2 * step)
            #expect(square > 0 && abs(rise - square) < 5e-3 * square, "\(rise) and \(square)")
        }
    }

    /// What is made of a file's tensors has no gradients of theirs: that is said, and nothing is written either.
    @Test(arguments: [("attention_beside", "differential attention"), ("attentions_beside", "several attentions side by side")])
    func trainingIsRefused(_ name: String, _ kind: String) throws {
        let (model, pixels) = try model(name)
        let trace = try model.forward(pixels, options: .training), sums = ParameterArena(zerosLike: model.parameters)
        let error = #expect(throws: ModelError.self) {
            try model.backward(trace, from: Cotangents(logits: .classes([2])), wanting: BackwardWants(parameters: sums))
        }
        #expect("\(error!)".contains(kind))
        let refusal = #expect(throws: (any Error).self) { try TimmWriter(model.parameters, path: "x") }
        #expect("\(refusal!)".contains(kind))
    }

    /// A difference of two soft-maxes is no share of one: what would call it that is not offered.
    @Test func whatReadsSharesRefuses() throws {
        let (model, pixels) = try model("attention_beside")
        let configuration = model.configuration
        for identifier in ["rollout", "agcam"] {
            #expect(MapMethods.named(identifier)?.obstacle(for: configuration)?.contains("difference of two soft-maxes") == true)
        }
        for quantity in ["entropy", "distance", "prefix-mass"] {
            #expect(Quantities.named(quantity)?.obstacle(for: configuration)?.contains("difference of two soft-maxes") == true)
        }
        let method = try #require(MapMethods.named("agcam"))
        #expect(throws: ModelError.self) {
            try method.values(
                of: model.forward(pixels), model: model, request: QuantityRequest(targets: [.logit(0)], layers: 0...1),
                isCancelled: { false }, each: { _, _ in })
        }
        let several = try FamilyOracleTests.load("attentions_beside").configuration
        #expect(MapMethods.named("rollout")?.obstacle(for: several) == nil)
        let trace = try model.forward(pixels), affinity = model.patchAffinity(trace, layers: 0...1)
        #expect(affinity.values.allSatisfy { $0 >= 0 && $0.isFinite })
        let rows = model.meanAttention(trace, layer: 0, rows: 0..<trace.tokens, heads: 0..<1).rows(0..<1).values
        let share = try #require(model.parameters.blocks[0].differential?.share)
        #expect(abs(rows.reduce(0, +) - (1 - share)) < 1e-5)
    }

    /// Keys and values that heads share are those of each: a file that has them once is one that has them for every head.
    @Test func keysAndValuesAreShared() throws {
        let path = Fixtures.path("families/eva02_clip"), source = try SafetensorsFile(path: path + "/model.safetensors")
        func load(repeated: Bool) throws -> LoadedModel {
            var writer = SafetensorsWriter()
            for info in source.tensors {
                var tensor = try source.tensor(named: info.name)
                if info.name.contains(".k_proj.") || info.name.contains(".v_proj.") {
                    let half = tensor.rows(0..<tensor.shape[0] / 2)
                    tensor = repeated ? Tensor(shape: tensor.shape, half.values + half.values) : half
                }
                writer.add(info.name, tensor.shape, tensor.values)
            }
            let folder = try TemporaryFolder()
            try folder.write(writer.file(), "model.safetensors")
            try folder.write(String(contentsOfFile: path + "/config.json", encoding: .utf8), "config.json")
            return try ModelLoader.load(path: folder.path)
        }
        let shared = try load(repeated: false), repeated = try load(repeated: true)
        #expect(shared.configuration.sharesKeys && !repeated.configuration.sharesKeys)
        #expect(shared.parameters.parameterCount < repeated.parameters.parameterCount)
        #expect(shared.parameters.parameterCount == shared.tensors.reduce(0) { $0 + $1.shape.reduce(1, *) })
        #expect(shared.configuration.parameterObstacle == "keys and values that heads share")
        let pixels = try SafetensorsFile(path: path + "/expected.safetensors").tensor(named: "pixels")
        var found: [[Float]] = []
        for parameters in [shared.parameters, repeated.parameters] {
            let model = VisionTransformer(parameters, compute: compute), trace = try model.forward(pixels)
            var values = trace.logits
            try model.attentionGradients(of: trace, classes: [2], downTo: 0, rows: .all) { gradient in
                for head in 0..<gradient.heads {
                    for row in gradient.rows {
                        values += gradient.attention(head: head, row: row)
                        values += gradient.gradient(head: head, row: row)
                    }
                }
            }
            found.append(values)
        }
        #expect(found[0] == found[1])
    }
}
