import Attribution
import Checkpoints
import Files
import Images
import Labels
import Tensors
import Testing
import TestSupport
import VisionTransformer

@Suite struct SaliencyTests {
    private let compute = Compute(product: MatrixProduct(), pool: ThreadPool(threads: 1))

    private func picture() throws -> RGBImage {
        let pixels = try array("lab_image")
        return RGBImage(width: pixels.shape[1], height: pixels.shape[0], samples: pixels.values.map { UInt8($0) })
    }

    @Test func barrierDistanceIsTheRasterScans() throws {
        let plane = try array("barrier_plane")
        let (height, width) = (plane.shape[0], plane.shape[1])
        let values = plane.values.map { Float($0) }
        let fast = BarrierSaliency.distances(values, width: width, height: height, passes: 3)
        #expect(try largestDifference(fast, floats("barrier_fast")) == 0)
        #expect(try largestDifference(BarrierSaliency.distances(values, width: width, height: height, passes: 1), floats("barrier_fast_1")) == 0)
        // Never below the true distance, and mostly equal to it.
        let exact = try floats("barrier_exact")
        #expect(zip(fast, exact).allSatisfy { $0 >= $1 })
        #expect(zip(fast, exact).filter { $0 == $1 }.count > fast.count * 7 / 10)
    }

    @Test func colorsAreScikitImages() throws {
        let image = try picture()
        let expected = try floats("lab")
        let planes = LabColor.planes(image)
        let found = (0..<image.width * image.height).flatMap { pixel in planes.map { $0[pixel] } }
        #expect(largestDifference(found, expected) < 0.02)
    }

    @Test func borderPriorAndWholeMap() throws {
        let image = try picture()
        let prior = BarrierSaliency.borderPrior(LabColor.planes(image), width: image.width, height: image.height, share: 0.1)
        #expect(try largestDifference(prior.values, floats("border_prior")) < 1e-3)
        let map = BarrierSaliency().map(image)
        #expect(try largestDifference(map.values, floats("barrier_saliency")) < 2e-3)
        // The red square stands out of the noise around it.
        let mask = map.otsuMask
        #expect(mask.area > 0 && mask.share < 0.9)
        let flat = RGBImage(width: 9, height: 7, samples: [UInt8](repeating: 80, count: 189))
        #expect(BarrierSaliency().map(flat).otsuMask.area == 0)
        for (width, height) in [(1, 1), (2, 5), (3, 1)] {
            let tiny = RGBImage(width: width, height: height, samples: (0..<width * height * 3).map { UInt8($0 * 7) })
            #expect(BarrierSaliency().map(tiny).values.allSatisfy { $0.isFinite })
        }
    }

    @Test func otsuIsOpenCVs() throws {
        let cases = try json("otsu").list
        #expect(cases.count == 6)
        for item in cases {
            let samples = item["samples"].integers.map { UInt8($0) }
            #expect(Otsu.level(samples).map(Int.init) == item["level"].number.map { Int($0) })
        }
        #expect(Otsu.level([4, 4, 4]) == nil && Otsu.level([]) == nil)
    }

    @Test func tokenCutIsSciPys() throws {
        let vector = try array("tokencut_vector")
        let (rows, columns) = (vector.shape[0], vector.shape[1])
        let keys = try array("tokencut_keys")
        let tensor = Tensor(shape: keys.shape, keys.values.map { Float($0) })
        let result = try #require(TokenCut().cut(keys: tensor, rows: rows, columns: columns, compute: compute))
        #expect(result.foreground.map { $0 ? 1 : 0 } == (try mask("tokencut_foreground").values))
        // Both up to a factor: compare directions.
        let a = result.vector.values.map(Double.init), b = vector.values
        let dot = zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
        let lengths = a.reduce(0) { $0 + $1 * $1 } * b.reduce(0) { $0 + $1 * $1 }
        #expect(dot > 0 && 1 - dot / lengths.squareRoot() < 1e-10)
        let map = result.map(width: 70, height: 55)
        #expect(map.values.min() == 0 && map.values.max() == 1 && map.width == 70)
        #expect(TokenCut().cut(keys: Tensor(shape: [2, 3]), rows: 1, columns: 2, compute: compute) == nil)
        #expect(TokenCut().cut(keys: Tensor(shape: [6, 3], repeating: 1), rows: 2, columns: 3, compute: compute) == nil)
    }

