import Checkpoints
import Tensors
import Testing
import TestSupport
@testable import Training

/// The losses over pixels beside float64 autograd (Tests/Fixtures/make_objectives.py): a batch's parts add up to its loss.
@Suite struct PixelLossTests {
    static let names = [
        "usual", "before", "two", "many", "ignored", "background", "foreground", "one_class", "single", "saturated", "sure",
    ]

    struct Batch {
        let fixture: ObjectivesFixture
        let logits: Tensor
        let maps: [[UInt8]]
        let saliency: [[UInt8]]
        var height: Int { logits.shape[1] }
        var width: Int { logits.shape[2] }
        var labels: Int { logits.shape[3] }
        var counts: BalancedCrossEntropy.Counts { .init(maps, labels: labels) }

        init(_ name: String) throws {
            fixture = try ObjectivesFixture(name)
            logits = try fixture("logits")
            maps = try fixture.bytes("labels")
            saliency = try fixture.bytes("saliency")
        }

        typealias Part = (_ prediction: PixelPrediction, _ place: Int, _ weight: Float, _ gradient: FeatureMap) -> Double

        /// The sum of the parts, and the gradients of all pictures, beside what was there before.
        func evaluate(
            weight: Float = 1, over start: Float = 0, _ compute: Compute, _ part: Part
        ) -> (value: Double, gradient: [Float]) {
            let workspace = Workspace()
            var (value, gradients) = (0.0, [Float]())
            for place in maps.indices {
                let map = FeatureMap(logits.rows(place..<place + 1).values, height: height, width: width, in: workspace)
                let prediction = PixelPrediction(map, compute: compute, in: workspace)
                let gradient = FeatureMap(
                    [Float](repeating: start, count: map.count), height: height, width: width, in: workspace)
                value += part(prediction, place, weight, gradient)
                gradients += gradient.elements
            }
            return (value, gradients)
        }

        func clipped(_ compute: Compute) throws -> (caps: GradientClippingCrossEntropy.Caps, losses: [[Float]]) {
            var losses: [[Float]] = []
            _ = evaluate(compute) { prediction, place, _, _ in
                losses.append(GradientClippingCrossEntropy.losses(prediction, maps[place], compute: compute))
                return 0
            }
            let objective = GradientClippingCrossEntropy(start: try fixture.number("start"), tile: 5)
            return (.init(objective, losses, height: height, width: width), losses)
        }

        /// Every loss, under its key in the fixture.
        func parts(_ compute: Compute) throws -> [(key: String, part: Part)] {
            let (caps, losses) = try clipped(compute)
            let saliencies = SaliencyLoss.Target.allCases.map { target in
                (target.rawValue, { prediction, place, weight, gradient in
                    SaliencyLoss(target: target).evaluate(
                        prediction, saliency: saliency[place], of: maps.count * height * width, weight: weight,
                        addingTo: gradient, compute: compute)
                } as Part)
            }
            return saliencies + [
                ("balanced", { prediction, place, weight, gradient in
                    BalancedCrossEntropy.evaluate(
                        prediction, maps[place], counts: counts, weight: weight, addingTo: gradient, compute: compute)
                }),
                ("clipped", { prediction, place, weight, gradient in
                    GradientClippingCrossEntropy.evaluate(
                        prediction, maps[place], losses: losses[place], caps: caps, weight: weight, addingTo: gradient,
                        compute: compute)
                }),
            ]
        }
    }

    @Test(arguments: names)
    func agreesWithAutograd(_ name: String) throws {
        let batch = try Batch(name)
        for compute in ObjectivesFixture.computes {
            for (key, part) in try batch.parts(compute) {
                let (value, gradient) = batch.evaluate(compute, part)
                let expected = try batch.fixture.number(key)
                #expect(agrees(value, expected), "\(key): \(value), not \(expected)")
                let deviation = relativeDeviation(gradient, try batch.fixture("\(key).gradient").values)
                #expect(deviation < 2e-5, "\(key): \(deviation)")
            }
        }
    }

    /// A weight multiplies the gradient alone, which is added to what is there.
    @Test func weightsAndSums() throws {
        let batch = try Batch("usual"), compute = ObjectivesFixture.computes[0]
        for (key, part) in try batch.parts(compute) {
            let (value, gradient) = batch.evaluate(weight: 0.5, over: 2, compute, part)
            #expect(agrees(value, try batch.fixture.number(key)))
            let expected = try batch.fixture("\(key).gradient").values.map { 2 + $0 / 2 }
            #expect(relativeDeviation(gradient, expected) < 1e-6, "\(key)")
        }
    }

    @Test(arguments: names)
    func counts(_ name: String) throws {
        let batch = try Batch(name)
        let expected = try batch.fixture("counts").values
        #expect([batch.counts.background, batch.counts.foreground] == expected.map { Int($0) })
        #expect(agrees(try batch.clipped(ObjectivesFixture.computes[0]).caps.mean, try batch.fixture.number("mean")))
    }

    /// Labels beyond the last are ignored like 255.
    @Test func labelsThatDoNotExist() throws {
        let batch = try Batch("usual"), compute = ObjectivesFixture.computes[0]
        let other = batch.maps.map { $0.map { $0 == 255 ? UInt8(batch.labels) : $0 } }
        #expect(BalancedCrossEntropy.Counts(other, labels: batch.labels) == batch.counts)
        let found = batch.evaluate(compute) { prediction, place, weight, gradient in
            BalancedCrossEntropy.evaluate(
                prediction, other[place], counts: batch.counts, weight: weight, addingTo: gradient, compute: compute)
        }
        #expect(agrees(found.value, try batch.fixture.number("balanced")))
    }

    /// The same bits for any number of threads, on a picture of several pieces.
    @Test func threadsChangeNothing() {
        let (height, width, labels) = (113, 97, 7)
        var random = SplitMix(seed: 4)
        let logits = random.floats(height * width * labels, in: -4...4)
        let map = (0..<height * width).map { _ in [0, 0, 3, 6, 255].randomElement(using: &random) ?? 0 as UInt8 }
        let saliency = (0..<height * width).map { _ in [0, 1, 255].randomElement(using: &random) ?? 0 as UInt8 }
        func all(_ threads: Int) -> ([Double], [Float]) {
            let compute = Compute(product: MatrixProduct(), pool: ThreadPool(threads: threads)), workspace = Workspace()
            let prediction = PixelPrediction(
                FeatureMap(logits, height: height, width: width, in: workspace), compute: compute, in: workspace)
            let gradient = FeatureMap([Float](repeating: 0, count: logits.count), height: height, width: width, in: workspace)
            let losses = GradientClippingCrossEntropy.losses(prediction, map, compute: compute)
            let caps = GradientClippingCrossEntropy.Caps(.init(start: 9, tile: 50), [losses], height: height, width: width)
            return ([
                BalancedCrossEntropy.evaluate(
                    prediction, map, counts: .init([map], labels: labels), weight: 1, addingTo: gradient, compute: compute),
                SaliencyLoss().evaluate(
                    prediction, saliency: saliency, of: map.count, weight: 1, addingTo: gradient, compute: compute),
                GradientClippingCrossEntropy.evaluate(
                    prediction, map, losses: losses, caps: caps, weight: 1, addingTo: gradient, compute: compute),
            ], gradient.elements)
        }
        let one = all(1), three = all(3)
        #expect(one.0 == three.0 && one.1 == three.1)
    }
}
