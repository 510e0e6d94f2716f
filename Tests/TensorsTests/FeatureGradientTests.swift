import Checkpoints
import Testing
import TestSupport
@testable import Tensors

/// Layers over feature maps, backwards, against autograd in float64 (Tests/Fixtures/make_layers.py), by every way of computing.
@Suite struct FeatureGradientTests {
    typealias Way = FeatureMapTests.Way

    /// One case of the fixtures: gradients, and what they belong to.
    struct Layer {
        let name: String
        private let files: [SafetensorsFile]

        init(_ name: String) throws {
            self.name = name
            files = try ["layer_gradients", "layers"].map { try SafetensorsFile(path: Fixtures.path("\($0).safetensors")) }
        }

        func callAsFunction(_ key: String) throws -> Tensor {
            let file = try #require(files.first { $0.info(named: "\(name).\(key)") != nil })
            return try file.tensor(named: "\(name).\(key)")
        }
    }

    let workspace = Workspace()

    func map(_ planes: Tensor) -> FeatureMap { FeatureMap(planes: planes, in: workspace) }

    @Test(arguments: FeatureMapTests.convolutions, Way.all)
    func convolution(_ item: (name: String, stride: Int, padding: Int?), _ way: Way) throws {
        let layer = try Layer(item.name)
        let weight = try layer("weight")
        let convolution = Convolution(
            weight: weight, bias: try layer("bias"), stride: item.stride, padding: item.padding.map { .symmetric($0) } ?? .same)
        let x = map(try layer("x")), dy = map(try layer("addend"))
        let dx = convolution.inputGradient(dy, height: x.height, width: x.width, compute: way.compute, in: workspace)
        #expect(relativeDeviation(dx.planes.values, try layer("dx").values) < 1e-6)
        // Sums that hold something already are added to.
        var weightSum = [Float](repeating: 1, count: weight.count), biasSum = [Float](repeating: -2, count: weight.shape[0])
        convolution.addGradient(dy, of: x, toWeight: &weightSum, bias: &biasSum, compute: way.compute, in: workspace)
        #expect(relativeDeviation(weightSum, try layer("dweight").values.map { $0 + 1 }) < 1e-6)
        #expect(relativeDeviation(biasSum, try layer("dbias").values.map { $0 - 2 }) < 1e-6)
    }

    /// A product's tiles, a pass's bands: none shows in a bit of what comes out.
    @Test(arguments: FeatureMapTests.convolutions)
    func convolutionIsTheSameForAnyThreads(_ item: (name: String, stride: Int, padding: Int?)) throws {
        let layer = try Layer(item.name)
        let weight = try layer("weight"), x = map(try layer("x")), dy = map(try layer("addend"))
        let convolution = Convolution(weight: weight, stride: item.stride, padding: item.padding.map { .symmetric($0) } ?? .same)
        let results = [1, 2, 5].map { threads in
            let compute = Compute(product: MatrixProduct(), pool: ThreadPool(threads: threads))
            var sum = [Float](repeating: 0, count: weight.count)
            convolution.addGradient(dy, of: x, toWeight: &sum, bias: nil, compute: compute, in: workspace)
            return sum + convolution.inputGradient(dy, height: x.height, width: x.width, compute: compute, in: workspace).planeValues
        }
        #expect(results[1] == results[0] && results[2] == results[0])
    }

    /// Far from zero the input's own rounding, 200·6e-8, is the limit.
    @Test(arguments: [("group_norm", 2e-6), ("group_norm_far", 5e-5)] as [(String, Float)], Way.all)
    func groupNorm(_ item: (name: String, tolerance: Float), _ way: Way) throws {
        let layer = try Layer(item.name)
        let norm = GroupNorm(groups: 32, weight: try layer("weight"), bias: try layer("bias"), epsilon: 1e-5)
        let x = map(try layer("x")), y = map(try layer("x")), addend = map(try layer("addend"))
        let trace = norm.forward(y, adding: addend, rectify: true, compute: way.compute, in: workspace)
        norm.apply(to: x, adding: addend, rectify: true, compute: way.compute)
        #expect(relativeDeviation(y.planeValues, x.planeValues) < item.tolerance)

        let dy = map(try layer("dy"))
        GroupNorm.rectifyBack(dy, trace, compute: way.compute)
        #expect(dy.planeValues == (try layer("daddend")).values)
        var weightSum = [Float](repeating: 1, count: 64), biasSum = [Float](repeating: -2, count: 64)
        norm.backward(dy, trace, toWeight: &weightSum, bias: &biasSum, compute: way.compute, in: workspace)
        #expect(relativeDeviation(dy.planeValues, try layer("dx").values) < item.tolerance)
        #expect(relativeDeviation(weightSum, try layer("dweight").values.map { $0 + 1 }) < item.tolerance)
        #expect(relativeDeviation(biasSum, try layer("dbias").values.map { $0 - 2 }) < 1e-6)
    }

    /// Where several values are the largest of their window, the first has the gradient.
    @Test(arguments: ["pool_ties", "pool_ties_odd"], Way.all)
    func maximum(_ name: String, _ way: Way) throws {
        let layer = try Layer(name)
        let dx = map(try layer("x")).maxPooledBack(
            map(try layer("dy")), kernel: 3, stride: 2, padding: .same, compute: way.compute, in: workspace)
        #expect(relativeDeviation(dx.planes.values, try layer("dx").values) < 1e-6)
    }

