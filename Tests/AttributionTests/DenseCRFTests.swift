import Attribution
import Checkpoints
import Foundation
import Images
import Tensors
import Testing
import TestSupport

/// Against every pair of pixels taken one by one, in float64 (Tests/Fixtures/make_refinement.py).
@Suite struct DenseCRFTests {
    static let names = ["fur", "edge", "strong", "few", "single", "row", "column"]

    struct Case {
        let crf: DenseCRF
        let image: RGBImage
        let maps: PixelMaps
        let file: SafetensorsFile
        var labels: Int { maps.classes.count + (crf.backgroundPower == nil ? 0 : 1) }

        init(_ name: String) throws {
            file = try RefinementFixture.read("crf")
            let s = try file.tensor(named: "\(name).settings").values
            crf = DenseCRF(
                iterations: Int(s[0]), smoothnessWeight: s[1], smoothnessDeviation: s[2], appearanceWeight: s[3],
                appearanceDeviation: s[4], colorDeviation: s[5], backgroundPower: s[6] < 0 ? nil : s[6])
            image = RefinementFixture.image(try file.tensor(named: "\(name).image"))
            maps = RefinementFixture.maps(try file.tensor(named: "\(name).maps"))
        }
    }

    /// The largest and the mean difference, as shares of the largest value expected.
    static func deviations(_ found: [Float], _ expected: [Float]) -> (largest: Float, mean: Float) {
        guard found.count == expected.count, found.allSatisfy(\.isFinite) else { return (.infinity, .infinity) }
        let scale = expected.reduce(0) { max($0, abs($1)) }
        let differences = zip(found, expected).map { abs($0 - $1) }
        return ((differences.max() ?? 0) / scale, differences.reduce(0, +) / Float(differences.count) / scale)
    }

    @Test(arguments: names)
    func marginalsAgreeWithAllPairs(_ name: String) throws {
        let item = try Case(name)
        let expected = try item.file.tensor(named: "\(name).expected").values
        for compute in RefinementFixture.computes {
            let found = item.crf.refine(item.maps, guide: item.image, compute: compute)
            #expect(found.classes == item.maps.classes)
            let (largest, mean) = Self.deviations(found.values, expected)
            #expect(largest < 1e-2 && mean < 1e-3, "\(name): largest \(largest), mean \(mean)")
        }
    }

    @Test(arguments: names)
    func smoothnessIsExact(_ name: String) throws {
        let item = try Case(name)
        let expected = try item.file.tensor(named: "\(name).smooth").values
        for compute in RefinementFixture.computes {
            let found = MeanField(item.crf, guide: item.image, labels: item.labels, compute: compute, checkpoint: {})
                .filtered(item.maps, appearance: false, compute: compute)
            #expect(relativeDeviation(found.values, expected) < 2e-5)
        }
    }

    /// The lattice that large pictures take; it errs by 3 to 7 % of the largest value at worst and about 1 % on average.
    @Test(arguments: ["fur", "edge", "strong", "few", "single", "column"])
    func latticeIsNear(_ name: String) throws {
        let item = try Case(name)
        let expected = try item.file.tensor(named: "\(name).appear").values
        for compute in RefinementFixture.computes {
            let field = MeanField(
                item.crf, guide: item.image, labels: item.labels, mostPairwise: 0, compute: compute, checkpoint: {})
            let found = field.filtered(item.maps, appearance: true, compute: compute).values
            let (largest, mean) = Self.deviations(found, expected)
            #expect(field.latticeVertices > 0)
            #expect(largest < 0.08 && mean < 0.015, "\(name): largest \(largest), mean \(mean)")
        }
    }

    @Test(arguments: names)
    func pairsAreExact(_ name: String) throws {
        let item = try Case(name)
        let expected = try item.file.tensor(named: "\(name).appear").values
        for compute in RefinementFixture.computes {
            let found = MeanField(item.crf, guide: item.image, labels: item.labels, compute: compute, checkpoint: {})
                .filtered(item.maps, appearance: true, compute: compute)
            #expect(relativeDeviation(found.values, expected) < 1e-5)
        }
    }

