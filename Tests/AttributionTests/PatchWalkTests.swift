@testable import Attribution
import Checkpoints
import Tensors
import Testing
import TestSupport
import VisionTransformer

/// The refiners over patches that take more than a product with attention, against NumPy in float64 (make_refinement.py).
@Suite struct PatchWalkTests {
    private let file: SafetensorsFile
    private let maps: [PatchMap]
    private let affinity: PatchAffinityMatrix

    init() throws {
        file = try RefinementFixture.read("walks")
        let values = try file.tensor(named: "maps")
        maps = (0..<values.shape[0]).map { PatchMap(rows: 5, columns: 7, values: values.rows($0..<$0 + 1).values) }
        affinity = PatchAffinityMatrix(patches: 35, values: try file.tensor(named: "affinity").values)
    }

    private func agrees(_ found: [PatchMap], _ name: String) throws {
        let expected = try file.tensor(named: name)
        for (index, map) in found.enumerated() {
            #expect(relativeDeviation(map.values, expected.rows(index..<index + 1).values) < 2e-5, "\(name) \(index)")
        }
    }

    @Test func boxedAffinity() throws {
        for compute in RefinementFixture.computes {
            for level in [0.4, 0.7] {
                try agrees(ClassAwareAffinity(level: Float(level)).refine(maps, affinity: affinity, compute: compute), "class-affinity.\(level)")
            }
        }
        // A map without a part above the level stays as it is.
        let flat = PatchMap(rows: 5, columns: 7, values: [Float](repeating: 3, count: 35))
        #expect(ClassAwareAffinity().refine([flat], affinity: affinity, compute: RefinementFixture.computes[0]) == [flat])
        #expect(ClassAwareAffinity(level: 1).refine(maps, affinity: affinity, compute: RefinementFixture.computes[0]) == maps)
    }

    @Test func walkOnSymmetricAttention() throws {
        for compute in RefinementFixture.computes {
            for radius in [1, 3, 8] {
                try agrees(AffinityWalk(radius: radius).refine(maps, affinity: affinity, compute: compute), "affinity-walk.\(radius)")
            }
        }
    }

    @Test func diffusionBetweenPatchesThatAttendAlike() throws {
        for compute in RefinementFixture.computes {
            for (steps, share, isForward) in [(1, 0.5, true), (2, 0.5, true), (3, 0.25, false)] {
                let refiner = CoupledDiffusion(steps: steps, share: Float(share), isForward: isForward)
                try agrees(
                    refiner.refine(maps, affinity: affinity, compute: compute),
                    "coupled-diffusion.\(steps).\(share).\(isForward ? "True" : "False")")
            }
        }
        // Where all patches attend alike, it is the mean that is diffused.
        let alike = PatchAffinityMatrix(patches: 35, values: [Float](repeating: 0.5, count: 35 * 35))
        let spread = CoupledDiffusion(steps: 1, share: 0.5).refine(maps, affinity: alike, compute: RefinementFixture.computes[0])
        let mean = maps[0].values.reduce(0, +) / 35
        #expect(deviation(spread[0].values, maps[0].values.map { 0.5 * $0 + 0.25 * mean }) < 1e-6)
    }

    @Test func prototypesOfThePicture() throws {
        let features = try file.tensor(named: "features")
        for compute in RefinementFixture.computes {
            try agrees(ImagePrototypes().refine(maps, features: features, compute: compute), "image-prototypes")
        }
    }

    /// On a model's own attention and keys: what goes in is what the definition says.
    @Test func readFromAPass() throws {
        let folder = Fixtures.path("models/registers_layerscale")
        let model = VisionTransformer(try ModelLoader.load(path: folder).parameters, compute: RefinementFixture.computes[0])
        let trace = try model.forward(SafetensorsFile(path: "\(folder)/expected.safetensors").tensor(named: "pixels"))
        var random = SplitMix(seed: 3)
        let count = trace.grid.height * trace.grid.width
        let maps = (0..<2).map { _ in
            PatchMap(rows: trace.grid.height, columns: trace.grid.width, values: Array(random.floats(count, in: 0...1).prefix(count)))
        }
        let last = trace.depth - 1, attention = model.patchAffinity(trace, layers: last...last)
        let refined = ClassAwareAffinity(layers: last...last).refine(maps, trace: trace, model: model)
        #expect(refined == ClassAwareAffinity().refine(maps, affinity: attention, compute: model.compute) && refined != maps)
        #expect(AffinityWalk(layers: last...last).refine(maps, trace: trace, model: model) == AffinityWalk().refine(maps, affinity: attention, compute: model.compute))
        #expect(
            CoupledDiffusion(layers: last...last).refine(maps, trace: trace, model: model)
                == CoupledDiffusion().refine(maps, affinity: attention, compute: model.compute))
        #expect(
            ImagePrototypes().refine(maps, trace: trace, model: model)
                == ImagePrototypes().refine(maps, features: model.patchKeys(of: trace), compute: model.compute))
        for refiner: any PatchRefiner in [ClassAwareAffinity(), AffinityWalk(), CoupledDiffusion(), ImagePrototypes()] {
            #expect(refiner.refine([], trace: trace, model: model).isEmpty)
        }
    }
}