    @Test(arguments: ["up2", "up4"], Way.all)
    func transposedConvolution(_ name: String, _ way: Way) throws {
        let layer = try Layer(name), weight = try layer("weight")
        let convolution = TransposedConvolution(weight: weight, bias: try layer("bias"))
        let x = map(try layer("x")), dy = map(try layer("dy"))
        let dx = convolution.inputGradient(dy, compute: way.compute, in: workspace)
        #expect(relativeDeviation(dx.planes.values, try layer("dx").values) < 1e-6)
        var weightSum = [Float](repeating: 1, count: weight.count), biasSum = [Float](repeating: -2, count: weight.shape[1])
        convolution.addGradient(dy, of: x, toWeight: &weightSum, bias: &biasSum, compute: way.compute, in: workspace)
        #expect(relativeDeviation(weightSum, try layer("dweight").values.map { $0 + 1 }) < 1e-6)
        #expect(relativeDeviation(biasSum, try layer("dbias").values.map { $0 - 2 }) < 1e-6)
    }

    /// A batch of three pictures by its own statistics. Far from zero the input's own rounding, 200·6e-8, is the limit.
    @Test(arguments: [("batch_norm", 2e-6), ("batch_norm_far", 5e-5)] as [(String, Float)], Way.all)
    func batchNorm(_ item: (name: String, tolerance: Float), _ way: Way) throws {
        let layer = try Layer(item.name)
        func maps(_ key: String) throws -> [FeatureMap] {
            let tensor = try layer(key)
            return (0..<3).map { map(tensor.rows($0..<$0 + 1).reshaped(Array(tensor.shape.dropFirst()))) }
        }
        let xs = try maps("x"), dys = try maps("dy")
        let pass = BatchNormPass(
            BatchStatistics(xs.map { .init($0, way.compute) }), weight: try layer("weight"), bias: try layer("bias"))
        let normalized = xs.map { pass.apply(to: $0, compute: way.compute, in: workspace) }
        #expect(relativeDeviation(xs.flatMap(\.planeValues), try layer("y").values) < item.tolerance)
        let gradient = BatchNormPass.Gradient(zip(dys, normalized).map { .init($0, $1, way.compute) })
        for (dy, normalized) in zip(dys, normalized) { pass.back(dy, normalized, gradient, compute: way.compute, in: workspace) }
        #expect(relativeDeviation(dys.flatMap(\.planeValues), try layer("dx").values) < item.tolerance)
        #expect(relativeDeviation(gradient.byWeight.map { Float($0) }, try layer("dweight").values) < item.tolerance)
        #expect(relativeDeviation(gradient.byBias.map { Float($0) }, try layer("dbias").values) < 1e-6)
        // PyTorch's running statistics after one batch.
        #expect(relativeDeviation(pass.statistics.mean.map { Float($0 * 0.1) }, try layer("running_mean").values) < 1e-6)
        #expect(relativeDeviation(pass.statistics.unbiasedVariance.map { Float(0.9 + $0 * 0.1) }, try layer("running_variance").values) < 1e-6)
    }

    @Test func standardizedWeights() throws {
        let layer = try Layer("standardized")
        let weight = try layer("weight"), size = weight.count / weight.shape[0]
        let weights = StandardizedWeights(weight, .deviation(1e-5))
        var sum = [Float](repeating: 0, count: weight.count)
        weights.addGradient(try layer("dy").values, to: &sum)
        let (result, gradient) = (try layer("result").values, try layer("dweight").values)
        for output in 0..<weight.shape[0] {
            let range = output * size..<(output + 1) * size
            #expect(relativeDeviation(weights.standardized.values[range], result[range]) < 1e-6)
            #expect(relativeDeviation(sum[range], gradient[range]) < 1e-6, "output \(output)")
        }
    }

    /// The other guard, √(variance + ε), in double precision; gradients by differences.
    @Test func weightsOverTheRootOfTheVariance() {
        let values: [Float] = [1e-4, -2e-4, 3e-4, 1.5e-4, 0.5, 0.25, -1, 0.75], upstream: [Float] = [1, -2, 0.5, 3, 0.25, 1, -1, 2]
        func standardized(_ weights: [Double]) -> [Double] {
            stride(from: 0, to: 8, by: 4).flatMap { start in
                let row = weights[start..<start + 4], mean = row.reduce(0, +) / 4
                let root = (row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 4 + 1e-8).squareRoot()
                return row.map { ($0 - mean) / root }
            }
        }
        let exact = values.map { Double($0) }, step = 1e-8
        let slopes = exact.indices.map { index in
            var (above, below) = (exact, exact)
            above[index] += step
            below[index] -= step
            let differences = zip(standardized(above), standardized(below)).map { $0 - $1 }
            return Float(zip(differences, upstream).reduce(0) { $0 + $1.0 * Double($1.1) } / (2 * step))
        }
        let weights = StandardizedWeights(Tensor(shape: [2, 4], values), .variance(1e-8))
        #expect(relativeDeviation(weights.standardized.values, standardized(exact).map { Float($0) }) < 1e-6)
        var sum = [Float](repeating: 0, count: 8)
        weights.addGradient(upstream, to: &sum)
        for row in [0..<4, 4..<8] { #expect(relativeDeviation(Array(sum[row]), Array(slopes[row])) < 1e-5) }
    }

    /// Weights that are all one value have no deviation to go by; autograd makes no number of them.
    @Test func weightsOfOneValueHaveAGradient() {
        let weights = StandardizedWeights(Tensor(shape: [1, 4], repeating: 3), .deviation(1e-5))
        var sum = [Float](repeating: 0, count: 4)
        weights.addGradient([1, 2, 3, 6], to: &sum)
        #expect(weights.standardized.values == [0, 0, 0, 0])
        #expect(relativeDeviation(sum, [-2e5, -1e5, 0, 3e5]) < 1e-6)
    }
}