    /// What the lattice's error makes of labels: marginals of undecided pixels move by up to 0.3, on average by at most 4e-3,
    /// and nearly all pixels keep their label.
    @Test(arguments: ["fur", "edge", "strong", "few"])
    func latticeGivesTheSameLabels(_ name: String) throws {
        let item = try Case(name)
        let expected = try item.file.tensor(named: "\(name).expected").values
        let compute = RefinementFixture.computes[0]
        let found = item.crf.refined(item.maps, guide: item.image, mostPairwise: 0, compute: compute)
        let (largest, mean) = Self.deviations(found.values, expected)
        let changed = zip(found.values, expected).count { ($0 > 0.5) != ($1 > 0.5) }
        #expect(mean < 5e-3 && changed * 100 < expected.count, "\(name): largest \(largest), mean \(mean), \(changed) changed")
    }

    @Test func parametersSurviveJSON() throws {
        let crf = DenseCRF(iterations: 4, colorDeviation: 13, backgroundPower: 2)
        #expect(try JSONDecoder().decode(DenseCRF.self, from: JSONEncoder().encode(crf)) == crf)
        let pamr = PAMR(iterations: 3, dilations: [1, 6])
        #expect(try JSONDecoder().decode(PAMR.self, from: JSONEncoder().encode(pamr)) == pamr)
        let affinity = PatchAffinity(layers: 4...11, normalization: .sinkhorn, steps: 2)
        #expect(try JSONDecoder().decode(PatchAffinity.self, from: JSONEncoder().encode(affinity)) == affinity)
    }

    @Test func hostileParametersGiveProbabilities() {
        let (image, maps) = RefinementFixture.random(height: 6, width: 7, planes: 3, seed: 5)
        let compute = RefinementFixture.computes[0]
        var broken = maps
        broken.values.replaceSubrange(0..<4, with: [.nan, .infinity, -.infinity, -3])
        for crf in [
            DenseCRF(), DenseCRF(iterations: 0), DenseCRF(iterations: -1), DenseCRF(smoothnessWeight: 0, appearanceWeight: 0),
            DenseCRF(smoothnessDeviation: 0, appearanceDeviation: -1, colorDeviation: .nan),
            DenseCRF(smoothnessDeviation: .infinity, appearanceDeviation: .infinity, colorDeviation: .infinity),
            DenseCRF(smoothnessWeight: 1e30, appearanceWeight: -1e30), DenseCRF(backgroundPower: 0), DenseCRF(backgroundPower: .nan),
        ] {
            for maps in [maps, broken] {
                let found = crf.refine(maps, guide: image, compute: compute)
                #expect(found.values.allSatisfy { $0 >= 0 && $0 <= 1.00001 }, "\(crf)")
            }
        }
        let empty = PixelMaps(classes: [], height: 6, width: 7, values: [])
        #expect(DenseCRF().refine(empty, guide: image, compute: compute) == empty)
    }

    /// With one label and no background there is nothing to decide; without steps the probabilities are scaled to one.
    @Test func trivialCases() {
        let (image, maps) = RefinementFixture.random(height: 6, width: 7, planes: 1, seed: 6)
        let compute = RefinementFixture.computes[0]
        let found = DenseCRF().refine(maps, guide: image, compute: compute)
        #expect(deviation(found.values, [Float](repeating: 1, count: 42)) < 1e-6)
        let pair = PixelMaps(classes: [4, 9], height: 1, width: 2, values: [0.2, 0.5, 0.6, 0.5])
        let guide = RGBImage(width: 2, height: 1, samples: [0, 0, 0, 255, 255, 255])
        let scaled = DenseCRF(iterations: 0).refine(pair, guide: guide, compute: compute)
        #expect(deviation(scaled.values, [0.25, 0.5, 0.75, 0.5]) < 1e-6)
        #expect(scaled.classes == [4, 9])
    }

    @Test func refinersCompose() {
        let (image, maps) = RefinementFixture.random(height: 12, width: 15, planes: 2, seed: 7)
        let compute = RefinementFixture.computes[0]
        let pamr = PAMR(iterations: 2), crf = DenseCRF(iterations: 2, backgroundPower: 1)
        let both: [any PixelRefiner] = [pamr, crf]
        let reversed: [any PixelRefiner] = [crf, pamr]
        let one = both.refine(maps, guide: image, compute: compute)
        let other = reversed.refine(maps, guide: image, compute: compute)
        #expect(one == crf.refine(pamr.refine(maps, guide: image, compute: compute), guide: image, compute: compute))
        #expect(other == pamr.refine(crf.refine(maps, guide: image, compute: compute), guide: image, compute: compute))
        #expect(one != other)
        #expect([any PixelRefiner]().refine(maps, guide: image, compute: compute) == maps)
    }
}
