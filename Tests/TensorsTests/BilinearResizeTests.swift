import Checkpoints
import Tensors
import Testing
import TestSupport

/// Bilinear resizing backwards beside float64 autograd (Tests/Fixtures/make_objectives.py); forwards it is in `FeatureMapTests`.
@Suite struct BilinearResizeTests {
    @Test(arguments: ["up", "uneven", "down", "one", "large"], FeatureMapTests.Way.all)
    func gradientAgreesWithAutograd(_ name: String, _ way: FeatureMapTests.Way) throws {
        let file = try SafetensorsFile(path: Fixtures.path("training/objectives.safetensors"))
        let workspace = Workspace()
        let y = FeatureMap(planes: try file.tensor(named: "resize_\(name).y"), in: workspace)
        for (key, alignCorners) in [("aligned", true), ("centered", false)] {
            let expected = try file.tensor(named: "resize_\(name).\(key)")
            let x = y.resizeGradient(
                height: expected.shape[1], width: expected.shape[2], alignCorners: alignCorners, compute: way.compute,
                in: workspace)
            #expect(relativeDeviation(x.planes.values, expected.values) < 1e-6, "\(key)")
        }
    }

    /// ⟨resized x, y⟩ = ⟨x, gradient of y⟩, and the same bits for any number of threads.
    @Test(arguments: [true, false])
    func isTheTranspose(_ alignCorners: Bool) {
        var random = SplitMix(seed: 8)
        let workspace = Workspace()
        let x = FeatureMap(planes: Tensor(shape: [6, 41, 38], random.floats(6 * 41 * 38)), in: workspace)
        let y = FeatureMap(planes: Tensor(shape: [6, 120, 95], random.floats(6 * 120 * 95)), in: workspace)
        var results: [[Float]] = []
        for threads in [1, 3] {
            let compute = Compute(product: MatrixProduct(), pool: ThreadPool(threads: threads))
            let forward = x.resized(height: 120, width: 95, alignCorners: alignCorners, compute: compute, in: workspace)
            let backward = y.resizeGradient(height: 41, width: 38, alignCorners: alignCorners, compute: compute, in: workspace)
            func product(_ a: FeatureMap, _ b: FeatureMap) -> Double {
                zip(a.planeValues, b.planeValues).reduce(0) { $0 + Double($1.0) * Double($1.1) }
            }
            #expect(abs(product(forward, y) - product(x, backward)) < 1e-5 * product(forward, forward).squareRoot())
            results.append(backward.planeValues)
        }
        #expect(results[0] == results[1])
    }
}
