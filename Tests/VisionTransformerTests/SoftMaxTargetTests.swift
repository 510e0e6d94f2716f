@testable import Attribution
import Checkpoints
import Tensors
import Testing
import TestSupport
import VisionTransformer

/// A class's probability among some classes and the background's words, against float64 autograd (Tests/Fixtures/make_soft_max.py).
@Suite struct SoftMaxTargetTests {
    static let targets: [ClassTarget] = [
        .softMax(4, among: []), .softMax(2, among: [1, 2, 4]), .softMax(1, among: [1]), .softMax(0, among: [3]),
    ]
    private let expected: SafetensorsFile
    private let plain: ParameterSet
    private let parameters: ParameterSet
    private let pixels: Tensor

    init() throws {
        expected = try SafetensorsFile(path: Fixtures.path("soft_max.safetensors"))
        plain = try FamilyOracleTests.load("hf_clip").parameters
        var whole = plain
        whole.background = .init(weight: try expected.tensor(named: "background"), bias: nil)
        parameters = whole
        pixels = try SafetensorsFile(path: Fixtures.path("families/hf_clip/expected.safetensors")).tensor(named: "pixels")
    }

    @Test(arguments: OracleTests.Way.all) func mapsAndValues(_ way: OracleTests.Way) throws {
        let model = VisionTransformer(parameters, compute: way.compute, savings: way.savings)
        let trace = try model.forward(pixels), size = trace.grid.height * trace.grid.width
        #expect(trace.logits.count == 5 && trace.backgroundLogits.count == 5)
        // What the words are to the soft-max they are to nothing else.
        #expect(try VisionTransformer(plain, compute: way.compute, savings: way.savings).forward(pixels).logits == trace.logits)
        let values = try expected.tensor(named: "value").values, rows = try expected.tensor(named: "derivatives").values
        for (place, target) in Self.targets.enumerated() {
            #expect(abs(Float(try target.value(of: trace)) - values[2 * place]) < 2e-5 * values[2 * place])
            let found = try target.derivatives(trace.logits, background: trace.backgroundLogits)
            #expect(relativeDeviation(found, Array(rows[place * 10..<place * 10 + 10])) < 2e-5)
        }
        for method in [GETAM(), TokenGradCAM()] as [any ClassMethod] {
            let maps = try expected.tensor(named: method.identifier).values
            try model.layerMaps(of: trace, targets: Self.targets, method: method, downTo: 0) { found in
                let first = (found.position * trace.depth + found.layer) * size
                #expect(relativeDeviation(found.map.values, Array(maps[first..<first + size])) < 2e-5, "\(method.identifier) \(found.position) \(found.layer)")
            }
            // Beside a logit, whose derivatives by the words are none.
            var alone: [PatchMap] = [], beside: [PatchMap] = []
            try model.layerMaps(of: trace, targets: [.logit(3)], method: method, downTo: 0) { alone.append($0.map) }
            try model.layerMaps(of: trace, targets: [.softMax(3, among: []), .logit(3)], method: method, downTo: 0) {
                if $0.position == 1 { beside.append($0.map) }
            }
            for (one, other) in zip(alone, beside) { #expect(relativeDeviation(one.values, other.values) < 2e-5) }
        }
    }

    @Test func withoutABackground() throws {
        let trace = try VisionTransformer(plain, compute: OracleTests.Way.all[0].compute).forward(pixels)
        let values = try expected.tensor(named: "value").values, rows = try expected.tensor(named: "derivatives.plain").values
        for (place, target) in Self.targets.enumerated() {
            let due = Array(rows[place * 5..<place * 5 + 5])
            if place == 2 {
                // There is nothing to tell a single class from.
                #expect(due == [0, 0, 0, 0, 0] && values[2 * place + 1] == 1)
                #expect(throws: ModelError.self) { try target.derivatives(trace.logits) }
                continue
            }
            #expect(abs(Float(try target.value(of: trace)) - values[2 * place + 1]) < 2e-5 * values[2 * place + 1])
            #expect(relativeDeviation(try target.derivatives(trace.logits), due) < 2e-5)
        }
    }

    /// Where the class has nearly all, its derivative is what the others have, not the rounding of one less nearly one.
    @Test func nearlyOne() throws {
        let row = try ClassTarget.softMax(0, among: []).derivatives([40, 0, -1])
        let due = [4.24835e-18 * 1.3678794, -4.24835e-18, -1.562882e-18].map { Float($0) }
        #expect(relativeDeviation(row, due) < 1e-4)
    }

    @Test func whatIsNoSumOfLogitsIsRefused() throws {
        let model = VisionTransformer(parameters, compute: OracleTests.Way.all[0].compute), trace = try model.forward(pixels)
        let request = QuantityRequest(targets: [.softMax(1, among: [])], layers: 0...1)
        #expect(Quantities.all.filter(\.sumsLogits).count == 5)
        for identifier in ["patch-cam", "ts-cam", "lens", "lens-curve", "logit-attribution"] {
            let quantity = try #require(Quantities.named(identifier))
            #expect(throws: ModelError.self) { try quantity.values(of: trace, model: model, request: request, isCancelled: { false }) { _, _ in } }
            #expect(quantity.sumsLogits)
        }
        for target in [ClassTarget.softMax(5, among: []), .softMax(1, among: [1, 5]), .softMax(-1, among: [])] {
            #expect(throws: ModelError.self) { try model.layerMaps(of: trace, targets: [target], method: GETAM(), downTo: 0) { _ in } }
        }
        // Other rows than the classes' and the words'.
        #expect(throws: ModelError.self) {
            try model.backward(
                trace, from: Cotangents(logits: .values(Tensor(shape: [1, 7]))), wanting: BackwardWants(attentionDownTo: 0), isCancelled: { false },
                visitAttention: { _ in })
        }
    }

