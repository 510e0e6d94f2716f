import Foundation
import Testing
import TestSupport
import Tensors

/// The element-wise loops of every instruction set against double precision.
@Suite struct KernelTests {
    static let sets: [Processor.Features] = Processor.Features.allCases.filter { $0 <= Processor.current.features }

    static func kernels(_ features: Processor.Features) throws -> Kernels { try #require(Processor.kernels(features)) }

    @Test(arguments: sets, [1, 15, 16, 37, 197])
    func softmax(_ features: Processor.Features, _ columns: Int) throws {
        var random = SplitMix(seed: 7)
        let (rows, stride, scale): (Int, Int, Float) = (3, columns + 5, 0.37)
        let x = random.floats(rows * stride, in: -60...60)
        var y = x
        try Self.kernels(features).softmax(&y, stride, rows, columns, scale)
        for row in 0..<rows {
            let line = x[row * stride..<row * stride + columns].map { Double($0) * Double(scale) }
            let top = line.max() ?? 0, sum = line.reduce(0) { $0 + exp($1 - top) }
            let expected = line.map { exp($0 - top) / sum }
            for column in 0..<columns {
                // Relative: a small attention matters as much as a large one.
                #expect(abs(Double(y[row * stride + column]) - expected[column]) <= 5e-6 * expected[column] + 1e-37)
            }
            #expect(Array(y[row * stride + columns..<(row + 1) * stride]) == Array(x[row * stride + columns..<(row + 1) * stride]))
        }
    }

    @Test(arguments: sets)
    func activations(_ features: Processor.Features) throws {
        let x = stride(from: Float(-14), through: 14, by: 0.0137).map { $0 }
        let bias = [Float](repeating: 0.25, count: x.count)
        let closed: [(Activation, (Double) -> (Double, Double))] = [
            (.gelu, { x in
                let phi = 0.5 * erfc(-x / 2.0.squareRoot())
                return (x * phi, phi + x * exp(-x * x / 2) / (2 * Double.pi).squareRoot())
            }),
            (.geluTanh, { x in
                let c = (2 / Double.pi).squareRoot(), t = tanh(c * (x + 0.044715 * x * x * x))
                return (0.5 * x * (1 + t), 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * c * (1 + 3 * 0.044715 * x * x))
            }),
            (.quickGELU, { x in
                let s = 1 / (1 + exp(-1.702 * x))
                return (x * s, s + 1.702 * x * s * (1 - s))
            }),
            (.silu, { x in
                let s = 1 / (1 + exp(-x))
                return (x * s, s + x * s * (1 - s))
            }),
        ]
        for (activation, function) in closed {
            var u = x, y = x
            try Self.kernels(features).activate(&u, 1, x.count, bias, activation.kernel, &y)
            for index in x.indices {
                let (value, slope) = function(Double(x[index] + 0.25))
                #expect(abs(Double(y[index]) - value) < 3e-7 * max(1, abs(value)), "\(activation) at \(x[index])")
                #expect(abs(Double(u[index]) - slope) < 6e-7, "\(activation)' at \(x[index])")
            }
        }
    }

    @Test(arguments: sets, [1, 13, 48, 192])
    func layerNormAndBack(_ features: Processor.Features, _ width: Int) throws {
        var random = SplitMix(seed: 11)
        let rows = 3
        let kernels = try Self.kernels(features)
        let x = random.floats(rows * width), weight = random.floats(width), bias = random.floats(width)
        let dy = random.floats(rows * width), before = random.floats(rows * width)
        var normalized = x, y = x, rstd = [Float](repeating: 0, count: rows), dx = before
        kernels.layer_norm(x, rows, width, weight, bias, 1e-6, &normalized, &rstd, &y)
        kernels.layer_norm_backward(dy, rows, width, weight, normalized, rstd, &dx)
        var expectedY = [Float](), expectedDX = [Float]()
        for row in 0..<rows {
            let line = x[row * width..<(row + 1) * width].map(Double.init)
            let mean = line.reduce(0, +) / Double(width)
            let variance = line.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(width)
            let r = 1 / (variance + 1e-6).squareRoot()
            let unit = line.map { ($0 - mean) * r }
            let g = (0..<width).map { Double(dy[row * width + $0]) * Double(weight[$0]) }
            let sum = g.reduce(0, +) / Double(width), product = zip(g, unit).reduce(0) { $0 + $1.0 * $1.1 } / Double(width)
            for j in 0..<width {
                expectedY.append(Float(unit[j] * Double(weight[j]) + Double(bias[j])))
                expectedDX.append(Float(Double(before[row * width + j]) + r * (g[j] - sum - unit[j] * product)))
            }
        }
        #expect(relativeDeviation(y, expectedY) < 2e-6)
        // One element has variance 0 and so a factor of 1000 to magnify rounding.
        #expect(relativeDeviation(dx, expectedDX) < (width == 1 ? 1e-3 : 2e-6))
    }

    @Test(arguments: sets, [1, 7, 16, 33, 100])
    func rmsNorm(_ features: Processor.Features, _ width: Int) throws {
        var random = SplitMix(seed: 5)
        let kernels = try Self.kernels(features), rows = 3, epsilon: Float = 0.01
        let x = random.floats(rows * width), weight = random.floats(width), dy = random.floats(rows * width)
        let before = random.floats(rows * width)
        var (normalized, deviations, y, dx) = (x, [Float](repeating: 0, count: rows), x, before)
        kernels.rms_norm(x, rows, width, weight, nil, epsilon, &normalized, &deviations, &y)
        kernels.rms_norm_backward(dy, rows, width, weight, normalized, deviations, &dx)
        var expectedY: [Float] = [], expectedDX: [Float] = []
        for row in 0..<rows {
            let part = row * width..<(row + 1) * width
            let square = part.reduce(0) { $0 + Double(x[$1]) * Double(x[$1]) } / Double(width)
            let r = 1 / (square + Double(epsilon)).squareRoot()
            let inner = part.reduce(0) { $0 + Double(dy[$1]) * Double(weight[$1 - part.lowerBound]) * Double(x[$1]) * r } / Double(width)
            for index in part {
                let (w, unit) = (Double(weight[index - part.lowerBound]), Double(x[index]) * r)
                expectedY.append(Float(unit * w))
                expectedDX.append(Float(Double(before[index]) + r * (Double(dy[index]) * w - unit * inner)))
            }
        }
        #expect(relativeDeviation(y, expectedY) < 2e-6)
        #expect(relativeDeviation(dx, expectedDX) < (width == 1 ? 2e-5 : 2e-6))
    }

    @Test(arguments: sets)
    func smallLoops(_ features: Processor.Features) throws {
        var random = SplitMix(seed: 3)
        let kernels = try Self.kernels(features)
        let n = 53
        let a = random.floats(n), g = random.floats(n), bias = random.floats(n), scale = random.floats(n)
        var u = random.floats(n), v = random.floats(n)
        let (u0, v0) = (u, v)
        kernels.couple(a, g, n, &u, &v)
        #expect(relativeDeviation(u, (0..<n).map { u0[$0] + max(0, a[$0] * g[$0]) }) < 1e-6)
        #expect(relativeDeviation(v, (0..<n).map { v0[$0] + max(0, g[$0]) }) < 1e-6)
        for (b, s) in [(true, true), (true, false), (false, true), (false, false)] {
            var y = u0
            bias.withUnsafeBufferPointer { bias in
                scale.withUnsafeBufferPointer { scale in
                    kernels.add_scaled(&y, a, 1, n, b ? bias.baseAddress : nil, s ? scale.baseAddress : nil)
                }
            }
            #expect(relativeDeviation(y, (0..<n).map { u0[$0] + (a[$0] + (b ? bias[$0] : 0)) * (s ? scale[$0] : 1) }) < 1e-6)
        }
        let inner = zip(a, g).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
        #expect(abs(Double(kernels.dot(a, g, n)) - inner) < 1e-5)
        var dS = g
        kernels.softmax_backward(&dS, a, n, 1, n, 0.5)
        #expect(relativeDeviation(dS, (0..<n).map { Float(Double(a[$0]) * (Double(g[$0]) - inner) * 0.5) }) < 2e-6)
        var product = a, sum = a
        kernels.multiply(&product, g, n)
        kernels.add_multiple(&sum, g, -1.5, n)
        #expect(product == zip(a, g).map { $0 * $1 })
        #expect(relativeDeviation(sum, zip(a, g).map { $0 - 1.5 * $1 }) < 1e-6)
    }
}
