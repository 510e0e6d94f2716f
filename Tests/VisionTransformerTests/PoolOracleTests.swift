import Attribution
import Checkpoints
import Testing
import TestSupport
import Tensors
import VisionTransformer

/// The attention of pools, its gradients and maps against float64 autograd (Tests/Fixtures/make_pools.py).
@Suite struct PoolOracleTests {
    private func prepared(_ name: String) throws -> (VisionTransformer, Trace, classes: [Int]) {
        let expected = try SafetensorsFile(path: Fixtures.path("families/\(name)/expected.safetensors"))
        let model = VisionTransformer(
            try FamilyOracleTests.load(name).parameters, compute: Compute(product: MatrixProduct(), pool: ThreadPool(threads: 2)))
        return (model, try model.forward(try expected.tensor(named: "pixels")), try expected.integers(named: "classes"))
    }

    /// Every row of `expected` within 2e-5 of its largest value; a map of one head is zero where that speaks against the class alone.
    private func compare(_ found: [[Float]], _ expected: Tensor, _ what: String) {
        #expect(expected.values.contains { $0 > 0 })
        let size = found[0].count
        #expect(expected.count == found.count * size, "\(what): \(expected.shape)")
        for (number, values) in found.enumerated() where (number + 1) * size <= expected.count {
            let row = Array(expected.values[number * size..<(number + 1) * size]), scale = row.map(abs).max() ?? 0
            let difference = zip(values, row).map { $0.isFinite ? abs($0 - $1) : .infinity }.max() ?? .infinity
            #expect(difference <= 2e-5 * scale, "\(what), row \(number): \(difference) of \(scale)")
        }
    }

    @Test(arguments: ["timm_siglip", "timm_map_registers", "pe_core", "hf_siglip", "coca"])
    func agreesWithAutograd(_ name: String) throws {
        let (model, trace, classes) = try prepared(name)
        let oracle = try SafetensorsFile(path: Fixtures.path("pools.safetensors"))
        let attention = try #require(model.withPoolAttention(of: trace) { attention in
            (0..<attention.heads).map { Array(attention.row(0, head: $0)) }
        })
        compare(attention, try oracle.tensor(named: "\(name).attention"), "attention")
        var gradients: [[Float]] = []
        try model.poolGradients(of: trace, from: .classes(classes)) { gradient in
            #expect(gradient.layer == trace.depth && gradient.classIndex == classes[gradient.position] && gradient.rows == 0..<1)
            gradients += (0..<gradient.heads).map { Array(gradient.gradient(head: $0, row: 0)) }
        }
        compare(gradients, try oracle.tensor(named: "\(name).gradient"), "gradient")

        for method in [PoolAttention(), PoolGETAM()] as [any MapMethod] {
            #expect(method.obstacle(for: model.configuration) == nil)
            #expect(method.headCount(of: model.configuration) == attention.count && GETAM().headCount(of: model.configuration) == 2)
            var maps: [QuantityPlace: PatchMap] = [:]
            for heads in [HeadSelection.mean, .each] {
                let request = QuantityRequest(targets: classes.map { .logit($0) }, layers: 0...trace.depth - 1, heads: heads)
                try method.values(of: trace, model: model, request: request, isCancelled: { false }) { maps[$0] = $1.map }
            }
            for layer in 0..<trace.depth {
                let places = (method.needsClass ? Array(classes.indices) : [0]).flatMap { target in
                    (-1..<attention.count).map { QuantityPlace(target: target, layer: layer, head: $0 < 0 ? nil : $0) }
                }
                compare(places.map { maps[$0]?.values ?? [] }, try oracle.tensor(named: "\(name).\(method.identifier)"), method.identifier)
            }
            #expect(maps.count == trace.depth * (1 + attention.count) * (method.needsClass ? classes.count : 1))
            let beyond = QuantityRequest(targets: [.logit(0)], layers: 0...0, heads: .one(attention.count))
            #expect(throws: ModelError.headOutOfRange(attention.count, count: attention.count)) {
                try method.values(of: trace, model: model, request: beyond, isCancelled: { false }) { _, _ in }
            }
        }
    }

    /// Without a pool the maps say why they are not there; asked all the same they throw.
    @Test func modelsWithoutAPool() throws {
        let model = VisionTransformer(
            try FamilyOracleTests.load("hf_clip").parameters, compute: Compute(product: MatrixProduct(), pool: ThreadPool(threads: 1)))
        let pixels = try SafetensorsFile(path: Fixtures.path("families/hf_clip/expected.safetensors")).tensor(named: "pixels")
        let trace = try model.forward(pixels), request = QuantityRequest(targets: [.logit(0)], layers: 0...0)
        for method in [PoolAttention(), PoolGETAM()] as [any MapMethod] {
            #expect(method.obstacle(for: model.configuration)?.hasPrefix("the model's head does not pool by attention") == true)
            #expect(throws: ModelError.self) {
                try method.values(of: trace, model: model, request: request, isCancelled: { false }) { _, _ in }
            }
        }
    }
}