    /// Where the last block was computed for the class token only, the keys are those of the whole computation.
    @Test(arguments: ["registers_layerscale", "hf_deit_distilled", "f16_odd_heads", "pooled_class_token"])
    func keysDoNotDependOnSavings(_ name: String) throws {
        let folder = Fixtures.path("models/\(name)")
        let parameters = try ModelLoader.load(path: folder).parameters
        let pixels = try SafetensorsFile(path: "\(folder)/expected.safetensors").tensor(named: "pixels")
        let saving = VisionTransformer(parameters, compute: compute, savings: .all)
        let plain = VisionTransformer(parameters, compute: compute, savings: [])
        let trace = try saving.forward(pixels)
        let keys = saving.patchKeys(of: trace)
        let expected = plain.patchKeys(of: try plain.forward(pixels))
        #expect(keys.shape == [trace.grid.height * trace.grid.width, parameters.configuration.width])
        #expect(relativeDeviation(keys.values, expected.values) < 1e-5)
        // They are keys: with the class token's attention they must be consistent, so they cannot be all alike.
        #expect(Set(keys.values).count > keys.count / 2)
    }

    @Test func filesAreRead() throws {
        let folder = try TemporaryFolder()
        let samples: [UInt8] = [0, 1, 127, 128, 255, 0]
        let gray = "\(folder.path)/gray.png"
        try AtomicFile.write(try PNGEncoder.encode(GrayImage(width: 3, height: 2, samples: samples)), to: gray)
        #expect(try SaliencyFile.read(path: gray).values == [0, 1, 1, 1, 1, 0])
        #expect(try SaliencyFile.read(path: gray, threshold: 0.5).values == [0, 0, 0, 1, 1, 0])
        let numbers = "\(folder.path)/map.npy"
        try AtomicFile.write(NumPyFile.encode(shape: [1, 2, 3], [0, 0.2, 0.5, 0.6, -1, 7]), to: numbers)
        let mask = try SaliencyFile.read(path: numbers, threshold: 0.5)
        #expect(mask.values == [0, 0, 0, 1, 0, 1] && mask.width == 3 && mask.height == 2)
        #expect(try SaliencyFile.read(path: fixture("completion_saliency.npy"), threshold: 0.002).area == (try area("completion_saliency")))
        try AtomicFile.write(NumPyFile.encode(shape: [2, 2, 3], [Float](repeating: 0, count: 12)), to: numbers)
        #expect(complaint { _ = try SaliencyFile.read(path: numbers) }.hasSuffix("has shape [2, 2, 3]; a saliency map has [H, W]"))
        #expect(complaint { _ = try SaliencyFile.read(path: "\(folder.path)/none.png") }.contains("none.png"))
    }

    private func area(_ name: String) throws -> Int { try mask(name).area }

    @Test func combinations() {
        let a = SaliencyMap(width: 2, height: 2, values: [1, 1, 0, 0]), b = SaliencyMap(width: 2, height: 2, values: [1, 0, 1, 0])
        func mask(_ kind: SaliencySetting.ComputedSaliency) -> [UInt8]? { kind.mask(barrier: a, tokens: b)?.values }
        #expect(mask(.barrier) == [1, 1, 0, 0] && mask(.tokens) == [1, 0, 1, 0])
        #expect(mask(.intersection) == [1, 0, 0, 0] && mask(.union) == [1, 1, 1, 0])
        #expect(SaliencySetting.ComputedSaliency.union.mask(barrier: a, tokens: nil) == nil)
    }
}
