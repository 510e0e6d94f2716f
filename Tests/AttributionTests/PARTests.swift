import Attribution
import Images
import Tensors
import Testing
import TestSupport

/// Refinement by color and place, against NumPy in float64 (make_refinement.py).
@Suite struct PARTests {
    @Test(arguments: ["small", "usual", "flat", "five"]) func agreesWithTheFormula(_ name: String) throws {
        let file = try RefinementFixture.read("par")
        let settings = try file.tensor(named: "\(name).settings").values.map { Int($0) }
        let refiner = PAR(iterations: settings[0], dilations: Array(settings.dropFirst()))
        let image = RefinementFixture.image(try file.tensor(named: "\(name).image"))
        let maps = RefinementFixture.maps(try file.tensor(named: "\(name).maps"))
        let expected = try file.tensor(named: "\(name).expected").values
        for compute in RefinementFixture.computes {
            let found = refiner.refine(maps, guide: image, compute: compute).values
            #expect(deviation(found, expected) < 5e-6, "\(name), \(compute.features): \(deviation(found, expected))")
        }
    }

    @Test(arguments: [(21, 45, 3, [1, 5]), (150, 33, 10, [1, 2, 4, 8, 12, 24]), (9, 120, 4, [24])])
    func weightsFormedAnewGiveTheSame(_ height: Int, _ width: Int, _ iterations: Int, _ dilations: [Int]) {
        let (image, maps) = RefinementFixture.random(height: height, width: width, planes: 3, seed: 1)
        for compute in RefinementFixture.computes {
            let kept = PixelAffinity(of: image, .par, dilations: dilations, compute: compute)
            let anew = PixelAffinity(of: image, .par, dilations: dilations, weightLimit: 0, compute: compute)
            var (expected, found) = (maps, maps)
            kept.propagate(&expected, iterations: iterations, compute: compute, checkpoint: {})
            anew.propagate(&found, iterations: iterations, compute: compute, checkpoint: {})
            #expect(found == expected && found != maps)
        }
    }

    /// A constant grows by a hundredth with every iteration.
    @Test func weightsSumToMoreThanOne() {
        let (image, maps) = RefinementFixture.random(height: 20, width: 30, planes: 1, seed: 4)
        let constant = PixelMaps(classes: [0], height: 20, width: 30, values: maps.values.map { _ in 0.5 })
        let found = PAR(iterations: 4).refine(constant, guide: image, compute: RefinementFixture.computes[0])
        #expect(found.values.allSatisfy { abs($0 - 0.5 * 1.01 * 1.01 * 1.01 * 1.01) < 1e-5 })
    }

    /// What one refiner found of a picture is not taken for the other's.
    @Test func doesNotMixWithTheOther() {
        let (image, maps) = RefinementFixture.random(height: 20, width: 30, planes: 2, seed: 5)
        let compute = RefinementFixture.computes[0]
        var memo = RefinerMemo()
        let one = PAMR(iterations: 2).refine(maps, guide: image, compute: compute, memo: &memo, checkpoint: {})
        let other = PAR(iterations: 2).refine(maps, guide: image, compute: compute, memo: &memo, checkpoint: {})
        #expect(one == PAMR(iterations: 2).refine(maps, guide: image, compute: compute))
        #expect(other == PAR(iterations: 2).refine(maps, guide: image, compute: compute) && one != other)
    }
}
