import Attribution
import Checkpoints
import Tensors
import Testing
import TestSupport
import VisionTransformer

@Suite struct PatchAffinityTests {
    /// Both ways of running the last block, so that completing it is compared with having it.
    @Test(arguments: ["registers_layerscale", "pooled_class_token"], [true, false])
    func agreesWithAutogradsAttention(_ name: String, savesWork: Bool) throws {
        let file = try RefinementFixture.read("affinity")
        let folder = Fixtures.path("models/\(name)")
        for compute in RefinementFixture.computes {
            let model = VisionTransformer(
                try ModelLoader.load(path: folder).parameters, compute: compute, savings: savesWork ? .all : [])
            let trace = try model.forward(SafetensorsFile(path: "\(folder)/expected.safetensors").tensor(named: "pixels"))
            let last = trace.depth - 1
            let tensor = try file.tensor(named: "\(name).maps")
            let (rows, columns) = (trace.grid.height, trace.grid.width)
            let maps = (0..<2).map {
                PatchMap(rows: rows, columns: columns, values: tensor.rows($0..<$0 + 1).values)
            }
            for layers in [0...last, last...last, 0...0] {
                let key = "\(name).\(layers.lowerBound)-\(layers.upperBound)"
                let affinity = model.patchAffinity(trace, layers: layers)
                #expect(relativeDeviation(affinity.values, try file.tensor(named: "\(key).affinity").values) < 1e-5)
                for normalization in PatchAffinity.Normalization.allCases {
                    for steps in 1...3 {
                        let refiner = PatchAffinity(layers: layers, normalization: normalization, steps: steps)
                        let refined = refiner.refine(maps, trace: trace, model: model)
                        let expected = try file.tensor(named: "\(key).\(normalization.rawValue).\(steps)").values
                        #expect(relativeDeviation(refined.flatMap(\.values), expected) < 1e-5, "\(key) \(refiner)")
                    }
                }
            }
            let all = PatchAffinity(normalization: .row).refine(maps, trace: trace, model: model)
            #expect(all == PatchAffinity(layers: -3...99, normalization: .row).refine(maps, trace: trace, model: model))
            #expect(PatchAffinity(steps: 0).refine(maps, trace: trace, model: model) == maps)
            #expect(model.patchAffinity(trace, layers: 40...50).values.allSatisfy { $0 == 0 })
        }
    }

    /// A product u·vᵀ scales to equal weights, and [[a, b], [b, a]] to its rows' shares, in the first round.
    @Test func sinkhornReachesTheClosedForms() {
        let refiner = PatchAffinity(normalization: .sinkhorn)
        let u: [Float] = [1, 2, 0.5, 7, 3], v: [Float] = [4, 0.1, 2, 1, 9]
        let product = PatchAffinityMatrix(patches: 5, values: u.flatMap { u in v.map { u * $0 } })
        #expect(deviation(refiner.normalized(product).values, [Float](repeating: 0.2, count: 25)) < 1e-6)
        let symmetric = PatchAffinityMatrix(patches: 2, values: [3, 1, 1, 3])
        #expect(deviation(refiner.normalized(symmetric).values, [0.75, 0.25, 0.25, 0.75]) < 1e-6)
        // The cross ratio ad/bc never changes, so x/(1−x) of the limit is its root.
        let other = PatchAffinityMatrix(patches: 2, values: [3, 1, 2, 5])
        let x = Float(7.5).squareRoot() / (1 + Float(7.5).squareRoot())
        #expect(deviation(refiner.normalized(other).values, [x, 1 - x, 1 - x, x]) < 5e-3)
    }

    @Test func zerosStay() {
        let zeros = PatchAffinityMatrix(patches: 2, values: [0, 0, 0, 0])
        for normalization in PatchAffinity.Normalization.allCases {
            #expect(PatchAffinity(normalization: normalization).normalized(zeros) == zeros)
        }
        let map = PatchMap(rows: 1, columns: 2, values: [1, 2])
        let identity = PatchAffinityMatrix(patches: 2, values: [1, 0, 0, 1])
        #expect(PatchAffinity(steps: 3).apply(identity, to: [map], compute: RefinementFixture.computes[0]) == [map])
    }
}
