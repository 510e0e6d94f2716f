import Checkpoints
import Testing
import TestSupport
import Tensors

/// Layers over feature maps against PyTorch (Tests/Fixtures/make_layers.py), by every way of computing them.
@Suite struct FeatureMapTests {
    struct Way: Sendable, CustomStringConvertible {
        let description: String
        let compute: Compute

        static let all = [
            Way(
                description: "library, three threads",
                compute: Compute(product: .load(path: nil, coreTypeIsSet: false), pool: ThreadPool(threads: 3))),
            Way(description: "built-in", compute: Compute(product: MatrixProduct(), pool: ThreadPool(threads: 1))),
            Way(
                description: "portable, two threads",
                compute: Compute(
                    product: MatrixProduct(builtIn: .portable), pool: ThreadPool(threads: 2), features: .portable)),
            Way(
                description: "AVX2",
                compute: Compute(product: MatrixProduct(builtIn: .avx2), pool: ThreadPool(threads: 1), features: .avx2)),
        ]
    }

    /// One case of the fixture.
    struct Layer {
        let name: String
        let file: SafetensorsFile

        init(_ name: String) throws {
            self.name = name
            file = try SafetensorsFile(path: Fixtures.path("layers.safetensors"))
        }

        func callAsFunction(_ key: String) throws -> Tensor { try file.tensor(named: "\(name).\(key)") }
    }

    let workspace = Workspace()
    /// Stride, and padding; nil for "SAME".
    static let convolutions: [(name: String, stride: Int, padding: Int?)] = [
        ("conv1", 1, 0), ("conv1_s2", 2, nil), ("conv3_p1", 1, 1), ("conv3_s2_p1", 2, 1), ("conv3_s2_same", 2, nil),
        ("conv3_s2_same_odd", 2, nil), ("conv7_s2_same", 2, nil), ("conv3_narrow", 1, 1), ("conv3_large", 1, 1),
    ]

    @Test(arguments: convolutions, Way.all)
    func convolution(_ item: (name: String, stride: Int, padding: Int?), _ way: Way) throws {
        let layer = try Layer(item.name)
        let convolution = Convolution(
            weight: try layer("weight"), bias: try layer("bias"), stride: item.stride,
            padding: item.padding.map { .symmetric($0) } ?? .same)
        let x = FeatureMap(planes: try layer("x"), in: workspace)
        let y = convolution(x, compute: way.compute, in: workspace).planes
        let expected = try layer("y")
        #expect(y.shape == expected.shape)
        #expect(relativeDeviation(y.values, expected.values) < 1e-6)

        let norm = BatchNorm(
            weight: try layer("norm_weight"), bias: try layer("norm_bias"), mean: try layer("norm_mean"),
            variance: try layer("norm_variance"))
        let sum = convolution.followed(by: norm)(
            x, adding: FeatureMap(planes: try layer("addend"), in: workspace), rectify: true, compute: way.compute,
            in: workspace)
        // max((y − mean) / √(variance + 1e-5) · weight + bias + addend, 0).
        let addend = try layer("addend").values, outputs = try layer("norm_weight").count, positions = expected.count / outputs
        var rectified: [Float] = []
        for (channel, start) in stride(from: 0, to: expected.count, by: positions).enumerated() {
            func number(_ name: String) throws -> Double { Double(try layer(name).values[channel]) }
            let factor = try number("norm_weight") / (number("norm_variance") + 1e-5).squareRoot()
            let shift = try number("norm_bias") - factor * number("norm_mean")
            for index in start..<start + positions {
                rectified.append(Float(max(Double(expected.values[index]) * factor + shift + Double(addend[index]), 0)))
            }
        }
        #expect(relativeDeviation(sum.planes.values, rectified) < 2e-6)
    }

    @Test(arguments: ["up2", "up4"], Way.all)
    func transposedConvolution(_ name: String, _ way: Way) throws {
        let layer = try Layer(name)
        let convolution = TransposedConvolution(weight: try layer("weight"), bias: try layer("bias"))
        let y = convolution(FeatureMap(planes: try layer("x"), in: workspace), compute: way.compute, in: workspace).planes
        let expected = try layer("y")
        #expect(y.shape == expected.shape)
        #expect(relativeDeviation(y.values, expected.values) < 1e-6)
    }

    /// Far from zero PyTorch's own Float32 is off by 1e-4 of the maximum: the input's own rounding is 200·6e-8.
    @Test(arguments: [("group_norm", 2e-6), ("group_norm_far", 2e-5)] as [(String, Float)], Way.all)
    func groupNorm(_ item: (name: String, tolerance: Float), _ way: Way) throws {
        let layer = try Layer(item.name)
        let norm = GroupNorm(groups: 32, weight: try layer("weight"), bias: try layer("bias"), epsilon: 1e-5)
        let x = FeatureMap(planes: try layer("x"), in: workspace)
        let y = x.copy(in: workspace)
        norm.apply(to: y, compute: way.compute)
        let expected = try layer("y").values
        #expect(relativeDeviation(y.planes.values, expected) < item.tolerance)
        let sum = x.copy(in: workspace)
        norm.apply(to: sum, adding: y, rectify: true, compute: way.compute)
        #expect(relativeDeviation(sum.planes.values, expected.map { max(2 * $0, 0) }) < item.tolerance)
    }

    @Test(arguments: ["pool_even", "pool_odd"], Way.all)
    func maximum(_ name: String, _ way: Way) throws {
        let layer = try Layer(name)
        let y = FeatureMap(planes: try layer("x"), in: workspace).maxPooled(
            kernel: 3, stride: 2, padding: .same, compute: way.compute, in: workspace).planes
        let expected = try layer("y")
        #expect(y.shape == expected.shape)
        #expect(y.values == expected.values)
    }

    @Test(arguments: ["resize_up", "resize_uneven", "resize_one"], Way.all)
    func bilinearResize(_ name: String, _ way: Way) throws {
        let layer = try Layer(name)
        let x = FeatureMap(planes: try layer("x"), in: workspace)
        for (key, alignCorners) in [("aligned", true), ("centered", false)] {
            let expected = try layer(key)
            let y = x.resized(
                height: expected.shape[1], width: expected.shape[2], alignCorners: alignCorners, compute: way.compute,
                in: workspace)
            #expect(relativeDeviation(y.planes.values, expected.values) < 1e-6, "\(key)")
        }
    }
}

extension FeatureMap {
    /// The same values in memory of their own.
    fileprivate func copy(in workspace: Workspace) -> FeatureMap {
        FeatureMap(planes: planes, in: workspace)
    }
}
