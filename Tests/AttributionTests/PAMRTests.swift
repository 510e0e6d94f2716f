import Attribution
import Foundation
import Images
import Tensors
import Testing
import TestSupport

@Suite struct PAMRTests {
    /// Rows of the published implementation's answers.
    struct Golden: Decodable {
        struct Rows: Decodable {
            let row0_class0: [Float], row4_class1: [Float], sum: Float
        }
        let pamr_it1_d1: Rows, pamr_it10_d6: Rows
    }

    @Test func agreesWithThePublishedImplementation() throws {
        let file = try RefinementFixture.read("pamr")
        let golden = try JSONDecoder().decode(
            Golden.self, from: Data(contentsOf: URL(fileURLWithPath: Fixtures.path("refinement/pamr_golden.json"))))
        let image = RefinementFixture.image(try file.tensor(named: "golden.image"))
        let maps = RefinementFixture.maps(try file.tensor(named: "golden.maps"))
        for compute in RefinementFixture.computes {
            for (refiner, expected) in [
                (PAMR(iterations: 1, dilations: [1]), golden.pamr_it1_d1), (PAMR(), golden.pamr_it10_d6),
            ] {
                let found = refiner.refine(maps, guide: image, compute: compute)
                #expect(found.classes == maps.classes)
                #expect(deviation(found.plane(0).prefix(11), expected.row0_class0) < 1e-6)
                #expect(deviation(found.plane(1).dropFirst(44).prefix(11), expected.row4_class1) < 1e-6)
                #expect(abs(found.values.reduce(0, +) - expected.sum) < 1e-4)
            }
        }
    }

    @Test(arguments: ["wide", "single", "row", "column", "odd"])
    func agreesWithTheFormula(_ name: String) throws {
        let file = try RefinementFixture.read("pamr")
        let settings = try file.tensor(named: "\(name).settings").values.map { Int($0) }
        let refiner = PAMR(iterations: settings[0], dilations: Array(settings.dropFirst()))
        let image = RefinementFixture.image(try file.tensor(named: "\(name).image"))
        let maps = RefinementFixture.maps(try file.tensor(named: "\(name).maps"))
        let expected = try file.tensor(named: "\(name).expected").values
        for compute in RefinementFixture.computes {
            let found = refiner.refine(maps, guide: image, compute: compute).values
            // PyTorch in Float32 is up to 3.5e-6 off.
            #expect(deviation(found, expected) < 2e-6, "\(name), \(compute.features)")
        }
    }

    /// Iterations that follow each other down the picture, band by band, give what they give one after the other.
    @Test(arguments: [(21, 45, 3, [1, 5]), (150, 33, 10, [1, 2, 4, 8, 12, 24]), (290, 40, 7, [3]), (9, 120, 4, [24]), (1, 50, 3, [2]), (50, 1, 12, [2])])
    func weightsFormedAnewGiveTheSame(_ height: Int, _ width: Int, _ iterations: Int, _ dilations: [Int]) {
        let (image, maps) = RefinementFixture.random(height: height, width: width, planes: 3, seed: 1)
        for compute in RefinementFixture.computes {
            let kept = PixelAffinity(of: image, dilations: dilations, compute: compute)
            let anew = PixelAffinity(of: image, dilations: dilations, weightLimit: 0, compute: compute)
            var (expected, found) = (maps, maps)
            kept.propagate(&expected, iterations: iterations, compute: compute, checkpoint: {})
            anew.propagate(&found, iterations: iterations, compute: compute, checkpoint: {})
            #expect(found == expected && found != maps)
        }
    }

    @Test func bandsKeepToTheirLimit() {
        for (height, reach, bytes) in [(3000, 24, 6 << 20), (200, 24, 92 << 20), (60_000, 512, 400_000), (5, 0, 1)] {
            let schedule = BandSchedule(height: height, reach: reach, bandBytes: bytes, iterations: 10)
            #expect(schedule.lag * PixelAffinity.band >= reach + PixelAffinity.band || reach == 0)
            #expect((1...10).contains(schedule.together))
            #expect(schedule.ring == 2 || schedule.ring * bytes <= PixelAffinity.bandLimit, "\(schedule)")
        }
    }

    @Test func iterationsAddUp() {
        let (image, maps) = RefinementFixture.random(height: 9, width: 40, planes: 2, seed: 2)
        let compute = RefinementFixture.computes[0]
        let twice = PAMR(iterations: 2).refine(PAMR(iterations: 3).refine(maps, guide: image, compute: compute), guide: image, compute: compute)
        #expect(twice == PAMR(iterations: 5).refine(maps, guide: image, compute: compute))
    }

    @Test func hostileParametersLeaveMapsWhole() {
        let (image, maps) = RefinementFixture.random(height: 5, width: 7, planes: 2, seed: 3)
        let compute = RefinementFixture.computes[0]
        for refiner in [
            PAMR(iterations: 0), PAMR(iterations: -4), PAMR(iterations: .min), PAMR(dilations: []),
        ] {
            #expect(refiner.refine(maps, guide: image, compute: compute) == maps)
        }
        // A neighbour at no distance is the pixel itself.
        let still = PAMR(iterations: 3, dilations: [0]).refine(maps, guide: image, compute: compute)
        #expect(deviation(still.values, maps.values) < 1e-6)
        // Every distance beyond the picture means its border.
        let far = PAMR(iterations: 2, dilations: [.max, .min, 7]).refine(maps, guide: image, compute: compute)
        let edge = PAMR(iterations: 2, dilations: [6, 6, -6]).refine(maps, guide: image, compute: compute)
        #expect(far == edge)
        #expect(far != maps)
        let empty = PixelMaps(classes: [], height: 5, width: 7, values: [])
        #expect(PAMR().refine(empty, guide: image, compute: compute) == empty)
        let nothing = PixelMaps(classes: [3], height: 0, width: 7, values: [])
        #expect(PAMR().refine(nothing, guide: RGBImage(width: 7, height: 0, samples: []), compute: compute) == nothing)
    }

    /// One bright half, one dark: the map moves to the edge between them.
    @Test func followsAnEdge() {
        let image = RGBImage(
            width: 40, height: 20, samples: (0..<800 * 3).map { $0 / 3 % 40 < 20 ? 30 : 220 })
        let maps = PixelMaps(
            classes: [0], height: 20, width: 40, values: (0..<800).map { $0 % 40 < 14 ? 1 : 0 })
        let refined = PAMR(iterations: 200, dilations: [1, 2, 4]).refine(maps, guide: image, compute: RefinementFixture.computes[0])
        let row = Array(refined.values[400..<440])
        #expect(row[19] > row[20] + 0.5)
    }
}
