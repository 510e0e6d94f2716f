import Checkpoints
import Glibc
import Images
import Tensors
import Testing
import TestSupport
@testable import Training

/// The dense energy beside float64 autograd, beside itself restated, and beside differences of its own values.
@Suite struct DenseEnergyLossTests {
    /// One picture's prediction.
    struct Case {
        let picture: RGBImage
        let logits: [Float]
        let map: [UInt8]
        var inside: [Bool]?
        var labels: Int { logits.count / map.count }

        /// - Parameter other: logits to use instead of the case's.
        func evaluate(
            _ energy: DenseEnergy, _ other: [Float]? = nil, pictures: Int, weight: Float = 1, _ compute: Compute
        ) -> (value: Double, gradient: [Float]) {
            let logits = other ?? logits
            let workspace = Workspace(), (height, width) = (picture.height, picture.width)
            let prediction = PixelPrediction(
                FeatureMap(logits, height: height, width: width, in: workspace), compute: compute, in: workspace)
            let gradient = FeatureMap([Float](repeating: 0, count: logits.count), height: height, width: width, in: workspace)
            let value = energy.evaluate(
                prediction, map, inside: inside, pictures: pictures, weight: weight, addingTo: gradient, compute: compute,
                in: workspace)
            return (value, gradient.elements)
        }
    }

    /// Every pair of pixels by itself, for which float64 autograd gives the rest (Tests/Fixtures/make_objectives.py).
    @Test(arguments: ["dense", "dense_open", "dense_odd", "dense_single"])
    func pairsAgreeWithAutograd(_ name: String) throws {
        let fixture = try ObjectivesFixture(name)
        let shape = try fixture("picture").shape
        let item = Case(
            picture: RGBImage(width: shape[1], height: shape[0], samples: try fixture.bytes("picture").flatMap { $0 }),
            logits: try fixture("logits").values, map: try fixture.bytes("labels").flatMap { $0 },
            inside: try fixture("inside").values.map { $0 > 0 })
        let expected = try fixture("gradient").values
        for compute in ObjectivesFixture.computes {
            let energy = DenseEnergy(item.picture, compute: compute)
            let (value, gradient) = item.evaluate(energy, pictures: 3, compute)
            #expect(agrees(value, try fixture.number("energy")), "\(value)")
            #expect(relativeDeviation(gradient, expected) < 2e-5)
            let weighted = item.evaluate(energy, pictures: 3, weight: Float(DenseEnergy.publishedWeight), compute).gradient
            #expect(relativeDeviation(weighted, expected.map { $0 * Float(DenseEnergy.publishedWeight) }) < 2e-5)
        }
    }

    /// A piece of a photograph at random confidence: large enough for the lattice.
    static func photograph(side: Int, seed: UInt64, isOpen: Bool = false) throws -> Case {
        let name = ["01-cat", "02-cow", "03-dog"][Int(seed)]
        let whole = try ImageFile.read(path: Fixtures.root.appending(path: "assets/pictures/\(name).jpg").path)
        let picture = whole.resized(width: side, height: side, filter: .bilinear)
        var random = SplitMix(seed: seed)
        // Blobs, as predictions are, with noise.
        let logits = (0..<side * side * 4).map { index -> Float in
            let (x, y, label) = (Float(index / 4 % side), Float(index / 4 / side), Float(index % 4))
            return 3 * sinf(x / 17 + 2 * label) * cosf(y / 13 - label) + Float.random(in: -0.5...0.5, using: &random)
        }
        let map = (0..<side * side).map { _ in isOpen ? 255 : [0, 0, 1, 3, 255].randomElement(using: &random) ?? 0 as UInt8 }
        return Case(picture: picture, logits: logits, map: map, inside: nil)
    }

    /// Features of half the size, restated: `[n, 5]`.
    static func features(_ picture: RGBImage) -> [Float] {
        let half = picture.width / 2
        return (0..<half * half).flatMap { point -> [Float] in
            let (x, y) = (point % half, point / half)
            let sample = (2 * y * picture.width + 2 * x) * 3
            return [Float(x) / 50, Float(y) / 50] + (0..<3).map { Float(picture.samples[sample + $0]) / 15 }
        }
    }

    /// The energy and GETAM's gradient of it in float64, with K given as what it makes of `[n, labels]` values.
    static func restated(_ item: Case, _ filter: ([Double]) -> [Double]) -> (value: Double, gradient: [Float]) {
        let (side, labels) = (item.picture.width, item.labels), half = side / 2
        let probabilities = (0..<side * side).flatMap { pixel -> [Double] in
            let row = item.logits[pixel * labels..<(pixel + 1) * labels].map { exp(Double($0)) }
            return row.map { $0 / row.reduce(0, +) }
        }
        func pixels(_ point: Int) -> [Int] {
            let first = point / half * 2 * side + point % half * 2
            return [first, first + 1, first + side, first + side + 1]
        }
        let segment = (0..<half * half * labels).map { index in
            pixels(index / labels).reduce(0) { $0 + probabilities[$1 * labels + index % labels] } / 4
        }
        let gates = (0..<half * half).map { point in
            item.map[pixels(point)[0]] == 255 ? 1 : 1 - (segment[point * labels..<(point + 1) * labels].max() ?? 0)
        }
        let filtered = filter(segment)
        let value = -segment.indices.reduce(0) { $0 + segment[$1] * gates[$1 / labels] * filtered[$1] }
        var gradient = [Float](repeating: 0, count: item.logits.count)
        for point in gates.indices {
            for pixel in pixels(point) {
                let slopes = (0..<labels).map { -2 * gates[point] * filtered[point * labels + $0] / 4 }
                let mean = (0..<labels).reduce(0) { $0 + slopes[$1] * probabilities[pixel * labels + $1] }
                for label in 0..<labels {
                    gradient[pixel * labels + label] = Float(probabilities[pixel * labels + label] * (slopes[label] - mean))
                }
            }
        }
        return (value, gradient)
    }

