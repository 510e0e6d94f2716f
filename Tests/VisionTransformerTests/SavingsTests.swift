import Checkpoints
import Tensors
import Testing
import TestSupport
import VisionTransformer

/// Each way of leaving work out, on its own and all but it, beside the plain computation.
@Suite struct SavingsTests {
    static let savings: [ExactSavings] = [.readoutTokens, .lowestRow, [.lowestRow, .rowAbove], .headScratch]

    struct Pass {
        var logits: [Float] = []
        /// Row 0 of attention and gradient of all heads, by layer and class as visited.
        var attention: [[Float]] = [], gradient: [[Float]] = []
        var forwardOperations = 0.0, backwardOperations = 0.0
    }

    func pass(_ name: String, _ savings: ExactSavings, downTo lowest: Int, classes: [Int], threads: Int = 1) throws -> Pass {
        let folder = Fixtures.path("models/\(name)")
        let meter = ProductMeter()
        let compute = Compute(product: MatrixProduct().metered(by: meter), pool: ThreadPool(threads: threads))
        let model = VisionTransformer(try ModelLoader.load(path: folder).parameters, compute: compute, savings: savings)
        var result = Pass()
        let trace = try model.forward(SafetensorsFile(path: "\(folder)/expected.safetensors").tensor(named: "pixels"))
        result.logits = trace.logits
        result.forwardOperations = meter.total.operations
        meter.reset()
        try model.attentionGradients(of: trace, classes: classes, downTo: lowest) { gradient in
            #expect(gradient.rows == 0..<1)
            result.attention.append((0..<gradient.heads).flatMap { Array(gradient.attention(head: $0, row: 0)) })
            result.gradient.append((0..<gradient.heads).flatMap { Array(gradient.gradient(head: $0, row: 0)) })
        }
        result.backwardOperations = meter.total.operations
        return result
    }

    static let models = ["hf_quick_gelu", "hf_deit_distilled", "registers_layerscale", "pooled_class_token"]

    @Test(arguments: models)
    func eachAgreesWithThePlainComputation(_ name: String) throws {
        for lowest in 0...1 {
            let plain = try pass(name, [], downTo: lowest, classes: [1, 0])
            for saving in Self.savings {
                for chosen in [saving, ExactSavings.all.subtracting(saving), .all] {
                    let saved = try pass(name, chosen, downTo: lowest, classes: [1, 0], threads: 2)
                    #expect(relativeDeviation(saved.logits, plain.logits) < 5e-6)
                    #expect(saved.gradient.count == plain.gradient.count)
                    for (found, expected) in zip(saved.attention, plain.attention) {
                        #expect(relativeDeviation(found, expected) < 5e-6, "attention, \(chosen)")
                    }
                    for (found, expected) in zip(saved.gradient, plain.gradient) {
                        #expect(relativeDeviation(found, expected) < 5e-6, "gradient, \(chosen)")
                    }
                }
            }
        }
    }

    @Test func eachLeavesWorkOut() throws {
        let name = "hf_quick_gelu"
        func operations(_ savings: ExactSavings) throws -> (forward: Double, backward: Double) {
            let pass = try pass(name, savings, downTo: 0, classes: [0])
            return (pass.forwardOperations, pass.backwardOperations)
        }
        let plain = try operations([]), readout = try operations(.readoutTokens)
        #expect(readout.forward < plain.forward && readout.backward < plain.backward)
        let lowest = try operations(.lowestRow), above = try operations([.lowestRow, .rowAbove])
        #expect(lowest.forward == plain.forward && lowest.backward < plain.backward)
        #expect(above.backward < lowest.backward)
        // Alone it has nothing to hand on, and changes nothing.
        #expect(try operations(.rowAbove) == plain)
        // Scratch saves memory, not operations.
        #expect(try operations(.headScratch) == plain)
    }

    /// Classes that go back together share every weight that is read, and nothing else.
    @Test(arguments: models)
    func classesTogetherAreAsAlone(_ name: String) throws {
        let together = try pass(name, .all, downTo: 0, classes: [2, 0, 1])
        for (position, index) in [2, 0, 1].enumerated() {
            let alone = try pass(name, .all, downTo: 0, classes: [index])
            for (layer, gradient) in alone.gradient.enumerated() {
                #expect(relativeDeviation(together.gradient[layer * 3 + position], gradient) < 5e-6)
            }
        }
    }

    /// A start layer leaves out the layers below it and changes nothing above.
    @Test(arguments: models)
    func aStartLayerChangesNothingAbove(_ name: String) throws {
        let whole = try pass(name, .all, downTo: 0, classes: [0]), part = try pass(name, .all, downTo: 1, classes: [0])
        #expect(part.backwardOperations < whole.backwardOperations)
        #expect(part.gradient.count == whole.gradient.count - 1)
        for (found, expected) in zip(part.gradient, whole.gradient) { #expect(relativeDeviation(found, expected) < 5e-6) }
    }
}
