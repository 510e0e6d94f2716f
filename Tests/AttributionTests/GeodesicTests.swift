import Attribution
import Images
import Tensors
import Testing
import TestSupport

/// Geodesic expansion against NumPy and SciPy's Dijkstra in float64 (make_refinement.py).
@Suite struct GeodesicTests {
    static let names = ["fur", "edge", "spiral", "noise", "row", "column", "single"]

    @Test(arguments: names) func agreesWithTheFormula(_ name: String) throws {
        let file = try RefinementFixture.read("geodesic")
        let settings = try file.tensor(named: "\(name).settings").values
        let refiner = GeodesicExpansion(level: settings[0] < 0 ? nil : Double(settings[0]), rate: settings[1], margin: Int(settings[2]))
        let image = RefinementFixture.image(try file.tensor(named: "\(name).image"))
        let maps = RefinementFixture.maps(try file.tensor(named: "\(name).maps"))
        let expected = try file.tensor(named: "\(name).expected").values
        for compute in RefinementFixture.computes {
            let found = refiner.refine(maps, guide: image, compute: compute)
            #expect(deviation(found.values, expected) < 5e-6, "\(name), \(compute.features): \(deviation(found.values, expected))")
            #expect((found == maps) == (name == "single"))
        }
    }

    @Test(arguments: names) func distancesAreTheShortest(_ name: String) throws {
        let file = try RefinementFixture.read("geodesic")
        let image = RefinementFixture.image(try file.tensor(named: "\(name).image"))
        for index in 0..<3 where file.info(named: "\(name).\(index).seeds") != nil {
            let seeds = try file.tensor(named: "\(name).\(index).seeds").values.map { Int($0) }
            for (part, seeds) in [("front", Array(seeds.prefix(1))), ("back", Array(seeds.dropFirst()))] {
                let expected = try file.tensor(named: "\(name).\(index).\(part)").values
                for compute in RefinementFixture.computes {
                    let found = GeodesicDistance(image, compute: compute).distances(from: seeds, compute: compute, checkpoint: {})
                    #expect(deviation(found, expected) <= 5e-6 * max(expected.max() ?? 0, 1), "\(name), \(part)")
                    // What a limit leaves is the same to the bit.
                    for limit in [0.01, 0.3, 1.4, 1000] as [Float] {
                        let near = GeodesicDistance(image, compute: compute).distances(from: seeds, upTo: limit, compute: compute, checkpoint: {})
                        #expect(near == found.map { min($0, limit) }, "\(name), \(part), up to \(limit)")
                    }
                }
            }
        }
    }

    /// Wider than a window, with seeds at the edges and the reach across all of them.
    @Test(arguments: [(300, 130), (97, 260), (32, 32)]) func aLimitChangesNothingNearer(_ width: Int, _ height: Int) {
        var samples = [UInt8](repeating: 0, count: width * height * 3), state: UInt32 = 7
        for place in samples.indices {
            state = state &* 1_664_525 &+ 1_013_904_223
            let row = place / 3 / width, column = place / 3 % width
            samples[place] = UInt8(truncatingIfNeeded: row / 9 * 40 + column / 11 * 30) / 2 + UInt8(state >> 28)
        }
        let image = RGBImage(width: width, height: height, samples: samples)
        for compute in RefinementFixture.computes {
            let distance = GeodesicDistance(image, compute: compute)
            for seeds in [[0], [width - 1], [height / 2 * width + width / 2, height / 2 * width + width / 2 + 1], [width * height - 1, 5]] {
                let all = distance.distances(from: seeds, compute: compute, checkpoint: {})
                for limit in [0.05, 0.5, 1.4, 4] as [Float] {
                    let near = distance.distances(from: seeds, upTo: limit, compute: compute, checkpoint: {})
                    #expect(near == all.map { min($0, limit) })
                }
            }
        }
    }

    @Test func nothingIsNearWithoutSeedsAndAnEvenPictureIsOnePlace() {
        let image = RGBImage(width: 5, height: 3, samples: [UInt8](repeating: 7, count: 45)), compute = RefinementFixture.computes[0]
        let distance = GeodesicDistance(image, compute: compute)
        #expect(distance.distances(from: [], compute: compute, checkpoint: {}).allSatisfy { $0 == .infinity })
        #expect(distance.distances(from: [14], compute: compute, checkpoint: {}).allSatisfy { $0 == 0 })
    }

    /// Maps that say nothing, and values that are none.
    @Test(arguments: [0, 1, Float.nan, .infinity, -1]) func mapsWithoutAnObjectStay(_ value: Float) {
        let (image, random) = RefinementFixture.random(height: 9, width: 12, planes: 1, seed: 3)
        let maps = PixelMaps(classes: [0], height: 9, width: 12, values: random.values.map { _ in value })
        let found = GeodesicExpansion().refine(maps, guide: image, compute: RefinementFixture.computes[0])
        #expect(found.values.map(\.bitPattern) == maps.values.map(\.bitPattern))
    }

    @Test func stopsWhereItIsTold() {
        struct Stop: Error {}
        var (image, maps) = RefinementFixture.random(height: 30, width: 30, planes: 2, seed: 8), asked = 0
        var memo = RefinerMemo()
        image.samples[0] = 3
        #expect(throws: Stop.self) {
            try GeodesicExpansion(level: 0.5).refine(&maps, guide: image, compute: RefinementFixture.computes[0], memo: &memo) { () throws(Stop) in
                asked += 1
                if asked == 3 { throw Stop() }
            }
        }
        #expect(asked == 3)
    }
}