    /// Every other method follows it: the way back is the same for all, and passes over changed pictures ask for its value.
    @Test func allOtherMethodsHaveMaps() throws {
        let model = VisionTransformer(parameters, compute: OracleTests.Way.all[0].compute), trace = try model.forward(pixels)
        for method in MapMethods.all.compactMap({ $0 as? any ClassMethod })
        where !method.sumsLogits && !["rise", "vit-cx", "smoothgrad"].contains(method.identifier) && method.obstacle(for: model.configuration) == nil {
            var count = 0
            try method.values(
                of: trace, model: model, request: QuantityRequest(targets: Self.targets, layers: 0...1), isCancelled: { false }
            ) { place, value in
                count += 1
                if case .map(let map) = value { #expect(!map.values.contains { !$0.isFinite }) }
            }
            #expect(count == 8, "\(method.identifier)")
        }
    }

    /// The layers that WeCLIP's refinement module keeps, and what their attention becomes.
    @Test(arguments: OracleTests.Way.all) func layersAreChosen(_ way: OracleTests.Way) throws {
        let model = VisionTransformer(parameters, compute: way.compute, savings: way.savings), trace = try model.forward(pixels)
        let affinity = PatchAffinityMatrix(patches: 16, values: try expected.tensor(named: "affinity").values)
        let values = try expected.tensor(named: "token-gradcam").values
        let maps = [PatchMap(rows: 4, columns: 4, values: Array(values[16..<32]))]
        let found = ClassAwareAffinity(selects: true).refine(maps, trace: trace, model: model)
        let due = ClassAwareAffinity().refine(maps, affinity: affinity, compute: way.compute)
        #expect(relativeDeviation(found[0].values, due[0].values) < 2e-5 && found != ClassAwareAffinity().refine(maps, trace: trace, model: model))
        #expect(ClassAwareAffinity.chosen(of: [3, 1, 2]) == [0, 2] && ClassAwareAffinity.chosen(of: [0.1, 0.1, 0.1]) == [0, 1, 2])
    }
}