    /// Around the values that the lattice gives, everything is exact.
    @Test(arguments: [0, 1, 2] as [UInt64])
    func agreesAroundTheLattice(_ seed: UInt64) throws {
        let item = try Self.photograph(side: 96, seed: seed)
        for compute in ObjectivesFixture.computes {
            let features = Self.features(item.picture), points = features.count / 5
            let lattice = try #require(PermutohedralLattice(
                points: points, limit: 1 << 30, readingElsewhere: nil, compute: compute,
                features: { range, out in
                    for index in 0..<5 * range.count { out[index] = features[5 * range.lowerBound + index] }
                },
                checkpoint: {}))
            let workspace = Workspace()
            let expected = Self.restated(item) { values in
                let (source, target) = (workspace.take(values.count), workspace.take(values.count))
                for (index, value) in values.enumerated() { source.base[index] = Float(value) }
                lattice.filter(source.base, channels: 4, into: target.base, compute: compute)
                return values.indices.map { Double(target.base[$0]) * Double(PermutohedralLattice.gain) }
            }
            let found = item.evaluate(DenseEnergy(item.picture, mostPairwise: 0, compute: compute), pictures: 1, compute)
            #expect(agrees(found.value, expected.value), "\(found.value), not \(expected.value)")
            #expect(relativeDeviation(found.gradient, expected.gradient) < 2e-5)
        }
    }

    /// The lattice beside every pair of pixels by itself: the energy errs by up to 2 %, a pixel's derivatives by 16 % of the
    /// largest at worst and by 10 % of their own magnitude on average. What neighbours have in common is no part of them.
    @Test(arguments: [0, 1, 2] as [UInt64], [96, 160])
    func latticeIsNear(_ seed: UInt64, _ side: Int) throws {
        let item = try Self.photograph(side: side, seed: seed), compute = ObjectivesFixture.computes[0]
        let features = Self.features(item.picture), points = features.count / 5, labels = item.labels
        let expected = Self.restated(item) { values in
            var sums = [Double](repeating: 0, count: values.count)
            for i in 0..<points {
                for j in 0..<points {
                    let squared = (0..<5).reduce(Float(0)) {
                        let difference = features[5 * i + $1] - features[5 * j + $1]
                        return $0 + difference * difference
                    }
                    let weight = Double(expf(-0.5 * squared))
                    for label in 0..<labels { sums[i * labels + label] += weight * values[j * labels + label] }
                }
            }
            return sums
        }
        let found = item.evaluate(DenseEnergy(item.picture, mostPairwise: 0, compute: compute), pictures: 1, compute)
        let ratio = found.value / expected.value
        #expect(abs(ratio - 1) < 0.03, "\(ratio)")
        let largest = relativeDeviation(found.gradient, expected.gradient)
        let difference = zip(found.gradient, expected.gradient).reduce(Float(0)) { $0 + abs($1.0 - $1.1) }
        let mean = difference / expected.gradient.reduce(Float(0)) { $0 + abs($1) }
        #expect(largest < 0.2 && mean < 0.12, "largest \(largest), mean \(mean)")
    }

    /// With the gate open everywhere the gradient is the energy's own: differences of its values say so. A lattice whose
    /// blurs go along one direction after the other is not quite symmetric; its gradient takes it for that.
    @Test(arguments: [0, 1, 2] as [UInt64], [0, PairwiseGaussian.mostPoints])
    func differencesWithTheGateOpen(_ seed: UInt64, _ mostPairwise: Int) throws {
        let item = try Self.photograph(side: mostPairwise == 0 ? 96 : 60, seed: seed, isOpen: true)
        let compute = ObjectivesFixture.computes[0]
        let energy = DenseEnergy(item.picture, mostPairwise: mostPairwise, compute: compute)
        let gradient = item.evaluate(energy, pictures: 1, compute).gradient
        var random = SplitMix(seed: seed)
        for kind in 0..<3 {
            let direction = gradient.map { slope -> Float in
                kind == 0 ? (slope < 0 ? -1 : 1) : Float.random(in: -1...1, using: &random) + (slope < 0 ? -0.3 : 0.3)
            }
            func moved(_ step: Float) -> Double {
                item.evaluate(energy, zip(item.logits, direction).map { $0 + step * $1 }, pictures: 1, compute).value
            }
            let step: Float = 0.02
            let difference = (8 * (moved(step) - moved(-step)) - (moved(2 * step) - moved(-2 * step))) / Double(12 * step)
            let slope = zip(gradient, direction).reduce(0) { $0 + Double($1.0) * Double($1.1) }
            #expect(abs(difference / slope - 1) < (mostPairwise == 0 ? 5e-3 : 2e-5), "\(difference), not \(slope)")
        }
    }
}
